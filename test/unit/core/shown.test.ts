import assert from "node:assert/strict";
import type { Capability } from "../../../src/core/state/capabilities.ts";
import { sessionKey, type Session } from "../../../src/core/state/session.ts";
import {
  alsoOn,
  isShown,
  shownChildren,
  shownRef,
  shownRoots,
} from "../../../src/core/state/shown.ts";
import type { State } from "../../../src/core/state/state.ts";
import { totalUSD } from "../../../src/core/usage/usage.ts";
import { usageOfTrees } from "../../support/usageOfTrees.ts";
import {
  after,
  aServer,
  aSession,
  NOW_MS,
  type ServerSpec,
  stateWith,
} from "../../support/seed/builders.ts";

const OLD = "http://127.0.0.1:4096";
const TWIN = "http://127.0.0.1:4097";
const NEW = "http://127.0.0.1:49374";

function server(
  id: string,
  sessions: readonly Session[],
  generation = "first",
  ...capabilities: readonly Capability[]
): ServerSpec {
  const spec = aServer({ id, name: id, sessions });
  const identified = {
    type: "server.identified",
    serverID: id,
    version: "0.0.0",
    generation,
    capabilities: new Set(capabilities),
  } as const;
  return { ...spec, actions: [...spec.actions, identified] };
}

function newer(sessions: readonly Session[]): ServerSpec {
  return server(NEW, sessions, "a later one", "importsSessions");
}

function roots(state: State): readonly string[] {
  return shownRoots(state)
    .map(({ serverID, sessionID }) => sessionKey(serverID, sessionID))
    .sort();
}

const ref = (serverID: string, sessionID: string) => ({ serverID, sessionID });
const root = (costUSD: number): Session => aSession({ id: "root", costUSD, tokens: costUSD * 100 });
const child = (costUSD: number): Session =>
  aSession({ id: "child", parentID: "root", costUSD, tokens: costUSD * 100 });

