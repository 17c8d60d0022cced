import assert from "node:assert/strict";
import type { Action } from "../../../src/core/state/actions.ts";
import { getLive, getSession } from "../../../src/core/state/lookup.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import { contextUse, ownUsage, treeUsage } from "../../../src/core/state/selectors.ts";
import { sessionState } from "../../../src/core/state/sessionState.ts";
import { INITIAL_STATE, type State } from "../../../src/core/state/state.ts";
import { totalTokens, totalUSD } from "../../../src/core/usage/usage.ts";
import {
  aModel,
  aPermission,
  aServer,
  aSession,
  aStep,
  after,
  minutesAgo,
  NOW_MS,
  someTokens,
  stateWith,
} from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const ref = (sessionID: string) => ({ serverID, sessionID });

/** What the user sees of a session: figures and state, in one comparable value. */
function seen(state: State, sessionID: string): unknown {
  const tree = treeUsage(state, ref(sessionID));
  return {
    title: getSession(state, ref(sessionID))?.title,
    own: ownUsage(state, ref(sessionID)),
    tree,
    state: sessionState(state, ref(sessionID)).kind,
  };
}

describe("reduce: figures", () => {
  const session = aSession({ id: "a", costUSD: 1, tokens: 100 });
  const start = stateWith(aServer({ sessions: [session] }));
  const ended = (stepID: string, costUSD: number): Action => ({
    type: "step.ended",
    serverID,
    sessionID: "a",
    stepID,
    step: aStep({ costUSD, tokens: someTokens({ input: 10 }) }),
  });
  const totals = (costUSD: number, tokens: number): Action => ({
    type: "session.upserted",
    serverID,
    session: aSession({ id: "a", costUSD, tokens }),
    origin: "event",
  });

  it("overlays a finished step until the server's totals include it", () => {
    const one = after(start, ended("p1", 0.5));
    assert.equal(ownUsage(one, ref("a")).usage.recordedUSD, 1.5);
    // A row sent before the step was counted does not clear the overlay.
    const renamed = after(one, { ...totals(1, 100) });
    assert.equal(ownUsage(renamed, ref("a")).usage.recordedUSD, 1.5);
    const two = after(renamed, totals(1.5, 110));
    assert.equal(ownUsage(two, ref("a")).usage.recordedUSD, 1.5);
    assert.equal(totalTokens(ownUsage(two, ref("a")).usage.tokens), 110);
  });

  it("trusts totals it has read itself, with or without an overlay", () => {
    const overlaid = after(start, ended("p1", 0.5));
    const read = { ...totals(1, 100), origin: "read" } as Action;
    assert.equal(ownUsage(after(overlaid, read), ref("a")).usage.recordedUSD, 1);
  });

  it("counts a step once, however often or late it is reported", () => {
    const told = after(start, ended("p1", 0.5), ended("p1", 0.5), ended("p1", 0.5));
    assert.equal(ownUsage(told, ref("a")).usage.recordedUSD, 1.5);
    const late = after(told, totals(1.5, 110), ended("p1", 0.5));
    assert.equal(ownUsage(late, ref("a")).usage.recordedUSD, 1.5);
    const next = after(late, ended("p2", 0.25));
    assert.equal(ownUsage(next, ref("a")).usage.recordedUSD, 1.75);
  });

  it("leaves out a step that the totals may include", () => {
    const step = { ...ended("p1", 0.5), mayBeInTotals: true } as Action;
    assert.equal(ownUsage(after(start, step), ref("a")).usage.recordedUSD, 1);
  });

  it("follows totals that drop, as after an overwritten revert", () => {
    const dropped = after(start, ended("p1", 0.5), totals(0.2, 20));
    assert.equal(ownUsage(dropped, ref("a")).usage.recordedUSD, 0.2);
  });

  it("marks tokens estimated from text, and drops them once the step is known", () => {
    const working = { kind: "working", sinceMs: 1 } as const;
    const streaming = after(
      start,
      { type: "activity.changed", serverID, sessionID: "a", activity: working },
      { type: "text.streamed", serverID, sessionID: "a", characters: 400 },
      { type: "text.streamed", serverID, sessionID: "a", characters: 4 },
    );
    assert.deepEqual(ownUsage(streaming, ref("a")).usage.tokens.output, 101);
    assert.equal(treeUsage(streaming, ref("a")).isEstimate, true);
    assert.equal(ownUsage(after(streaming, ended("p1", 0.1)), ref("a")).isEstimate, false);
  });

  it("ignores text that arrives after the end of a turn", () => {
    const late: Action = { type: "text.streamed", serverID, sessionID: "a", characters: 400 };
    assert.equal(ownUsage(after(start, late), ref("a")).isEstimate, false);
  });

  it("keeps recorded, estimated and unpriced cost separate", () => {
    const priced = aSession({ id: "subscription", tokens: 1_000_000 });
    const unknown = aSession({
      id: "unknown",
      tokens: 500,
      model: { providerID: "acme", modelID: "gone", variant: undefined },
    });
    const root = aSession({ id: "root", costUSD: 2, tokens: 10 });
    const state = stateWith(
      aServer({
        models: [aModel()],
        sessions: [root, { ...priced, parentID: "root" }, { ...unknown, parentID: "root" }],
      }),
    );
    const { usage } = treeUsage(state, ref("root"));
    assert.equal(usage.recordedUSD, 2);
    assert.equal(usage.estimatedUSD, 3);
    assert.equal(usage.unpricedTokens, 500);
  });

  it("recomputes costs when the catalogue arrives later", () => {
    const late = stateWith(
      aServer({ models: [], sessions: [aSession({ id: "a", tokens: 1_000_000 })] }),
    );
    assert.equal(ownUsage(late, ref("a")).usage.unpricedTokens, 1_000_000);
    const { state, changes } = reduce(late, [
      { type: "models.loaded", serverID, models: [aModel()] },
    ]);
    assert.equal(ownUsage(state, ref("a")).usage.estimatedUSD, 3);
    assert.deepEqual([...changes.sessions], [`a@${serverID}`]);
  });
});

