import assert from "node:assert/strict";

import {
  answersCSV,
  sessionsCSV,
  usageCSV,
  type UsageExportSource,
  usageJSON,
} from "../../../src/viewModels/usage/usageExport.ts";
import { someTokens } from "../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable, LEDGER_MS } from "../../support/seed/ledger.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const source: UsageExportSource = {
  table: aTable({
    places: [{ id: "db", name: "This machine" }],
    sessions: [
      aLedgerSession({ id: "root", title: '=2+2 "x", y' }),
      aLedgerSession({ id: "child", parentID: "root" }),
      aLedgerSession({ id: "fork", createdMs: LEDGER_MS + HOUR }),
      aLedgerSession({ id: "gone", isGone: true, createdMs: LEDGER_MS - DAY }),
    ],
    rows: [
      aRow({ messageID: "a", sessionID: "root", costUSD: 0.1 }),
      aRow({ messageID: "b", sessionID: "root", costUSD: 0.2, createdMs: LEDGER_MS + DAY }),
      aRow({ messageID: "c", sessionID: "child", costUSD: 0, agent: "explore" }),
      aRow({ messageID: "d", sessionID: "child", costUSD: 0, modelID: "local" }),
      aRow({ messageID: "e", sessionID: "fork", costUSD: 0.1 }),
      aRow({ messageID: "f", sessionID: "gone", costUSD: 0.7, isGone: true }),
      aRow({
        messageID: "g",
        sessionID: "root",
        costUSD: 0,
        createdMs: 0,
        hasBadFigures: true,
        tokens: someTokens({}),
      }),
    ],
  }),
  prices: new Map([["acme/sonnet", { input: 1000, output: 0, cacheRead: 0, cacheWrite: 0 }]]),
  calendar: { timeZone: "Europe/Berlin" },
  nowMs: LEDGER_MS + 2 * DAY,
};

/** The rows of a CSV file as objects; no cell here contains a line break. */
function parse(text: string): Record<string, string>[] {
  const [head = "", ...lines] = text.trimEnd().split("\r\n");
  const cells = (line: string): string[] =>
    [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, cell = ""]) =>
      cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell,
    );
  const columns = cells(head);
  return lines.map((line) => {
    const values = cells(line);
    return Object.fromEntries(columns.map((column, at) => [column, values[at] ?? ""]));
  });
}

