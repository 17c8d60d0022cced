import assert from "node:assert/strict";
import { similarTasks, taskCosts } from "../../../../src/core/ledger/taskCosts.ts";
import { taskPattern, taskVerb } from "../../../../src/core/ledger/taskPattern.ts";
import { someTokens } from "../../../support/seed/builders.ts";
import { aLedgerSession, aRow, aTable, LEDGER_MS } from "../../../support/seed/ledger.ts";

const NO_PRICES = new Map<string, never>();

/** Sessions of one agent with the given titles and costs. */
function tasks(
  titles: readonly (readonly [string, number])[],
  options: { agent?: string; command?: string; from?: string } = {},
) {
  const { agent = "general", command, from = "t" } = options;
  return {
    sessions: titles.map(([title], index) =>
      aLedgerSession({ id: `${from}${index}`, title, command }),
    ),
    rows: titles.map(([, costUSD], index) =>
      aRow({ messageID: `m-${from}${index}`, sessionID: `${from}${index}`, costUSD, agent }),
    ),
  };
}

describe("the cost of similar tasks", () => {
  it("treats titles that differ only in details as one pattern", () => {
    assert.equal(taskPattern('Review PR #12: "auth"'), taskPattern("review pr #7"));
    assert.equal(taskPattern("Fix src/login.ts (@general subagent)"), "fix");
    assert.equal(taskPattern("Fix login.ts and `foo()` in 3 files"), "fix … and … in … files");
    assert.equal(taskPattern("Deploy v1.2.3 to https://example.org/x"), "deploy … to");
    assert.equal(taskPattern("Session store (fork #2)"), "session store");
    assert.equal(taskPattern("Überprüfe Größe: «Straße»"), "überprüfe größe");
    assert.equal(taskPattern("New session - 2026-03-01T10:00:00.000Z"), "");
    assert.equal(taskPattern("#12"), "");
    assert.equal(taskPattern(""), "");
    assert.equal(taskVerb("… fix login"), "fix");
    assert.equal(taskVerb(""), "");
  });

  it("gives median, range and number of the most similar tasks", () => {
    const table = aTable(
      tasks([
        ["Review PR #1", 0.1],
        ["Review PR #2", 0.4],
        ["Review PR #3", 0.3],
        ["Review PR #4", 0.9],
        ["Review the plan", 5],
        ["Port it", 7],
      ]),
    );
    const costs = taskCosts(table, NO_PRICES);
    const review = similarTasks(costs, { agent: "general", title: "Review PR #99" });
    assert.equal(review?.likeness, "title");
    assert.equal(review.seen, 4);
    assert.equal(review.medianUSD, 0.35);
    assert.equal(review.lowestUSD, 0.1);
    assert.equal(review.highestUSD, 0.9);
    const other = similarTasks(costs, { agent: "general", title: "Review something else" });
    assert.equal(other?.likeness, "verb");
    assert.equal(other.seen, 5);
    const any = similarTasks(costs, { agent: "general", title: "Whatever" });
    assert.equal(any?.likeness, "agent");
    assert.equal(any.seen, 6);
    assert.equal(similarTasks(costs, { agent: "plan", title: "Review PR #1" }), undefined);
    assert.deepEqual(
      [...costs.values()]
        .filter(({ likeness, seen }) => likeness === "title" && seen >= 3)
        .map(({ what, seen }) => [what, seen]),
      [["review pr", 4]],
    );
  });

  it("prefers the slash command over the title", () => {
    const first = tasks(
      [
        ["One", 1],
        ["Two", 2],
        ["Three", 3],
      ],
      { command: "audit", from: "a" },
    );
    const second = tasks(
      [
        ["One", 10],
        ["One", 20],
        ["One", 30],
      ],
      { from: "b" },
    );
    const table = aTable({
      sessions: [...first.sessions, ...second.sessions],
      rows: [...first.rows, ...second.rows],
    });
    const costs = taskCosts(table, NO_PRICES);
    const audit = similarTasks(costs, { agent: "general", command: "audit", title: "One" });
    assert.equal(audit?.likeness, "command");
    assert.equal(audit.medianUSD, 2);
    assert.equal(similarTasks(costs, { agent: "general", title: "One" })?.seen, 4);
  });

  it("counts a task with everything it started, under the agent that did most of it", () => {
    const table = aTable({
      sessions: ["a", "b", "c"].flatMap((id) => [
        aLedgerSession({ id, title: "Ship it" }),
        aLedgerSession({ id: `${id}-child`, parentID: id, title: "Look around" }),
      ]),
      rows: ["a", "b", "c"].flatMap((id) => [
        aRow({ messageID: `${id}1`, sessionID: id, costUSD: 1, agent: "build" }),
        aRow({ messageID: `${id}2`, sessionID: id, costUSD: 1, agent: "plan" }),
        aRow({ messageID: `${id}3`, sessionID: id, costUSD: 1, agent: "build" }),
        aRow({
          messageID: `${id}4`,
          sessionID: id,
          costUSD: 1,
          agent: "compaction",
          isSummary: true,
        }),
        aRow({ messageID: `${id}5`, sessionID: `${id}-child`, costUSD: 0.5, agent: "explore" }),
      ]),
    });
    const costs = taskCosts(table, NO_PRICES);
    assert.equal(similarTasks(costs, { agent: "build", title: "Ship it" })?.medianUSD, 4.5);
    assert.equal(similarTasks(costs, { agent: "explore", title: "Look around" })?.medianUSD, 0.5);
  });

  it("leaves out forks, tasks without a known cost and kinds seen too rarely", () => {
    const { sessions, rows } = tasks([
      ["Fix it", 1],
      ["Fix it", 2],
    ]);
    const table = aTable({
      sessions: [
        ...sessions,
        aLedgerSession({ id: "fork", title: "Fix it", createdMs: LEDGER_MS + 1000 }),
        aLedgerSession({ id: "free", title: "Fix it" }),
        aLedgerSession({ id: "aborted", title: "Fix it" }),
      ],
      rows: [
        ...rows,
        aRow({ messageID: "copy", sessionID: "fork", costUSD: 1, agent: "general" }),
        aRow({
          messageID: "more",
          sessionID: "fork",
          costUSD: 9,
          agent: "general",
          createdMs: LEDGER_MS + 2000,
        }),
        aRow({ messageID: "free", sessionID: "free", costUSD: 0, agent: "general" }),
        aRow({
          messageID: "none",
          sessionID: "aborted",
          costUSD: 0,
          agent: "general",
          tokens: someTokens({}),
        }),
      ],
    });
    const costs = taskCosts(table, NO_PRICES);
    assert.equal(similarTasks(costs, { agent: "general", title: "Fix it" }), undefined);
    assert.equal([...costs.values()].find(({ likeness }) => likeness === "title")?.seen, 2);
    const prices = new Map([
      ["acme/sonnet", { input: 3, output: 15, cacheRead: 0, cacheWrite: 0 }],
    ]);
    const priced = similarTasks(taskCosts(table, prices), {
      agent: "general",
      title: "Fix it",
    });
    assert.equal(priced?.seen, 3);
    assert.equal(priced.isEstimated, true);
  });
});
