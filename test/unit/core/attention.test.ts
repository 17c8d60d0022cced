import assert from "node:assert/strict";

import type { Action, ServerAction } from "../../../src/core/state/actions.ts";
import {
  attentionItems,
  type AttentionMemory,
  dismiss,
  afterLooking,
  newMemory,
  recordFinishedTurns,
  type Presence,
} from "../../../src/core/state/attention.ts";
import { getLive } from "../../../src/core/state/lookup.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import type { State } from "../../../src/core/state/state.ts";
import { turnEnds } from "../../../src/core/state/turnEnds.ts";
import {
  aPermission,
  aServer,
  aSession,
  after,
  minutesAgo,
  NOW_MS,
  stateWith,
} from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const away: Presence = { isFocused: false, active: undefined };
const working = { kind: "working", sinceMs: minutesAgo(5) } as const;

function activity(sessionID: string, kind: "idle" | "working"): Action {
  return {
    type: "activity.changed",
    serverID,
    sessionID,
    activity: kind === "idle" ? { kind } : working,
  };
}

function failure(sessionID: string, atMs = NOW_MS): ServerAction {
  return { type: "session.failed", serverID, sessionID, message: "no credit", atMs };
}

/** State and memory after further actions, while the user was present or away. */
function then(
  [before, memory]: readonly [State, AttentionMemory],
  actions: readonly Action[],
  presence: Presence = away,
): [State, AttentionMemory] {
  const { state, changes } = reduce(before, actions);
  return [state, recordFinishedTurns(memory, before, state, changes, presence, NOW_MS)];
}

function kinds([state, memory]: readonly [State, AttentionMemory]): string[] {
  return attentionItems(state, memory).map(({ kind, sessionID }) => `${kind} ${sessionID}`);
}

/** A working root with a working child, and an idle root. */
function family(): [State, AttentionMemory] {
  const state = stateWith(
    aServer({
      sessions: [
        aSession({ id: "root" }),
        aSession({ id: "child", parentID: "root" }),
        aSession({ id: "other" }),
      ],
      activities: { root: working, child: working },
    }),
  );
  return [state, newMemory(minutesAgo(60))];
}

describe("attention", () => {
  it("lists requests of children and roots, oldest first", () => {
    const asked = then(family(), [
      {
        type: "request.opened",
        serverID,
        request: aPermission("child", { askedMs: minutesAgo(1) }),
      },
      {
        type: "request.opened",
        serverID,
        request: aPermission("root", { askedMs: minutesAgo(4) }),
      },
    ]);
    assert.deepEqual(kinds(asked), ["permission root", "permission child"]);
    const answered = then(asked, [
      { type: "request.closed", serverID, sessionID: "root", requestID: "permission-of-root" },
    ]);
    assert.deepEqual(kinds(answered), ["permission child"]);
  });

  it("lists a request before failures, however old they are", () => {
    const both = then(family(), [
      failure("other", minutesAgo(3)),
      {
        type: "request.opened",
        serverID,
        request: aPermission("child", { askedMs: minutesAgo(1) }),
      },
    ]);
    assert.deepEqual(kinds(both), ["permission child", "failed other"]);
  });

  it("lists requests, failures, then finished turns, the newest last in each", () => {
    const ids = ["a", "b", "c", "d"];
    const memory: AttentionMemory = {
      ...newMemory(0),
      finished: new Map([
        ["d", { serverID, atMs: minutesAgo(10) }],
        ["c", { serverID, atMs: minutesAgo(20) }],
      ]),
    };
    const state = stateWith(
      aServer({
        sessions: [...ids, "e", "f"].map((id) => aSession({ id })),
        activities: { e: working, f: working },
        live: () => [failure("b", minutesAgo(15)), failure("a", minutesAgo(30))],
      }),
    );
    const ended = ["failed a", "failed b", "finished c", "finished d"];
    assert.deepEqual(kinds([state, memory]), ended);
    const ask = (sessionID: string, askedMs: number) =>
      ({
        type: "request.opened",
        serverID,
        request: aPermission(sessionID, { id: `ask ${sessionID}`, askedMs }),
      }) as const;
    // A permission that blocks a session stays above all news, however new it is itself.
    const asked = then([state, memory], [ask("e", NOW_MS), ask("f", minutesAgo(1))]);
    assert.deepEqual(kinds(asked), ["permission f", "permission e", ...ended]);
    const failed = then(asked, [failure("d", NOW_MS)]);
    assert.deepEqual(kinds(failed), [
      "permission f",
      "permission e",
      "failed a",
      "failed b",
      "failed d",
      "finished c",
    ]);
  });

  it("leaves out the requests of a lost server", () => {
    const asked = then(family(), [
      { type: "request.opened", serverID, request: aPermission("root") },
      {
        type: "connection.changed",
        serverID,
        connection: {
          kind: "lost",
          sinceMs: NOW_MS,
          reason: "unreachable",
          message: "refused",
          nextRetryMs: undefined,
        },
      },
    ]);
    assert.deepEqual(kinds(asked), []);
  });

  it("lists a request known to two servers once", () => {
    const request = aPermission("root");
    const both = ["http://127.0.0.1:1", "http://127.0.0.1:2"].map((id) =>
      aServer({
        id,
        sessions: [aSession({ id: "root" })],
        activities: { root: working },
        requests: [request],
      }),
    );
    assert.equal(attentionItems(stateWith(...both), newMemory(0)).length, 1);
  });

  it("lists a root's turn that ended while nobody was looking, but not a child's", () => {
    const ended = then(family(), [activity("child", "idle"), activity("root", "idle")]);
    assert.deepEqual(kinds(ended), ["finished root"]);
  });

  it("does not list a turn that ended in view, but lists one hidden behind another session", () => {
    const active = { serverID, sessionID: "root" };
    const seen = then(family(), [activity("root", "idle")], { isFocused: true, active });
    assert.deepEqual(kinds(seen), []);
    const elsewhere = { isFocused: true, active: { serverID, sessionID: "other" } };
    const unseen = then(family(), [activity("root", "idle")], elsewhere);
    assert.deepEqual(kinds(unseen), ["finished root"]);
    const [state, memory] = unseen;
    assert.deepEqual(kinds([state, afterLooking(memory, { isFocused: false, active })]), [
      "finished root",
    ]);
    assert.deepEqual(kinds([state, afterLooking(memory, { isFocused: true, active })]), []);
  });

  it("forgets a finished turn when the session works again, is archived or disappears", () => {
    const ended = then(family(), [activity("root", "idle")]);
    const archived = aSession({ id: "root", archivedMs: NOW_MS });
    for (const action of [
      activity("root", "working"),
      { type: "session.removed", serverID, sessionID: "root" },
      { type: "session.upserted", serverID, session: archived, origin: "event" },
    ] satisfies Action[]) {
      const [state, memory] = then(ended, [action]);
      assert.deepEqual(kinds([state, memory]), []);
      assert.equal(memory.finished.size, 0);
    }
  });

  it("does not list turns that the user stopped or that only compacted", () => {
    const stopped = then(family(), [
      { type: "turn.interrupted", serverID, sessionID: "root" },
      activity("root", "idle"),
    ]);
    assert.deepEqual(kinds(stopped), []);
    const compacting = then(family(), [
      activity("other", "working"),
      { type: "compaction.started", serverID, sessionID: "other", isAuto: false, atMs: NOW_MS },
    ]);
    const compacted = then(compacting, [
      { type: "compaction.ended", serverID, sessionID: "other", error: undefined },
      activity("other", "idle"),
    ]);
    assert.deepEqual(kinds(compacted), []);
    // The next turn counts again.
    const again = then(then(compacted, [activity("other", "working")]), [
      activity("other", "idle"),
    ]);
    assert.deepEqual(kinds(again), ["finished other"]);
  });

  it("lists failures of roots until they are dismissed or work continues, and never old ones", () => {
    const failed = then(family(), [
      failure("root"),
      failure("child"),
      activity("root", "idle"),
      activity("child", "idle"),
    ]);
    assert.deepEqual(kinds(failed), ["failed root"]);
    assert.deepEqual(kinds(then(failed, [activity("root", "working")])), []);
    const [state, memory] = failed;
    const [item] = attentionItems(state, memory);
    const dismissed: [State, AttentionMemory] = [state, dismiss(memory, item!, NOW_MS + 1)];
    assert.deepEqual(kinds(dismissed), []);
    const worse = then(then(dismissed, [activity("root", "working")]), [
      failure("root", NOW_MS + 2),
      activity("root", "idle"),
    ]);
    assert.deepEqual(kinds(worse), ["failed root"]);
    assert.deepEqual(kinds(then(family(), [failure("other", minutesAgo(61))])), []);
  });
});

