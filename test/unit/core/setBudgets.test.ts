import assert from "node:assert/strict";

import { budgetUse, type BudgetUse, treeBudgetUses } from "../../../src/core/usage/budget.ts";
import { runningSessions } from "../../../src/core/usage/budgetWork.ts";
import { type BudgetInputs, budgetUses } from "../../../src/core/usage/setBudgets.ts";
import type { BudgetSetting } from "../../../src/core/usage/usageSettings.ts";
import { aServer, aSession, NOW_MS, stateWith } from "../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable } from "../../support/seed/ledger.ts";

const HOUR = 3_600_000;
const FAR = "https://far.example";
const state = stateWith(
  aServer({
    name: "near",
    projects: [{ id: "project-app", worktree: "/code/app", name: "App" }],
    sessions: [
      aSession({ id: "root" }),
      aSession({ id: "child", parentID: "root" }),
      aSession({ id: "lib", projectID: "project-lib", directory: "/code/lib" }),
      aSession({ id: "scratch", projectID: "global", directory: "/tmp/x" }),
    ],
    activities: {
      child: { kind: "working", sinceMs: NOW_MS },
      root: { kind: "working", sinceMs: NOW_MS },
      lib: { kind: "retry", sinceMs: NOW_MS, attempt: 1, message: "", nextMs: undefined },
    },
  }),
  aServer({
    id: FAR,
    name: "far",
    sessions: [aSession({ id: "away" })],
    activities: { away: { kind: "working", sinceMs: NOW_MS } },
  }),
);
const places = [
  { id: "sqlite:/db", name: "This machine" },
  { id: `server:${FAR}`, name: "far" },
];
const at = (id: string, sessionID: string, costUSD: number, agoMs = HOUR / 4) =>
  aRow({ messageID: id, sessionID, costUSD, createdMs: NOW_MS - agoMs });
const table = aTable({
  places,
  sessions: [
    aLedgerSession({ id: "root", placeID: "sqlite:/db", createdMs: NOW_MS - 90 * HOUR }),
    aLedgerSession({
      id: "child",
      placeID: "sqlite:/db",
      parentID: "root",
      createdMs: NOW_MS - 90 * HOUR,
    }),
    aLedgerSession({
      id: "lib",
      placeID: "sqlite:/db",
      projectID: "project-lib",
      directory: "/code/lib",
      createdMs: NOW_MS - 90 * HOUR,
    }),
    aLedgerSession({
      id: "scratch",
      placeID: "sqlite:/db",
      projectID: "global",
      directory: "/tmp/x",
      createdMs: NOW_MS - 90 * HOUR,
    }),
    aLedgerSession({ id: "away", placeID: `server:${FAR}`, createdMs: NOW_MS - 90 * HOUR }),
    aLedgerSession({ id: "old", placeID: "sqlite:/db", createdMs: NOW_MS - 90 * HOUR }),
  ],
  rows: [
    at("a", "root", 1),
    at("b", "child", 2),
    at("c", "lib", 4),
    at("d", "scratch", 8),
    at("e", "away", 16),
    at("f", "old", 32, 80 * HOUR),
  ],
});

function around(
  ...budgets: (Partial<BudgetSetting> & Pick<BudgetSetting, "period">)[]
): BudgetInputs {
  return {
    table,
    prices: new Map(),
    calendar: { timeZone: "UTC" },
    nowMs: NOW_MS,
    state,
    placeOf: (serverID) => (serverID === FAR ? places[1] : places[0]),
    settings: {
      budgetCounts: "recorded",
      budgets: budgets.map((budget) => ({
        limit: 10,
        unit: "USD",
        project: undefined,
        server: undefined,
        ...budget,
      })),
    },
  };
}

describe("the configured budgets", () => {
  const usedOf = (budget: Partial<BudgetSetting>): number | undefined =>
    budgetUses(around({ period: "daily", ...budget })).uses[0]?.used;

  it("identify a project by folder, name or id, and a server by name or address", () => {
    assert.equal(usedOf({}), 31);
    for (const project of ["/code/app", "/code/app/", "App", "project-app"]) {
      assert.equal(usedOf({ project }), 19, project);
    }
    assert.equal(usedOf({ project: "/code/lib" }), 4);
    assert.equal(usedOf({ project: "/tmp/x" }), 8);
    for (const server of ["far", FAR, `${FAR}/`]) assert.equal(usedOf({ server }), 16, server);
    assert.equal(usedOf({ server: "near" }), 15);
    // A place without a server at the moment.
    assert.equal(usedOf({ server: "This machine" }), 15);
    assert.equal(usedOf({ server: "near", project: "project-app" }), 3);
  });

  it("are reported if their project or server is unknown, while the others still count", () => {
    const { uses, unknown } = budgetUses(
      around(
        { period: "daily", project: "/code/typo" },
        { period: "daily", server: "nobody" },
        { period: "weekly" },
      ),
    );
    assert.deepEqual(
      unknown.map(({ project, server }) => project ?? server),
      ["/code/typo", "nobody"],
    );
    assert.deepEqual(
      uses.map(({ budget }) => budget.period),
      ["weekly"],
    );
  });

  it("cover each session tree of the last day, most used first", () => {
    const { uses } = budgetUses(around({ period: "session", limit: 2 }));
    assert.deepEqual(
      uses.map(({ treeID, used, percent }) => [treeID, used, percent]),
      [
        ["away", 16, 800],
        ["scratch", 8, 400],
        ["lib", 4, 200],
        ["root", 3, 150],
      ],
    );
  });

  it("give the same result for many trees together as for each separately", () => {
    const context = around();
    const budget = {
      id: "b",
      period: "session",
      limit: 2,
      unit: "USD",
      counts: "recorded",
    } as const;
    const ids = ["root", "lib", "scratch", "away", "old"];
    const alone = ids.map((id) => budgetUse(context, budget, id));
    const together = treeBudgetUses(context, budget, new Set(ids));
    const byTree = (uses: readonly BudgetUse[]) =>
      [...uses].sort((a, b) => ((a.treeID ?? "") < (b.treeID ?? "") ? -1 : 1));
    assert.deepEqual(byTree(together), byTree(alone));
  });
});

describe("the sessions using up a budget", () => {
  const workOf = (budget: Partial<BudgetUse["budget"]>, treeID?: string): string[] => {
    const use = budgetUse(
      around(),
      { id: "b", period: "daily", limit: 1, unit: "USD", counts: "recorded", ...budget },
      treeID,
    );
    return runningSessions(state, { ...use, treeID }, around().placeOf).map(
      ({ sessionID }) => sessionID,
    );
  };

  it("are all running ones, parents before the tasks they started", () => {
    const all = workOf({});
    assert.deepEqual([...all].sort(), ["away", "child", "lib", "root"]);
    assert.ok(all.indexOf("root") < all.indexOf("child"));
  });

  it("are limited to the budget's project, server or tree", () => {
    assert.deepEqual(workOf({ projectKey: "project-lib" }), ["lib"]);
    assert.deepEqual(workOf({ placeID: `server:${FAR}` }), ["away"]);
    assert.deepEqual(workOf({ period: "session" }, "root"), ["root", "child"]);
  });
});