describe("reduce: trees", () => {
  it("equal a naive sum after thousands of random changes", () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return (seed >>> 8) % below;
    };
    let state = stateWith(aServer({ sessions: [] }));
    const ids = Array.from({ length: 60 }, (_, index) => `s${String(index).padStart(2, "0")}`);
    for (let round = 0; round < 3_000; round++) {
      const id = ids[random(ids.length)] ?? "";
      const action = random(10);
      if (action < 6) {
        const at = ids.indexOf(id);
        // Parents come earlier in the list, so there are no cycles.
        const parentID = at === 0 || random(3) === 0 ? undefined : ids[random(at)];
        const session = aSession({
          id,
          parentID,
          costUSD: random(1000) / 997,
          tokens: random(5000),
          createdMs: at,
        });
        state = after(state, { type: "session.upserted", serverID, session, origin: "event" });
      } else if (action < 8) {
        state = after(state, { type: "session.removed", serverID, sessionID: id });
      } else {
        const activity =
          action === 8 ? ({ kind: "idle" } as const) : ({ kind: "working", sinceMs: 1 } as const);
        state = after(state, { type: "activity.changed", serverID, sessionID: id, activity });
      }
    }
    const sessions = [...(state.servers.get(serverID)?.sessions.values() ?? [])];
    assert.ok(sessions.length > 20);
    const sum = (id: string): { usd: number; tokens: number; count: number; working: number } => {
      const own = ownUsage(state, ref(id)).usage;
      const working = getLive(state, ref(id)).activity.kind === "idle" ? 0 : 1;
      const total = { usd: totalUSD(own), tokens: totalTokens(own.tokens), count: 1, working };
      for (const child of sessions.filter((session) => session.parentID === id)) {
        const part = sum(child.id);
        total.usd += part.usd;
        total.tokens += part.tokens;
        total.count += part.count;
        total.working += part.working;
      }
      return total;
    };
    for (const { id } of sessions) {
      const tree = treeUsage(state, ref(id));
      const expected = sum(id);
      assert.ok(Math.abs(totalUSD(tree.usage) - expected.usd) < 1e-9);
      assert.equal(totalTokens(tree.usage.tokens), expected.tokens);
      assert.equal(tree.descendants, expected.count - 1);
      assert.equal(tree.working, expected.working);
    }
  });

  it("report a change for every ancestor, and for no other session", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "root" }),
          aSession({ id: "child", parentID: "root" }),
          aSession({ id: "grandchild", parentID: "child" }),
          aSession({ id: "other" }),
        ],
      }),
    );
    const { state: next, changes } = reduce(state, [
      { type: "request.opened", serverID, request: aPermission("grandchild") },
    ]);
    assert.deepEqual([...changes.sessions].sort(), [
      `child@${serverID}`,
      `grandchild@${serverID}`,
      `root@${serverID}`,
    ]);
    assert.equal(changes.structure, false);
    assert.equal(treeUsage(next, ref("root")).requests, 1);
    assert.equal(sessionState(next, ref("grandchild")).kind, "waiting_permission");
    assert.equal(sessionState(next, ref("root")).kind, "idle");
  });

  it("terminate on a cycle in bad data", () => {
    const state = stateWith(
      aServer({
        sessions: [
          aSession({ id: "a", parentID: "b", costUSD: 1 }),
          aSession({ id: "b", parentID: "a", costUSD: 2 }),
        ],
      }),
    );
    assert.ok(totalUSD(treeUsage(state, ref("a")).usage) <= 3);
  });
});

