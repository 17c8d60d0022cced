import assert from "node:assert/strict";

import { activeSession } from "../../../src/viewModels/tree/activeSession.ts";
import { after, aServer, aSession, minutesAgo, stateWith } from "../../support/seed/builders.ts";

const LOCAL = "http://127.0.0.1:4096";
const OTHER = "http://127.0.0.1:5000";

function ref(sessionID: string, serverID = LOCAL): { serverID: string; sessionID: string } {
  return { serverID, sessionID };
}

const state = stateWith(
  aServer({
    id: LOCAL,
    sessions: [
      aSession({ id: "old", updatedMs: minutesAgo(60), directory: "/code/app/sub" }),
      aSession({ id: "new", updatedMs: minutesAgo(5) }),
      aSession({ id: "child", parentID: "new", updatedMs: minutesAgo(1) }),
      aSession({ id: "elsewhere", updatedMs: minutesAgo(2), directory: "/code/other" }),
      aSession({ id: "archived", updatedMs: minutesAgo(0), archivedMs: minutesAgo(0) }),
    ],
  }),
);

describe("the active session", () => {
  it("follows the newest activity in the window's folders", () => {
    assert.deepEqual(activeSession(state, undefined, ["/code/app"]).ref, ref("new"));
    assert.deepEqual(activeSession(state, undefined, []).ref, ref("elsewhere"));
    assert.equal(activeSession(state, undefined, ["/nowhere"]).ref, undefined);
  });

  it("prefers a running session, and among those the one that started last", () => {
    const working = after(
      state,
      {
        type: "activity.changed",
        ...ref("old"),
        activity: { kind: "working", sinceMs: minutesAgo(20) },
      },
      {
        type: "activity.changed",
        ...ref("new"),
        activity: { kind: "working", sinceMs: minutesAgo(30) },
      },
    );
    assert.deepEqual(activeSession(working, undefined, ["/code/app"]).ref, ref("old"));
  });

  it("prefers a running session to one that ended later", () => {
    const working = after(state, {
      type: "activity.changed",
      ...ref("old"),
      activity: { kind: "working", sinceMs: minutesAgo(20) },
    });
    assert.deepEqual(activeSession(working, undefined, ["/code/app"]).ref, ref("old"));
  });

  it("stays on the user's pick, even a child", () => {
    assert.deepEqual(activeSession(state, ref("child"), ["/code/app"]), {
      ref: ref("child"),
      picked: ref("child"),
    });
  });

  it("forgets a deleted pick and falls back", () => {
    assert.deepEqual(activeSession(state, ref("deleted"), ["/code/app"]), {
      ref: ref("new"),
      picked: undefined,
    });
  });

  it("waits for the pick's server to report its sessions", () => {
    const starting = stateWith(
      aServer({ id: LOCAL, sessions: [aSession({ id: "new" })] }),
      aServer({ id: OTHER, hasSnapshot: false }),
    );
    assert.deepEqual(activeSession(starting, ref("picked", OTHER), []), {
      ref: undefined,
      picked: ref("picked", OTHER),
    });
  });

  it("remembers a pick while its server is absent", () => {
    assert.deepEqual(activeSession(state, ref("picked", OTHER), ["/code/app"]), {
      ref: ref("new"),
      picked: ref("picked", OTHER),
    });
  });

  it("finds the pick under another server with the same database", () => {
    const sessions = [aSession({ id: "same" })];
    const twins = stateWith(aServer({ id: LOCAL, sessions }), aServer({ id: OTHER, sessions }));
    assert.deepEqual(activeSession(twins, ref("same", OTHER), []).ref, ref("same", LOCAL));
    const alone = stateWith(aServer({ id: LOCAL, sessions }));
    assert.deepEqual(activeSession(alone, ref("same", OTHER), []).ref, ref("same", LOCAL));
  });
});