describe("a session on several servers", () => {
  it("is one row if they share a database, even while its figures differ", () => {
    const state = stateWith(server(OLD, [root(1)]), server(TWIN, [root(2), aSession({ id: "b" })]));
    assert.equal(roots(state).length, 2);
    assert.equal(shownRoots(state).filter(({ sessionID }) => sessionID === "root").length, 1);
  });

  it("is one row of the newer generation while both copies agree", () => {
    const state = stateWith(
      server(OLD, [root(1), child(2), aSession({ id: "only-old" })]),
      newer([root(1), child(2)]),
    );
    assert.deepEqual(roots(state), [`only-old@${OLD}`, `root@${NEW}`]);
    assert.equal(isShown(state, ref(OLD, "child")), false);
    assert.equal(isShown(state, ref(NEW, "child")), true);
    assert.deepEqual(shownRef(state, ref(OLD, "child")), ref(NEW, "child"));
    assert.deepEqual(alsoOn(state, ref(NEW, "root")), [{ serverID: OLD, hasDiverged: false }]);
    assert.deepEqual(alsoOn(state, ref(OLD, "only-old")), []);
  });

  it("is two rows, each with its own children, if the copies' figures differ", () => {
    const state = stateWith(server(OLD, [root(1), child(2)]), newer([root(1.5), child(2)]));
    assert.deepEqual(roots(state), [`root@${OLD}`, `root@${NEW}`].sort());
    for (const serverID of [OLD, NEW]) {
      assert.ok(isShown(state, ref(serverID, "root")));
      assert.ok(isShown(state, ref(serverID, "child")));
      assert.deepEqual(shownChildren(state, ref(serverID, "root")), [ref(serverID, "child")]);
      assert.deepEqual(shownRef(state, ref(serverID, "root")), ref(serverID, "root"));
    }
    assert.deepEqual(alsoOn(state, ref(NEW, "root")), [{ serverID: OLD, hasDiverged: true }]);
    assert.deepEqual(alsoOn(state, ref(OLD, "root")), [{ serverID: NEW, hasDiverged: true }]);
  });

  it("is two rows if only a child differs or exists in only one copy", () => {
    const moved = stateWith(server(OLD, [root(1), child(2)]), newer([root(1), child(3)]));
    assert.equal(roots(moved).length, 2);
    const added = stateWith(server(OLD, [root(1), child(2)]), newer([root(1)]));
    assert.equal(roots(added).length, 2);
  });

  it("is two rows while the older copy works, even before its figures change", () => {
    const idle = stateWith(server(OLD, [root(1)]), newer([root(1)]));
    assert.equal(roots(idle).length, 1);
    const working = after(idle, {
      type: "activity.changed",
      serverID: OLD,
      sessionID: "root",
      activity: { kind: "working", sinceMs: NOW_MS },
    });
    assert.equal(roots(working).length, 2);
    const stopped = after(working, {
      type: "activity.changed",
      serverID: OLD,
      sessionID: "root",
      activity: { kind: "idle" },
    });
    assert.equal(roots(stopped).length, 1);
  });

  it("yields the same list object while nothing it depends on changes", () => {
    const state = stateWith(server(OLD, [root(1), child(2)]), newer([root(1), child(2)]));
    const streamed = after(state, {
      type: "text.streamed",
      serverID: NEW,
      sessionID: "child",
      characters: 9,
    });
    assert.notEqual(state.servers, streamed.servers);
    assert.equal(shownRoots(streamed), shownRoots(state));
  });

  it("is one row while one server has not reported totals yet", () => {
    const unknown = { ...root(0), totals: undefined };
    const state = stateWith(server(OLD, [unknown]), newer([root(1)]));
    assert.deepEqual(roots(state), [`root@${NEW}`]);
  });

  it("is shown from the older generation while the newer server is lost", () => {
    const state = after(stateWith(server(OLD, [root(1)]), newer([root(1)])), {
      type: "connection.changed",
      serverID: NEW,
      connection: {
        kind: "lost",
        sinceMs: NOW_MS,
        reason: "unreachable",
        message: "",
        nextRetryMs: undefined,
      },
    });
    assert.deepEqual(roots(state), [`root@${OLD}`]);
  });

  it("is one row per generation if a newer server diverges from twins", () => {
    const state = stateWith(server(OLD, [root(1)]), server(TWIN, [root(1)]), newer([root(4)]));
    assert.equal(roots(state).length, 2);
    assert.ok(roots(state).includes(`root@${NEW}`));
  });
});

describe("usageOfTrees", () => {
  const usd = (state: State, ...refs: readonly { serverID: string; sessionID: string }[]): number =>
    totalUSD(usageOfTrees(state, refs));

  it("adds each tree once, and none that is nested in another", () => {
    const state = stateWith(
      server(OLD, [root(1), child(2), aSession({ id: "b", costUSD: 4, tokens: 1 })]),
    );
    assert.equal(usd(state, ref(OLD, "root"), ref(OLD, "b")), 7);
    assert.equal(usd(state, ref(OLD, "root"), ref(OLD, "root"), ref(OLD, "child")), 3);
    assert.equal(usd(state, ref(OLD, "child")), 2);
  });

  it("counts identical copies once, whichever server they are named by", () => {
    const state = stateWith(server(OLD, [root(1), child(2)]), newer([root(1), child(2)]));
    assert.equal(usd(state, ref(OLD, "root"), ref(NEW, "root")), 3);
  });

  it("counts shared history once if one copy has continued", () => {
    const state = stateWith(server(OLD, [root(1), child(2)]), newer([root(6), child(2)]));
    assert.equal(usd(state, ...shownRoots(state)), 8);
  });

  it("never counts a message twice if both copies have continued", () => {
    // Both began with 1; the old one has spent 2 since, the new one 5. The true total is 8.
    const state = stateWith(server(OLD, [root(3)]), newer([root(6)]));
    const sum = usd(state, ...shownRoots(state));
    assert.ok(sum >= 6 && sum <= 8);
  });

  it("adds children that only one copy has", () => {
    const other = aSession({ id: "other", parentID: "root", costUSD: 16, tokens: 1 });
    const state = stateWith(server(OLD, [root(1), child(2)]), newer([root(4), other]));
    assert.equal(usd(state, ...shownRoots(state)), 4 + 2 + 16);
  });
});
