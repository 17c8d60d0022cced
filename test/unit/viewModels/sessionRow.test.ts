import assert from "node:assert/strict";

import type { ServerAction } from "../../../src/core/state/actions.ts";
import type { Session } from "../../../src/core/state/session.ts";
import type { State } from "../../../src/core/state/state.ts";
import { ROW_PARTS, type RowPartID } from "../../../src/core/state/shownParts.ts";
import {
  hasRowAged,
  sessionRow,
  type SessionRow,
} from "../../../src/viewModels/tree/sessionRow.ts";
import { treeUsage } from "../../../src/core/state/selectors.ts";
import { NO_USAGE, type Usage } from "../../../src/core/usage/usage.ts";
import { costPart } from "../../../src/viewModels/tree/sessionFigures.ts";
import { sessionTooltip } from "../../../src/viewModels/tree/sessionTooltip.ts";
import { runningTime } from "../../../src/viewModels/tree/runningTool.ts";
import {
  after,
  aModel,
  aPermission,
  aServer,
  aSession,
  aStep,
  contextKnown,
  minutesAgo,
  NOW_MS,
  someTokens,
  SONNET,
  stateWith,
} from "../../support/seed/builders.ts";
import { anAnswer } from "../../support/seed/messages.ts";

const LOCAL = "http://127.0.0.1:4096";

function ref(sessionID: string): { serverID: string; sessionID: string } {
  return { serverID: LOCAL, sessionID };
}

function rowOf(
  state: State,
  sessionID: string,
  active?: string,
  parts?: readonly RowPartID[],
): SessionRow {
  const row = sessionRow(state, ref(sessionID), {
    nowMs: NOW_MS,
    active: active === undefined ? undefined : ref(active),
    ...(parts && { parts }),
  });
  assert.ok(row);
  return row;
}

function rowOfOne(session: Partial<Session> & { costUSD?: number; tokens?: number }): SessionRow {
  return rowOf(stateWith(aServer({ sessions: [aSession({ id: "a", ...session })] })), "a");
}

