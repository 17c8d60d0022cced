import assert from "node:assert/strict";

import { sessionTooltip } from "../../../src/viewModels/tree/sessionTooltip.ts";
import {
  aServer,
  aSession,
  contextKnown,
  minutesAgo,
  NOW_MS,
  someTokens,
  stateWith,
} from "../../support/seed/builders.ts";
import { assertGolden } from "../../support/golden.ts";

const LOCAL = "http://127.0.0.1:4096";

/** The text without times of day, which depend on the time zone. */
function tooltipOf(state: Parameters<typeof sessionTooltip>[0], sessionID: string): string {
  const text = sessionTooltip(state, { serverID: LOCAL, sessionID }, NOW_MS);
  assert.ok(text !== undefined);
  return text.replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "TIME");
}

describe("the session tooltip", () => {
  it("shows own and tree figures side by side, with everything that is known", () => {
    const state = stateWith(
      aServer({
        hostname: "workhorse",
        sessions: [
          aSession({
            id: "a",
            title: "Add login",
            costUSD: 0.2,
            tokens: someTokens({
              input: 1200,
              output: 300,
              reasoning: 40,
              cacheRead: 50_000,
              cacheWrite: 6000,
            }),
            changes: { files: 3, additions: 120, deletions: 7 },
          }),
          aSession({
            id: "b",
            parentID: "a",
            costUSD: 0.03,
            tokens: someTokens({ input: 1_000_000 }),
          }),
        ],
        activities: { a: { kind: "working", sinceMs: minutesAgo(2) } },
        live: (serverID) => [
          contextKnown(serverID, "a", 126_300),
          { type: "messages.counted", serverID, sessionID: "a", count: 1234 },
          { type: "todo.changed", serverID, sessionID: "a", done: 3, total: 7 },
          { type: "prompts.queued", serverID, sessionID: "a", count: 2 },
          {
            type: "tool.running",
            serverID,
            sessionID: "a",
            tool: {
              callID: "c",
              tool: "bash",
              title: "npm *test*",
              startedMs: minutesAgo(1),
              childSessionID: undefined,
            },
          },
        ],
      }),
    );
    assertGolden("sessionTooltip", `${tooltipOf(state, "a")}\n`);
  });

  it("does not mention an empty to-do list", () => {
    const state = stateWith(
      aServer({
        sessions: [aSession({ id: "a" })],
        live: (serverID) => [
          { type: "todo.changed", serverID, sessionID: "a", done: 0, total: 0 },
          { type: "messages.counted", serverID, sessionID: "a", count: 2 },
        ],
      }),
    );
    const text = tooltipOf(state, "a");
    assert.match(text, /Messages/);
    assert.doesNotMatch(text, /To do/);
  });

  it("has one column if there are no children", () => {
    const state = stateWith(
      aServer({ sessions: [aSession({ id: "a", tokens: 1500, costUSD: 1 })] }),
    );
    const text = tooltipOf(state, "a");
    assert.match(text, /\| {2}\| Tokens \|\n\| :-- \| --: \|\n\| Input \| 1,500 \|/);
    assert.doesNotMatch(text, /With sub-sessions/);
  });

  it("says how reliable a cost is", () => {
    const noPrice = { providerID: "x", modelID: "y", variant: undefined };
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "none", tokens: 10, model: noPrice }),
          aSession({ id: "list", tokens: 1_000_000 }),
          aSession({ id: "some", tokens: 10, costUSD: 1 }),
          aSession({ id: "child", parentID: "some", tokens: 10, model: noPrice }),
        ],
      }),
    );
    assert.match(tooltipOf(state, "none"), /\*\*–\*\*[^]*no list price of the model is known/);
    assert.match(
      tooltipOf(state, "list"),
      /\*\*\\~\$3\.00\*\*[^]*estimated from the last known list prices/,
    );
    assert.match(tooltipOf(state, "some"), /\*\*≥ \$1\.00\*\*[^]*at least this/);
  });

  it("escapes all text from servers", () => {
    const state = stateWith(
      aServer({
        name: "[evil](command:x)",
        sessions: [
          aSession({
            id: "a",
            title:
              "# <img src=x onerror=1> | [l](https://e.example) **b** $(zap) `c`\nhttps://e.example www.e.example",
            directory: "/code/_a_|b",
            agent: "<b>",
          }),
        ],
        live: (serverID) => [
          {
            type: "session.failed",
            serverID,
            sessionID: "a",
            message: "![i](http://e.example)",
            atMs: minutesAgo(1),
          },
        ],
      }),
    );
    const text = tooltipOf(state, "a").replace(/\\[!-/:-@[-`{-~]/g, "");
    assert.doesNotMatch(text, /[<>[\]`]|https?:|www\.|\$\(|!\[|_a_/);
    // Outside the table, which has its own bars.
    assert.doesNotMatch(text.replace(/^\|.*\|$/gm, ""), /\|/);
  });

  it("shows the state with its details", () => {
    const sessions = [aSession({ id: "a" })];
    const retry = stateWith(
      aServer({
        sessions,
        activities: {
          a: {
            kind: "retry",
            sinceMs: minutesAgo(1),
            attempt: 3,
            message: "Overloaded",
            nextMs: NOW_MS + 5000,
          },
        },
      }),
    );
    assert.match(tooltipOf(retry, "a"), /Retrying \(attempt 3\), next try in 5\.0 s: Overloaded/);
    const lost = stateWith(
      aServer({
        sessions,
        connection: {
          kind: "lost",
          sinceMs: minutesAgo(2),
          reason: "timeout",
          message: "",
          nextRetryMs: undefined,
        },
      }),
    );
    assert.match(tooltipOf(lost, "a"), /Unavailable: not connected to the server for 2m 00s/);
  });

  it("names the servers of a session's other copies", () => {
    const shared = [aSession({ id: "a", costUSD: 1 }), aSession({ id: "b", costUSD: 1 })];
    const moved = [aSession({ id: "a", costUSD: 1 }), aSession({ id: "b", costUSD: 2 })];
    const newer = aServer({ id: LOCAL, sessions: shared });
    const identified = {
      type: "server.identified",
      serverID: LOCAL,
      version: "2.1.4",
      generation: "OpenCode 2",
      capabilities: new Set<never>(),
    } as const;
    const state = stateWith(
      { ...newer, actions: [...newer.actions, identified] },
      aServer({ id: "http://127.0.0.1:4097", name: "old one", sessions: moved }),
    );
    assert.match(tooltipOf(state, "a"), /Also on: old one/);
    assert.match(tooltipOf(state, "b"), /Another copy, with different figures, on: old one/);
  });

  it("is undefined for an unknown session", () => {
    assert.equal(
      sessionTooltip(stateWith(aServer()), { serverID: LOCAL, sessionID: "x" }, 0),
      undefined,
    );
  });
});