describe("exported usage", () => {
  it("has a row for each day, model, agent and project", () => {
    const rows = parse(usageCSV(source, {}));
    assert.deepEqual(
      rows.map((row) => [
        row["day"],
        row["model"],
        row["agent"],
        row["cost_usd"],
        row["cost_state"],
        row["also_spent_usd"],
        row["copied_usd"],
      ]),
      [
        ["", "acme/sonnet", "build", "0", "recorded", "0", "0"],
        ["2026-03-02", "acme/sonnet", "build", "0.1", "recorded", "0.7", "0.1"],
        ["2026-03-02", "acme/sonnet", "explore", "0.1", "estimated", "0", "0"],
        ["2026-03-02", "acme/local", "build", "", "unpriced", "0", "0"],
        ["2026-03-03", "acme/sonnet", "build", "0.2", "recorded", "0", "0"],
      ].sort((a, b) => (a[0]! < b[0]! ? -1 : a[0]! > b[0]! ? 1 : 0)),
    );
    const [unpriced] = rows.filter((row) => row["cost_state"] === "unpriced");
    assert.deepEqual([unpriced?.["recorded_usd"], unpriced?.["estimated_usd"]], ["", ""]);
    const second = rows[1]!;
    assert.equal(second["project"], "project-app");
    assert.equal(second["place"], "This machine");
    assert.equal(parse(usageCSV(source, { fromMs: LEDGER_MS + HOUR })).length, 1);
  });

  it("has every session, root sessions with their trees, and titles harmless to a spreadsheet", () => {
    const rows = parse(sessionsCSV(source, {}));
    const root = rows.find((row) => row["session_id"] === "root");
    assert.equal(root?.["title"], `'=2+2 "x", y`);
    assert.equal(root["own_cost_usd"], "0.3");
    assert.equal(root["tree_cost_usd"], "0.4");
    assert.equal(root["tree_cost_state"], "partial");
    const child = rows.find((row) => row["session_id"] === "child");
    assert.deepEqual([child?.["root_id"], child?.["tree_cost_usd"]], ["root", ""]);
    const fork = rows.find((row) => row["session_id"] === "fork");
    assert.deepEqual([fork?.["own_cost_usd"], fork?.["own_copied_usd"]], ["0", "0.1"]);
    const gone = rows.find((row) => row["session_id"] === "gone");
    assert.deepEqual([gone?.["is_deleted"], gone?.["own_also_spent_usd"]], ["true", "0.7"]);
    // Children follow their root.
    const ids = rows.map((row) => row["session_id"]);
    assert.equal(ids.indexOf("child"), ids.indexOf("root") + 1);
  });

  it("has every answer, oldest first, with its flags", () => {
    const rows = parse(answersCSV(source, {}));
    assert.equal(rows.length, 7);
    assert.deepEqual(
      [rows[0]?.["message_id"], rows[0]?.["created"], rows[0]?.["has_bad_figures"]],
      ["g", "", "true"],
    );
    const by = new Map(rows.map((row) => [row["message_id"], row]));
    assert.equal(by.get("e")?.["is_copy"], "true");
    assert.equal(by.get("f")?.["is_forgotten"], "true");
    assert.equal(by.get("d")?.["cost_usd"], "");
    assert.equal(by.get("c")?.["cost_state"], "estimated");
    assert.equal(by.get("a")?.["created"], "2026-03-02T09:00:00.000Z");
  });

  it("has the same content as JSON, with null for unpriced costs", () => {
    const value = JSON.parse(usageJSON(source, {})) as {
      schema: string;
      days: { model: string; spent: { costUSD: number | null } }[];
      sessions: { id: string; tree: { spent: { costUSD: number } } | null }[];
    };
    assert.equal(value.schema, "opencode-sessions.usage/1");
    assert.equal(value.days.find(({ model }) => model === "acme/local")?.spent.costUSD, null);
    assert.equal(value.sessions.find(({ id }) => id === "root")?.tree?.spent.costUSD, 0.4);
    assert.equal(value.sessions.find(({ id }) => id === "child")?.tree, null);
  });

  it("says of every amount how it is known, also of forgotten and copied answers", () => {
    const half: UsageExportSource = {
      ...source,
      table: aTable({
        places: [{ id: "db", name: "This machine" }],
        sessions: [
          aLedgerSession({ id: "root" }),
          aLedgerSession({ id: "fork", createdMs: LEDGER_MS + HOUR }),
          aLedgerSession({ id: "gone", isGone: true }),
        ],
        rows: ["local", "sonnet"].flatMap((modelID, at) => {
          const costUSD = at === 0 ? 0 : 0.25;
          const createdMs = LEDGER_MS + at;
          return [
            aRow({ messageID: `a${at}`, sessionID: "root", createdMs, modelID, costUSD }),
            aRow({ messageID: `b${at}`, sessionID: "fork", createdMs, modelID, costUSD }),
            aRow({
              messageID: `c${at}`,
              sessionID: "gone",
              createdMs: createdMs + 10,
              modelID,
              costUSD,
              isGone: true,
            }),
          ];
        }),
      }),
    };
    const rows = parse(sessionsCSV(half, {}));
    const of = (id: string) => rows.find((row) => row["session_id"] === id)!;
    const gone = of("gone");
    assert.deepEqual(
      [gone["own_also_spent_usd"], gone["own_also_spent_state"], gone["tree_also_spent_state"]],
      ["0.25", "partial", "partial"],
    );
    const fork = of("fork");
    assert.deepEqual([fork["own_copied_usd"], fork["own_copied_state"]], ["0.25", "partial"]);
    for (const text of [usageCSV(half, {}), sessionsCSV(half, {}), answersCSV(half, {})]) {
      const names = text.split("\r\n", 1)[0]!.split(",");
      const amounts = names.filter((name) => /(?<!recorded|estimated)_usd$/.test(name));
      assert.ok(amounts.length > 0);
      for (const name of amounts) {
        assert.equal(names[names.indexOf(name) + 1], name.replace(/usd$/, "state"));
      }
    }
  });

  it("leaves out what forgotten and copied answers without a price cost, never 0", () => {
    const unpriced: UsageExportSource = {
      ...source,
      table: aTable({
        places: [{ id: "db", name: "This machine" }],
        sessions: [
          aLedgerSession({ id: "root" }),
          aLedgerSession({ id: "fork", createdMs: LEDGER_MS + HOUR }),
          aLedgerSession({ id: "gone", isGone: true }),
        ],
        rows: [
          aRow({ messageID: "a", sessionID: "root", costUSD: 0, modelID: "local" }),
          aRow({ messageID: "b", sessionID: "fork", costUSD: 0, modelID: "local" }),
          aRow({ messageID: "c", sessionID: "gone", costUSD: 0, modelID: "local", isGone: true }),
        ],
      }),
    };
    const costs = parse(usageCSV(unpriced, {})).map((row) => [
      row["cost_usd"],
      row["also_spent_usd"],
      row["copied_usd"],
    ]);
    assert.deepEqual(costs, [["", "", ""]]);
    const { days } = JSON.parse(usageJSON(unpriced, {})) as {
      days: Record<"spent" | "alsoSpent" | "copied", { costUSD: number | null }>[];
    };
    assert.deepEqual(
      days.map(({ spent, alsoSpent, copied }) =>
        [spent, alsoSpent, copied].map((each) => each.costUSD),
      ),
      [[null, null, null]],
    );
  });
});