describe("a session row", () => {
  it("shows the tree's cost first, then a nearly full context, and the age", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "a", costUSD: 0.2, tokens: 45_000, updatedMs: minutesAgo(2) }),
          aSession({ id: "b", parentID: "a", costUSD: 0.03, tokens: 200 }),
        ],
        live: (serverID) => [contextKnown(serverID, "a", 166_000)],
      }),
    );
    assert.equal(rowOf(state, "a").description, "$0.23 · 83% · 2m");
    assert.equal(
      rowOf(state, "a").accessibilityLabel,
      "a, idle, 0.23 US dollars, context 83 percent full, last active 2 minutes ago, with 1 sub-session",
    );
    assert.equal(rowOf(state, "b").description, "$0.03 · 30m");
    const half = after(state, contextKnown(LOCAL, "a", 138_000));
    assert.equal(rowOf(half, "a").description, "$0.23 · 2m");
  });

  it("shows the parts named in the setting, in that order", () => {
    const state = stateWith(
      aServer({ sessions: [aSession({ id: "a", costUSD: 0.2, tokens: 45_000 })] }),
    );
    const row = rowOf(state, "a", undefined, ["activity", "tokens", "cost"]);
    assert.equal(row.description, "30m · 45k · $0.20");
    assert.equal(
      row.accessibilityLabel,
      "a, idle, last active 30 minutes ago, 45 thousand tokens, 0.20 US dollars",
    );
    assert.equal(rowOf(state, "a", undefined, []).description, "");
  });

  it("shows no figure if none is known", () => {
    assert.equal(rowOfOne({}).description, "30m");
    assert.equal(rowOfOne({ totals: undefined }).description, "30m");
    assert.equal(rowOfOne({ updatedMs: Number.NaN }).description, "–");
  });

  it("shows no context use without the model's limit", () => {
    const state = stateWith(
      aServer({
        sessions: [aSession({ id: "a", tokens: 10, costUSD: 1 })],
        models: [aModel({ contextLimit: undefined })],
        live: (serverID) => [contextKnown(serverID, "a", 126_000)],
      }),
    );
    assert.equal(rowOf(state, "a").description, "$1.00 · 30m");
  });

  it("shows a tiny cost as less than a cent, whatever its cost state", () => {
    const spoken = (usage: Partial<Usage>): string => {
      const state = stateWith(aServer({ sessions: [aSession({ id: "a" })] }));
      const tree = treeUsage(state, { serverID: LOCAL, sessionID: "a" });
      return costPart({ ...tree, usage: { ...NO_USAGE, ...usage } }).spoken;
    };
    assert.equal(spoken({ recordedUSD: 0.00001 }), "less than a cent");
    assert.equal(spoken({ estimatedUSD: 0.00001 }), "less than a cent by list price");
    const partial = { estimatedUSD: 0.00001, unpricedTokens: 500 };
    assert.equal(spoken(partial), "less than a cent, and part of it without a price");
  });

  it("shows an unpriced cost as a dash, never as zero", () => {
    const row = rowOfOne({ tokens: 1500, model: { ...SONNET, modelID: "unheard-of" } });
    assert.equal(row.description, "– · 30m");
    assert.match(row.accessibilityLabel, /idle, cost unknown/);
  });

  it("marks estimated figures", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "a", tokens: 1_000_000 }),
          aSession({ id: "b", parentID: "a", model: { ...SONNET, modelID: "x" }, tokens: 1000 }),
        ],
        activities: { a: { kind: "working", sinceMs: minutesAgo(1) } },
        live: (serverID) => [
          contextKnown(serverID, "a", 140_000, true),
          { type: "text.streamed", serverID, sessionID: "a", characters: 40_000 },
        ],
      }),
    );
    const row = rowOf(state, "a", undefined, ROW_PARTS);
    assert.equal(row.description, "≥ $3.15 · ~1.01M · ~70% · 1m");
    assert.match(row.accessibilityLabel, /at least 3\.15 US dollars/);
    assert.match(
      row.accessibilityLabel,
      /about 1\.01 million tokens, context about 70 percent full/,
    );
  });

  it("includes a finished step before the totals arrive", () => {
    const before = stateWith(
      aServer({ sessions: [aSession({ id: "a", costUSD: 1, tokens: 1000 })] }),
    );
    const step: ServerAction = {
      type: "step.ended",
      serverID: LOCAL,
      sessionID: "a",
      stepID: "s",
      step: aStep({ costUSD: 0.5, tokens: someTokens({ input: 500 }) }),
    };
    const row = rowOf(after(before, step), "a", undefined, ["tokens", "cost"]);
    assert.equal(row.description, "1.5k · $1.50");
  });

  it("counts a child's request on every ancestor", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "a" }),
          aSession({ id: "b", parentID: "a" }),
          aSession({ id: "c", parentID: "b" }),
          aSession({ id: "d", parentID: "b" }),
        ],
        requests: [aPermission("c"), aPermission("d")],
      }),
    );
    assert.match(rowOf(state, "a").description, /^2 waiting · /);
    assert.equal(rowOf(state, "a").icon.id, "bell-dot");
    assert.match(rowOf(state, "b").description, /^2 waiting · /);
    assert.match(rowOf(state, "c").description, /^1 waiting · /);
    assert.equal(rowOf(state, "c").icon.id, "shield");
    assert.match(rowOf(state, "a").accessibilityLabel, /2 requests waiting for you/);
    const answered = after(state, {
      type: "request.closed",
      serverID: LOCAL,
      sessionID: "c",
      requestID: "permission-of-c",
    });
    assert.match(rowOf(answered, "a").description, /^1 waiting · /);
  });

  it("greys out the rows of a lost server and shows how old their figures are", () => {
    const state = stateWith(
      aServer({
        sessions: [aSession({ id: "a", costUSD: 0.23, tokens: 45_200 })],
        activities: { a: { kind: "working", sinceMs: minutesAgo(9) } },
        requests: [aPermission("a")],
        connection: {
          kind: "lost",
          sinceMs: minutesAgo(2),
          reason: "unreachable",
          message: "refused",
          nextRetryMs: undefined,
        },
      }),
    );
    const row = rowOf(state, "a");
    assert.equal(row.description, "$0.23 · stale 2m");
    assert.equal(row.isDimmed, true);
    assert.match(
      row.accessibilityLabel,
      /unavailable, 0\.23 US dollars, connection lost 2 minutes ago/,
    );
    assert.doesNotMatch(row.contextValue, /\b(idle|busy|connected)\b/);
    assert.match(row.contextValue, /\bunavailable\b/);
  });

  it("marks the active session and the archived one", () => {
    const state = stateWith(
      aServer({ sessions: [aSession({ id: "a" }), aSession({ id: "b", archivedMs: 1 })] }),
    );
    assert.equal(rowOf(state, "a", "a").description, "● 30m");
    assert.equal(rowOf(state, "a", "a").isActive, true);
    assert.match(rowOf(state, "a", "a").accessibilityLabel, /active session/);
    assert.equal(rowOf(state, "a", "b").isActive, false);
    assert.equal(rowOf(state, "b").description, "archived · 30m");
    assert.equal(rowOf(state, "b").isDimmed, true);
  });

  it("marks a session that finished unseen, but not its children", () => {
    const sessions = [
      aSession({ id: "a", isUnread: true }),
      aSession({ id: "b", parentID: "a", isUnread: true }),
      aSession({ id: "c" }),
    ];
    const state = stateWith(aServer({ sessions }));
    assert.notDeepEqual(rowOf(state, "a").icon, rowOf(state, "c").icon);
    assert.deepEqual(rowOf(state, "b").icon, rowOf(state, "c").icon);
  });

  it("marks pinned sessions and queued prompts", () => {
    const state = after(stateWith(aServer({ sessions: [aSession({ id: "a" })] })), {
      type: "prompts.queued",
      serverID: LOCAL,
      sessionID: "a",
      count: 2,
    });
    const row = sessionRow(state, ref("a"), {
      nowMs: NOW_MS,
      active: ref("a"),
      pinned: new Set(["a"]),
    });
    assert.equal(row?.description, "● ★ 2 queued · 30m");
    assert.match(row.accessibilityLabel, /, active session, pinned, 2 prompts queued,/);
    assert.match(row.contextValue, / pinned$/);
    assert.doesNotMatch(rowOf(state, "a").contextValue, /pinned/);
  });

  it("shows the running tool, or else how long the session has been working", () => {
    const working = stateWith(
      aServer({
        sessions: [aSession({ id: "a", updatedMs: minutesAgo(50) })],
        activities: { a: { kind: "working", sinceMs: minutesAgo(7) } },
      }),
    );
    assert.equal(rowOf(working, "a").description, "7m");
    const running = after(working, {
      type: "tool.running",
      serverID: LOCAL,
      sessionID: "a",
      tool: {
        callID: "c",
        tool: "bash",
        title: "npm test",
        startedMs: NOW_MS - 34_000,
        childSessionID: undefined,
      },
    });
    assert.equal(rowOf(running, "a").description, "bash npm test · 30s");
    assert.match(rowOf(running, "a").accessibilityLabel, /, running bash npm test$/);
  });

  it("names the running sub-agent, the number of other tools, and the to-do progress", () => {
    const tool = { tool: "task", startedMs: NOW_MS - 4_000 } as const;
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "a" }),
          aSession({ id: "child", parentID: "a", agent: "explore", title: "Find callers" }),
        ],
        activities: { a: { kind: "working", sinceMs: minutesAgo(7) } },
        live: (serverID) => [
          { type: "todo.changed", serverID, sessionID: "a", done: 3, total: 7 },
          {
            type: "tool.running",
            serverID,
            sessionID: "a",
            tool: { ...tool, callID: "c1", title: "x", childSessionID: undefined },
          },
          {
            type: "tool.running",
            serverID,
            sessionID: "a",
            tool: { ...tool, callID: "c2", title: undefined, childSessionID: "child" },
          },
        ],
      }),
    );
    assert.equal(rowOf(state, "a").description, "3/7 · @explore Find callers +1");
    const tooltip = sessionTooltip(state, { serverID: LOCAL, sessionID: "a" }, NOW_MS);
    assert.match(tooltip!, /\\@explore\\: Find callers \(4\.0 s\)/);
    assert.match(tooltip!, /To do: 3\/7/);
    const done = after(state, {
      type: "todo.changed",
      serverID: LOCAL,
      sessionID: "a",
      done: 7,
      total: 7,
    });
    assert.doesNotMatch(rowOf(done, "a").description, /7\/7/);
  });

  it("shows a tool's running time in steps", () => {
    const times = [9, 10, 19, 20, 59, 60, 3_599, 3_600].map((seconds) =>
      runningTime(NOW_MS - seconds * 1000, NOW_MS),
    );
    assert.deepEqual(times, [undefined, "10s", "10s", "20s", "50s", "1m", "59m", "1h"]);
    assert.equal(runningTime(NOW_MS + 5_000, NOW_MS), undefined);
    assert.equal(runningTime(undefined, NOW_MS), undefined);
  });

  it("provides the context words that menus test", () => {
    const state = stateWith(
      aServer({
        capabilities: ["archive", "share"],
        sessions: [
          aSession({ id: "a", shareURL: "https://x", revertMessageID: "m" }),
          aSession({ id: "b", parentID: "a", archivedMs: 1 }),
        ],
        activities: { b: { kind: "working", sinceMs: 1 } },
      }),
    );
    assert.equal(
      rowOf(state, "a", "a").contextValue,
      "session root idle busyBelow empty address active shared reverted connected cap-archive cap-share",
    );
    assert.equal(
      rowOf(state, "b").contextValue,
      "session child working busy address archived connected cap-archive cap-share",
    );
    const unshared = after(state, {
      type: "session.changed",
      serverID: LOCAL,
      sessionID: "a",
      changes: { shareURL: undefined },
    });
    assert.doesNotMatch(rowOf(unshared, "a", "a").contextValue, / shared /);
    const queued = after(state, {
      type: "prompts.queued",
      serverID: LOCAL,
      sessionID: "a",
      count: 1,
    });
    assert.match(rowOf(queued, "a").contextValue, /^session root busy /);
  });

  it("says what a session is known not to have, for menus to leave out", () => {
    const loaded = (isComplete: boolean, isSummary: boolean) =>
      ({
        type: "messages.loaded",
        serverID: LOCAL,
        sessionID: "a",
        messages: [anAnswer("msg_1", [], { isSummary })],
        isComplete,
        error: undefined,
      }) as const;
    const one = stateWith(aServer({ sessions: [aSession({ id: "a" })] }));
    const has = (state: State): string[] =>
      rowOf(state, "a")
        .contextValue.split(" ")
        .filter((word) => ["uncompacted", "noTodos"].includes(word));
    assert.deepEqual(has(one), [], "nothing is known");
    assert.deepEqual(has(after(one, loaded(true, false))), ["uncompacted"]);
    assert.deepEqual(has(after(one, loaded(false, false))), []);
    assert.deepEqual(has(after(one, loaded(true, true))), []);
    const todo = (total: number) =>
      ({ type: "todo.changed", serverID: LOCAL, sessionID: "a", done: 0, total }) as const;
    assert.deepEqual(has(after(one, todo(0))), ["noTodos"]);
    assert.deepEqual(has(after(one, todo(2))), []);
  });

  it("fits any title on one short line", () => {
    assert.equal(rowOfOne({ title: "" }).label, "Untitled");
    assert.equal(rowOfOne({ title: "a\nb\t<b>*c*</b>" }).label, "a b <b>*c*</b>");
    assert.ok(rowOfOne({ title: "👩‍👩‍👧".repeat(2000) }).label.length < 1000);
    assert.equal(
      [...new Intl.Segmenter().segment(rowOfOne({ title: "x".repeat(10_000) }).label)].length,
      21,
    );
    assert.equal(rowOfOne({ title: "为".repeat(30) }).label, `${"为".repeat(11)}…`);
  });

  it("leaves room for the figures beside a task's title, and reads out the full title", () => {
    const title = "Find all callers of the parser in the project (@explore subagent)";
    const row = rowOfOne({ title });
    assert.equal(row.label, "Find all callers of the pa…");
    assert.equal(
      sessionRow(stateWith(aServer({ sessions: [aSession({ id: "a", title })] })), ref("a"), {
        nowMs: NOW_MS,
        active: undefined,
        titleLength: 0,
      })?.label,
      "Find all callers of the parser in the project @explore",
    );
    assert.ok(row.accessibilityLabel.startsWith(title));
    assert.equal(rowOfOne({ title: "Find it (@explore subagent)" }).label, "Find it @explore");
    assert.equal(rowOfOne({ title: "A (b subagent)" }).label, "A (b subagent)");
  });

  it("leaves a title less room beside a long cost and marks, and below other rows", () => {
    const title = "x".repeat(30);
    const shown = (costUSD: number, depth = 0, pinned = new Set<string>()): number =>
      sessionRow(
        stateWith(aServer({ sessions: [aSession({ id: "a", title, costUSD, tokens: 1 })] })),
        ref("a"),
        { nowMs: NOW_MS, active: undefined, pinned, depth, titleLength: 16 },
      )!.label.length;
    const pinned = new Set(["a"]);
    const lengths = [shown(0.23), shown(0.0063), shown(0.0063, 0, pinned), shown(0.23, 2)];
    assert.deepEqual(lengths, [15, 12, 10, 12]);
    assert.equal(shown(0.0063, 100), 3);
  });

  it("is undefined for an unknown session", () => {
    const state = stateWith(aServer());
    assert.equal(sessionRow(state, ref("gone"), { nowMs: NOW_MS, active: undefined }), undefined);
    assert.equal(hasRowAged(state, ref("gone"), 0, NOW_MS), false);
  });

  it("detects when it would read differently just because time has passed", () => {
    const state = stateWith(
      aServer({ sessions: [aSession({ id: "a", updatedMs: minutesAgo(1.5) })] }),
    );
    assert.equal(hasRowAged(state, ref("a"), NOW_MS, NOW_MS + 20_000), false);
    assert.equal(hasRowAged(state, ref("a"), NOW_MS, NOW_MS + 40_000), true);
  });
});
