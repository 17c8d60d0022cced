import assert from "node:assert/strict";

import {
  backupName,
  cleanUp,
  cleanUpSum,
  type CleanUpRule,
  keptText,
  parseCostRule,
  parseDays,
  rulesText,
} from "../../../src/viewModels/documents/cleanUp.ts";
import { aServer, aSession, minutesAgo, NOW_MS, stateWith } from "../../support/seed/builders.ts";

const DAY = 24 * 60;
const serverID = "http://127.0.0.1:4096";

const sessions = [
  aSession({ id: "new", costUSD: 2, tokens: 10, updatedMs: minutesAgo(5) }),
  aSession({ id: "old", costUSD: 0.5, tokens: 10, updatedMs: minutesAgo(40 * DAY) }),
  aSession({ id: "parent", costUSD: 0.5, tokens: 10, updatedMs: minutesAgo(90 * DAY) }),
  aSession({
    id: "child",
    parentID: "parent",
    costUSD: 0.25,
    tokens: 10,
    updatedMs: minutesAgo(2 * DAY),
  }),
  aSession({ id: "blank", directory: "/home/dev/app", updatedMs: minutesAgo(60 * DAY) }),
  aSession({
    id: "away",
    costUSD: 7,
    tokens: 10,
    updatedMs: minutesAgo(50 * DAY),
    archivedMs: minutesAgo(49 * DAY),
  }),
];

function found(rules: readonly CleanUpRule[], pinned: readonly string[] = [], busy = "none") {
  const state = stateWith(
    aServer({
      sessions,
      activities: { [busy]: { kind: "working", sinceMs: minutesAgo(1) } },
    }),
  );
  const { items, kept } = cleanUp(state, rules, { nowMs: NOW_MS, pinned: new Set(pinned) });
  return { ids: items.map(({ ref }) => ref.sessionID), kept, items, state };
}

describe("sessions to clean up", () => {
  it("are those untouched for a number of days, descendants included, oldest first", () => {
    assert.deepEqual(found([{ kind: "older", days: 30 }]).ids, ["blank", "away", "old"]);
    assert.deepEqual(found([{ kind: "older", days: 1 }]).ids, ["blank", "away", "old", "parent"]);
  });

  it("can be selected as archived, as empty, or by the tree's cost", () => {
    assert.deepEqual(found([{ kind: "archived" }]).ids, ["away"]);
    assert.deepEqual(found([{ kind: "empty" }]).ids, ["blank"]);
    assert.deepEqual(found([{ kind: "cost", is: "above", usd: 0.7 }]).ids, [
      "away",
      "parent",
      "new",
    ]);
    assert.deepEqual(found([{ kind: "cost", is: "below", usd: 0.7 }]).ids, ["blank", "old"]);
  });

  it("match every chosen rule", () => {
    const rules = [
      { kind: "older", days: 30 },
      { kind: "cost", is: "above", usd: 1 },
    ] as const;
    assert.deepEqual(found(rules).ids, ["away"]);
    assert.equal(rulesText(rules), "unused for 30 days, cost above $1.00");
  });

  it("exclude pinned and busy ones, and say so", () => {
    const { ids, kept } = found([{ kind: "older", days: 30 }], ["blank"], "old");
    assert.deepEqual(ids, ["away"]);
    assert.equal(keptText(kept), "Kept: 1 pinned, 1 running or waiting for you");
    assert.equal(keptText({ pinned: 0, busy: 0 }), "");
  });

  it("count as cheaper than a bound only if their cost is fully known", () => {
    const unpriced = aSession({ id: "free", tokens: 10, model: undefined });
    const state = stateWith(aServer({ sessions: [unpriced], models: [] }));
    const options = { nowMs: NOW_MS, pinned: new Set<string>() };
    assert.deepEqual(cleanUp(state, [{ kind: "cost", is: "below", usd: 1 }], options).items, []);
  });

  it("exclude those of a lost server", () => {
    const lost = aServer({
      sessions,
      connection: {
        kind: "lost",
        sinceMs: minutesAgo(1),
        reason: "unreachable",
        message: "",
        nextRetryMs: undefined,
      },
    });
    const options = { nowMs: NOW_MS, pinned: new Set<string>() };
    assert.deepEqual(cleanUp(stateWith(lost), [{ kind: "archived" }], options).items, []);
  });

  it("are listed with age, figures and children, and add up", () => {
    const { items, state } = found([{ kind: "older", days: 1 }]);
    const parent = items.find(({ ref }) => ref.sessionID === "parent");
    assert.ok(parent !== undefined);
    assert.equal(parent.description, "2d · 20 · $0.75");
    assert.equal(parent.detail, "1 sub-session · /code/app");
    assert.equal(items.find(({ ref }) => ref.sessionID === "blank")?.detail, "~/app");
    assert.equal(
      cleanUpSum(
        state,
        items.map(({ ref }) => ref),
      ),
      "4 sessions, 1 sub-session, 40 tokens, $8.25",
    );
    assert.equal(cleanUpSum(state, []), "nothing selected");
    assert.equal(
      cleanUpSum(state, [{ serverID, sessionID: "new" }]),
      "1 session, 10 tokens, $2.00",
    );
  });
});

describe("the user's input for a clean-up", () => {
  it("is parsed as a bound on the cost", () => {
    assert.deepEqual(parseCostRule("<0.05"), { kind: "cost", is: "below", usd: 0.05 });
    assert.deepEqual(parseCostRule(" > $5 "), { kind: "cost", is: "above", usd: 5 });
    assert.deepEqual(parseCostRule("$ .5"), { kind: "cost", is: "below", usd: 0.5 });
    assert.deepEqual(parseCostRule("> 0"), { kind: "cost", is: "above", usd: 0 });
    for (const text of ["", "0", "-1", "five", "1e9", "<", "1,5"]) {
      assert.equal(parseCostRule(text), undefined, text);
    }
  });

  it("is parsed as a number of days", () => {
    assert.equal(parseDays(" 30 "), 30);
    for (const text of ["", "0", "-3", "1.5", "999999", "x"]) {
      assert.equal(parseDays(text), undefined, text);
    }
  });
});

describe("the name of a backup", () => {
  it("consists of characters that every file system accepts", () => {
    const createdMs = Date.UTC(2026, 10, 21, 12);
    const name = (title: string) => backupName({ id: "ses_1", title, createdMs });
    assert.equal(name("../a: b/c\\d?*"), "2026-11-21_a-b-c-d_ses_1.json");
    assert.equal(name("  "), "2026-11-21_Untitled_ses_1.json");
    assert.match(name("x".repeat(10_000)), /^.{10}_x{49}_ses_1\.json$/);
  });
});