describe("turnEnds", () => {
  it("reports a session stopped between two retries as interrupted", () => {
    const retry = {
      kind: "retry",
      sinceMs: NOW_MS,
      attempt: 2,
      message: "500",
      nextMs: undefined,
    } as const;
    const before = stateWith(
      aServer({ sessions: [aSession({ id: "a" })], activities: { a: retry } }),
    );
    const { state, changes } = reduce(before, [activity("a", "idle")]);
    assert.deepEqual(turnEnds(before, state, changes), [
      { serverID, sessionID: "a", outcome: "interrupted" },
    ]);
  });
});

describe("reduce: messages", () => {
  it("drops a count that a new step has made wrong", () => {
    const [state] = family();
    const counted = after(state, {
      type: "messages.counted",
      serverID,
      sessionID: "root",
      count: 0,
    });
    const begun = after(counted, {
      type: "step.started",
      createdMs: 1,
      serverID,
      sessionID: "root",
      messageID: "m",
      model: undefined,
      agent: undefined,
    });
    assert.equal(getLive(counted, { serverID, sessionID: "root" }).messageCount, 0);
    assert.equal(getLive(begun, { serverID, sessionID: "root" }).messageCount, undefined);
  });
});

describe("reduce: requests", () => {
  const [state] = family();

  it("drops an idle session's requests, because the server never settles those of a stopped turn", () => {
    const asked = after(state, { type: "request.opened", serverID, request: aPermission("root") });
    assert.equal(getLive(asked, { serverID, sessionID: "root" }).requests.length, 1);
    const stopped = after(asked, activity("root", "idle"));
    assert.equal(getLive(stopped, { serverID, sessionID: "root" }).requests.length, 0);
  });

  it("keeps a request's original time even if it is found again later", () => {
    const asked = after(state, {
      type: "request.opened",
      serverID,
      request: aPermission("root", { askedMs: minutesAgo(9) }),
    });
    const found = { ...aPermission("root"), wasPending: true } as const;
    const second = { ...aPermission("root", { id: "second" }), wasPending: true } as const;
    for (const again of [
      after(asked, { type: "request.opened", serverID, request: found }),
      after(asked, {
        type: "activities.loaded",
        serverID,
        scope: { kind: "directory", directory: "/code/app" },
        activities: new Map([["root", working]]),
        requests: [found, second],
        except: new Set(),
        requestsExcept: new Set(),
      }),
    ]) {
      const [request] = getLive(again, { serverID, sessionID: "root" }).requests;
      assert.equal(request?.askedMs, minutesAgo(9));
      assert.equal(request.wasPending, undefined);
    }
  });
});