describe("reduce: snapshots and order", () => {
  const sessions = [
    aSession({ id: "root", costUSD: 1, tokens: 10 }),
    aSession({ id: "child", parentID: "root", costUSD: 2, tokens: 20 }),
  ];
  const snapshot: Action = { type: "snapshot.loaded", serverID, sessions, atMs: NOW_MS };

  it("gives the same state however the events before it were repeated or reordered", () => {
    const upserts: Action[] = [3, 1, 2, 2, 1].map((costUSD) => ({
      type: "session.upserted",
      serverID,
      session: aSession({ id: "child", parentID: "root", costUSD }),
      origin: "event",
    }));
    const idle: Action = {
      type: "activities.loaded",
      serverID,
      scope: { kind: "all" },
      activities: new Map(),
      requests: [],
      except: new Set(),
      requestsExcept: new Set(),
    };
    const start = stateWith(aServer({ sessions }));
    const forwards = after(start, ...upserts, snapshot, idle);
    const backwards = after(start, ...upserts.toReversed(), snapshot, snapshot, idle);
    for (const id of ["root", "child"]) {
      assert.deepEqual(seen(forwards, id), seen(backwards, id));
      assert.deepEqual(seen(forwards, id), seen(start, id));
    }
  });

  it("keeps the object of an unchanged session, and forgets a missing session", () => {
    const start = stateWith(aServer({ sessions }));
    const again = reduce(start, [
      { ...snapshot, sessions: [aSession({ id: "root", costUSD: 1, tokens: 10 })] },
    ]);
    assert.equal(getSession(again.state, ref("root")), getSession(start, ref("root")));
    assert.equal(getSession(again.state, ref("child")), undefined);
    assert.equal(again.changes.structure, true);
    assert.equal(treeUsage(again.state, ref("root")).descendants, 0);
    const same = reduce(start, [snapshot]);
    assert.equal(same.changes.structure, false);
    assert.equal(same.changes.sessions.size, 0);
  });

  it("ignores the activity in a response the stream has overtaken", () => {
    const start = after(stateWith(aServer({ sessions })), {
      type: "activity.changed",
      serverID,
      sessionID: "root",
      activity: { kind: "working", sinceMs: 5 },
    });
    const answer = (except: readonly string[], directory = "/code/app"): Action => ({
      type: "activities.loaded",
      serverID,
      scope: { kind: "directory", directory },
      activities: new Map(),
      requests: [],
      except: new Set(except),
      requestsExcept: new Set(),
    });
    assert.equal(sessionState(after(start, answer(["root"])), ref("root")).kind, "working");
    assert.equal(sessionState(after(start, answer([])), ref("root")).kind, "idle");
    assert.equal(
      sessionState(after(start, answer([], "/code/other")), ref("root")).kind,
      "working",
    );
  });

  it("ignores unknown servers and sessions", () => {
    const start = stateWith(aServer({ sessions }));
    const { state, changes } = reduce(start, [
      { type: "session.removed", serverID: "nobody", sessionID: "root" },
      { type: "text.streamed", serverID, sessionID: "nobody", characters: 4 },
      { type: "message.removed", serverID, sessionID: "root", messageID: "m" },
    ]);
    assert.equal(changes.sessions.size, 0);
    assert.equal(state.servers.get(serverID)?.live.has("nobody"), false);
    assert.equal(reduce(INITIAL_STATE, []).state, INITIAL_STATE);
  });
});

