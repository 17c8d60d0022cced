import assert from "node:assert/strict";

import type { State } from "../../../src/core/state/state.ts";
import { promptNotice } from "../../../src/viewModels/documents/promptNotice.ts";
import {
  after,
  aPermission,
  aServer,
  aSession,
  minutesAgo,
  stateWith,
} from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "ses_1" };
const working = { ses_1: { kind: "working", sinceMs: minutesAgo(1) } } as const;

function state(options: Parameters<typeof aServer>[0] = {}): State {
  return stateWith(aServer({ sessions: [aSession({ id: "ses_1", title: "Fix" })], ...options }));
}

describe("the notice about a prompt", () => {
  it("is empty while the session is idle", () => {
    assert.deepEqual(promptNotice(state(), ref), { kind: "ready", text: "" });
  });

  it("says that it will be queued while the session works, compacts or waits for the user", () => {
    const busy = state({ activities: working });
    assert.deepEqual(promptNotice(busy, ref), {
      kind: "queued",
      text: "This session is running, so the prompt is queued",
      canSteer: false,
    });
    const canSteer = state({ activities: working, capabilities: ["steer"] });
    assert.equal(promptNotice(canSteer, ref).canSteer, true);
    const queued = after(busy, {
      type: "prompts.queued",
      serverID,
      sessionID: "ses_1",
      count: 2,
    });
    assert.match(promptNotice(queued, ref).text, /queued behind 2 prompts already queued$/);
    const asks = state({ requests: [aPermission("ses_1")] });
    assert.match(
      promptNotice(asks, ref).text,
      /is waiting for your answer, so the prompt is queued/,
    );
    const compacts = after(state(), {
      type: "compaction.started",
      serverID,
      sessionID: "ses_1",
      isAuto: false,
      atMs: minutesAgo(1),
    });
    assert.equal(
      promptNotice(compacts, ref).text,
      "This session is being compacted, so the prompt is queued until that is done",
    );
  });

  it("says why it is refused while it cannot be sent", () => {
    const lost = state({
      connection: {
        kind: "lost",
        sinceMs: minutesAgo(1),
        reason: "unreachable",
        message: "",
        nextRetryMs: undefined,
      },
    });
    assert.match(promptNotice(lost, ref).text, /server “local” is not connected/);
    const gone = { serverID, sessionID: "gone" };
    assert.match(promptNotice(state(), gone).text, /no longer exists/);
  });

  it("says that a revert becomes final", () => {
    const sessions = [aSession({ id: "ses_1", title: "Fix", revertMessageID: "m1" })];
    assert.match(
      promptNotice(state({ sessions }), ref).text,
      /^Sending deletes what the revert hides$/,
    );
  });
});
