import assert from "node:assert/strict";

import {
  continuationOf,
  relativesOf,
} from "../../../src/viewModels/documents/compactContinuation.ts";
import { after, aServer, aSession, minutesAgo, stateWith } from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "parent" };

describe("continuationOf", () => {
  const state = stateWith(
    aServer({
      id: serverID,
      sessions: [
        aSession({ id: "parent" }),
        aSession({ id: "task", parentID: "parent" }),
        aSession({ id: "other" }),
      ],
    }),
  );
  const before = relativesOf(state, ref);

  it("is undefined if a session is compacted in place", () => {
    assert.deepEqual([...before], ["task"]);
    assert.equal(continuationOf(state, ref, before), undefined);
  });

  it("is the newest child or fork created since", () => {
    const upserted = (session: ReturnType<typeof aSession>) =>
      ({ type: "session.upserted", serverID, session, origin: "event" }) as const;
    const later = after(
      state,
      upserted(aSession({ id: "unrelated", createdMs: minutesAgo(0) })),
      upserted(aSession({ id: "fork", forkOfID: "parent", createdMs: minutesAgo(2) })),
      upserted(aSession({ id: "next", parentID: "parent", createdMs: minutesAgo(1) })),
    );
    assert.deepEqual(continuationOf(later, ref, before), { serverID, sessionID: "next" });
    const done = relativesOf(later, ref);
    assert.equal(continuationOf(later, ref, done), undefined);
  });

  it("is undefined for a server that is gone", () => {
    assert.equal(continuationOf(state, { ...ref, serverID: "gone" }, before), undefined);
  });
});
