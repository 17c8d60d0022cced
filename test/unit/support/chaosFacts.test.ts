import assert from "node:assert/strict";
import type { Action } from "../../../src/core/state/actions.ts";
import type { State } from "../../../src/core/state/state.ts";
import { assertEqualToFresh, type ComparedPool } from "../../chaos/chaos.ts";
import { endpointOf } from "../../support/opencode/pool.ts";
import { aPermission, aServer, aSession, after, stateWith } from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const truth = stateWith(
  aServer({
    id: serverID,
    sessions: [
      aSession({ id: "a", costUSD: 1, tokens: 100 }),
      aSession({ id: "b", parentID: "a", costUSD: 2, tokens: 200 }),
    ],
    activities: { a: { kind: "working", sinceMs: 1 } },
    requests: [aPermission("b", { id: "per_1" })],
  }),
);

function poolWith(state: State): ComparedPool {
  return { store: { state }, log: [] };
}

async function compare(ours: State): Promise<void> {
  const endpoint = endpointOf(serverID);
  const fresh = { pool: poolWith(truth), endpoint };
  await assertEqualToFresh(poolWith(ours), endpoint, fresh, 50);
}

describe("the fault suite's comparison", () => {
  it("finds nothing if nothing differs", async () => {
    await compare(after(truth));
  });

  const origin = "event" as const;
  const wrong: Readonly<Record<string, readonly [action: Action, finds: RegExp]>> = {
    "a lost session": [
      { type: "session.removed", serverID, sessionID: "b" },
      /sessions\/b: absent/,
    ],
    "a session too many": [
      { type: "session.upserted", serverID, session: aSession({ id: "c" }), origin },
      /sessions\/c: .* freshly read absent/,
    ],
    "another total": [
      {
        type: "session.upserted",
        serverID,
        session: aSession({ id: "a", costUSD: 1.5, tokens: 100 }),
        origin,
      },
      /sessions\/a\/own\/usage\/recordedUSD: 1.5, and freshly read 1/,
    ],
    "another state": [
      { type: "activity.changed", serverID, sessionID: "a", activity: { kind: "idle" } },
      /sessions\/a\/activity: "idle"/,
    ],
    "a lost request": [
      { type: "request.closed", serverID, sessionID: "b", requestID: "per_1" },
      /sessions\/b\/requests: \[\]/,
    ],
    "a lost child": [
      {
        type: "session.upserted",
        serverID,
        session: aSession({ id: "b", costUSD: 2, tokens: 200 }),
        origin,
      },
      /sessions\/a\/children: \[\]/,
    ],
  };
  for (const [what, [action, finds]] of Object.entries(wrong)) {
    it(`finds ${what}`, async () => {
      await assert.rejects(compare(after(truth, action)), finds);
    });
  }
});
