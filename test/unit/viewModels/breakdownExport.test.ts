import assert from "node:assert/strict";
import { describe, it } from "mocha";

import { totalTokens, totalUSD } from "../../../src/core/usage/usage.ts";
import { breakdownModel } from "../../../src/viewModels/breakdown/breakdown.ts";
import { breakdownJSON, exportName } from "../../../src/viewModels/breakdown/breakdownExport.ts";
import { breakdownTable } from "../../../src/viewModels/breakdown/breakdownTables.ts";
import { tableCSV } from "../../../src/viewModels/cards/table.ts";
import { csvText } from "../../../src/viewModels/text/csv.ts";
import {
  NOW_MS,
  REF,
  type ScenarioName,
  SCENARIOS,
} from "../../support/seed/breakdownScenarios.ts";

function scenario(name: ScenarioName) {
  return breakdownModel(SCENARIOS[name](), REF, NOW_MS)!;
}

/** Reads CSV as in RFC 4180: the inverse of the tested code, written independently of it. */
function readCSV(text: string): string[][] {
  const rows: string[][] = [[]];
  let field = "";
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (isQuoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[++at]!;
      else isQuoted = false;
    } else if (character === '"') isQuoted = true;
    else if (character === "," || character === "\n") {
      rows.at(-1)!.push(field.replace(/\r$/, ""));
      field = "";
      if (character === "\n") rows.push([]);
    } else field += character;
  }
  return rows.slice(0, -1);
}

describe("csvText", () => {
  it("quotes fields as in RFC 4180", () => {
    assert.equal(
      csvText([
        ["a", 1, true, undefined],
        ['say "hi"', "x,y", "two\nlines", 0.5],
      ]),
      'a,1,true,\r\n"say ""hi""","x,y","two\nlines",0.5\r\n',
    );
  });

  it("neutralises formulas", () => {
    for (const text of ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1"]) {
      const [[field]] = readCSV(csvText([[text]])) as [[string]];
      assert.equal(field, `'${text}`);
    }
    assert.equal(csvText([[-1, -0.5]]), "-1,-0.5\r\n");
  });

  it("writes tiny and invalid numbers in a form any reader accepts", () => {
    assert.equal(csvText([[1e-7, 1.5e-10, Number.NaN]]), "0.0000001,0.00000000015,\r\n");
  });
});

describe("the breakdown export", () => {
  it("has one CSV row per message with exact figures", () => {
    const model = scenario("normal");
    const [header, ...rows] = readCSV(tableCSV(breakdownTable(model, "messages"))) as [
      string[],
      ...string[][],
    ];
    assert.equal(rows.length, model.points.length);
    assert.ok(rows.every((row) => row.length === header.length));
    const column = (name: string) => rows.map((row) => Number(row[header.indexOf(name)]));
    const sum = (name: string) => column(name).reduce((all, value) => all + value, 0);
    assert.equal(sum("total"), totalTokens(model.sum.tokens));
    assert.equal(sum("cache_read"), model.sum.tokens.cache.read);
    assert.ok(Math.abs(sum("cost_usd") - totalUSD(model.sum)) < 1e-9);
    assert.equal(
      rows.filter((row) => row[header.indexOf("is_compaction")] === "true").length,
      model.compactions.length,
    );
  });

  it("keeps the server's own titles", () => {
    const title = "New session - 2026-11-24T22:04:15.533Z";
    const child = "Child session - 2026-11-24T22:04:15.533Z";
    const { children, ...rest } = scenario("normal");
    const named = children.map((each) => ({ ...each, serverTitle: child }));
    const model = { ...rest, serverTitle: title, children: named };
    const value = JSON.parse(breakdownJSON(model)) as {
      session: { title: string };
      children: { title: string }[];
    };
    assert.equal(value.session.title, title);
    assert.ok(value.children.length > 0);
    assert.ok(value.children.every((each) => each.title === child));
    assert.match(tableCSV(breakdownTable(model, "children")), /Child session - 2026/);
  });

  it("leaves an unknown cost empty instead of zero", () => {
    const [header, ...rows] = readCSV(
      tableCSV(breakdownTable(scenario("unpriced"), "messages")),
    ) as [string[], ...string[][]];
    const spent = rows.filter((row) => row[header.indexOf("total")] !== "0");
    assert.ok(spent.length > 0);
    for (const row of spent) {
      assert.equal(row[header.indexOf("cost_usd")], "");
      assert.equal(row[header.indexOf("cost_state")], "unpriced");
    }
    const live = readCSV(tableCSV(breakdownTable(scenario("live"), "messages"))).at(-1)!;
    assert.equal(live[header.indexOf("cost_state")], "pending");
    assert.equal(live[header.indexOf("is_estimate")], "true");
  });

  it("lists sub-sessions with harmless titles", () => {
    const rows = readCSV(tableCSV(breakdownTable(scenario("odd"), "children")));
    assert.equal(rows.length, 6);
    assert.ok(rows.every((row) => row.length === rows[0]!.length));
    assert.ok(rows.some((row) => row[2]!.startsWith("'=cmd")));
  });

  it("produces JSON that adds up, with null for unknown values", () => {
    const model = scenario("normal");
    const value = JSON.parse(breakdownJSON(model)) as {
      schema: string;
      own: { tokens: { total: number }; costUSD: number };
      messages: { tokens: { total: number } }[];
      children: unknown[];
    };
    assert.equal(value.schema, "opencode-sessions.breakdown/1");
    const sum = value.messages.reduce((all, message) => all + message.tokens.total, 0);
    assert.equal(sum, value.own.tokens.total);
    assert.equal(value.children.length, 5);
    const unpriced = JSON.parse(breakdownJSON(scenario("unpriced"))) as {
      own: { costUSD: unknown; costState: string };
      context: { limit: unknown; percent: unknown };
    };
    assert.equal(unpriced.own.costUSD, null);
    assert.equal(unpriced.own.costState, "unpriced");
    assert.equal(unpriced.context.limit, null);
    assert.equal(unpriced.context.percent, null);
  });

  it("gives files names that every system accepts", () => {
    assert.equal(
      exportName(scenario("normal"), "messages"),
      "move-the-shop-s-prices-to-the-new-service-messages",
    );
    const name = exportName(scenario("odd"), "x");
    assert.match(name, /^[\p{L}\p{N}-]{1,50}$/u);
    assert.equal(exportName({ ...scenario("empty"), title: "???" }, "x"), "session-x");
    assert.equal(exportName({ ...scenario("empty"), title: "Untitled" }, "x"), "ses-main-x");
  });
});