describe("reduce: what a session is doing", () => {
  const start = stateWith(aServer({ sessions: [aSession({ id: "a" })] }));
  const does = (activity: "idle" | "working", sinceMs = 1): Action => ({
    type: "activity.changed",
    serverID,
    sessionID: "a",
    activity: activity === "idle" ? { kind: "idle" } : { kind: "working", sinceMs },
  });

  it("counts from when work began, across repeated «busy» events and retries", () => {
    const state = after(start, does("working", 10), does("working", 20), {
      type: "activity.changed",
      serverID,
      sessionID: "a",
      activity: { kind: "retry", sinceMs: 30, attempt: 2, message: "overloaded", nextMs: 99 },
    });
    const now = sessionState(state, ref("a"));
    assert.ok(now.kind === "retry" && now.sinceMs === 10 && now.attempt === 2);
    assert.equal(sessionState(after(state, does("working", 40)), ref("a")).kind, "working");
  });

  it("shows the last turn's error until a new turn begins", () => {
    const failed = after(
      start,
      does("working"),
      { type: "session.failed", serverID, sessionID: "a", message: "no credit", atMs: 3 },
      does("idle"),
    );
    assert.deepEqual(sessionState(failed, ref("a")), {
      kind: "error",
      sinceMs: 3,
      message: "no credit",
    });
    const again = after(failed, does("working"), does("idle"));
    assert.equal(sessionState(again, ref("a")).kind, "idle");
  });

  it("ends tools, streaming and compaction with the turn", () => {
    const busy = after(
      start,
      does("working"),
      { type: "compaction.started", serverID, sessionID: "a", isAuto: true, atMs: 9 },
      {
        type: "tool.running",
        serverID,
        sessionID: "a",
        tool: { callID: "c", tool: "bash", title: "x", startedMs: 1, childSessionID: undefined },
      },
      { type: "text.streamed", serverID, sessionID: "a", characters: 40 },
    );
    assert.equal(sessionState(busy, ref("a")).kind, "compacting");
    const live = getLive(after(busy, does("idle")), ref("a"));
    assert.deepEqual([live.tools, live.compaction, live.streamedCharacters], [[], undefined, 0]);
  });

  it("gives the context percentage only if the model has a context window", () => {
    const known = (modelKey: string): Action => ({
      type: "context.known",
      serverID,
      sessionID: "a",
      context: { contextTokens: 50_000, modelKey, messageID: "m", isEstimate: false },
    });
    assert.equal(contextUse(after(start, known("acme/sonnet")), ref("a"))?.percent, 25);
    assert.equal(contextUse(after(start, known("acme/gone")), ref("a"))?.percent, undefined);
    assert.equal(contextUse(start, ref("a")), undefined);
  });

  it("is unavailable, but keeps its figures, while the server is lost", () => {
    const lost = after(start, does("working"), {
      type: "connection.changed",
      serverID,
      connection: {
        kind: "lost",
        sinceMs: minutesAgo(2),
        reason: "unreachable",
        message: "refused",
        nextRetryMs: undefined,
      },
    });
    assert.deepEqual(sessionState(lost, ref("a")), {
      kind: "unavailable",
      sinceMs: minutesAgo(2),
    });
    assert.ok(getSession(lost, ref("a")) !== undefined);
  });
});
