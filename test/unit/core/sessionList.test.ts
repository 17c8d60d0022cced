import assert from "node:assert/strict";
import { sessionList } from "../../../src/core/state/sessionList.ts";
import { aServer, aSession, minutesAgo, stateWith } from "../../support/seed/builders.ts";

const A = "http://127.0.0.1:4096";
const TWIN = "http://127.0.0.1:4097";

describe("the list of sessions", () => {
  it("contains a session once, with its children, if two servers share a database", () => {
    const shared = [
      aSession({ id: "root", updatedMs: minutesAgo(1) }),
      aSession({ id: "child", parentID: "root", updatedMs: minutesAgo(2) }),
    ];
    const own = aSession({ id: "own", updatedMs: minutesAgo(3) });
    const state = stateWith(
      aServer({ id: A, name: "a", sessions: shared }),
      aServer({ id: TWIN, name: "twin", sessions: [...shared, own] }),
    );
    const options = { limit: 2, includesChildren: true, includesArchived: false };
    const { sessions, more } = sessionList(state, options);
    assert.deepEqual(
      sessions.map(({ sessionID }) => sessionID),
      ["root", "child"],
    );
    assert.equal(sessions[0]?.serverID, sessions[1]?.serverID);
    assert.equal(more, 1);
  });
});
