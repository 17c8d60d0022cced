import assert from "node:assert/strict";

import type { Action } from "../../../src/core/actions.ts";
import { reduce } from "../../../src/core/reducer.ts";
import type { State } from "../../../src/core/state.ts";
import { concernsPrompt, promptNotice } from "../../../src/viewModels/promptNotice.ts";
import {
  after,
  aPermission,
  aServer,
  aSession,
  minutesAgo,
  stateWith,
} from "../../support/builders.ts";

const serverID = "http://127.0.0.1:4096";
const target = { kind: "session", ref: { serverID, sessionID: "ses_1" } } as const;
const working = { ses_1: { kind: "working", sinceMs: minutesAgo(1) } } as const;

function state(options: Parameters<typeof aServer>[0] = {}): State {
  return stateWith(aServer({ sessions: [aSession({ id: "ses_1", title: "Fix" })], ...options }));
}

describe("what becomes of a prompt", () => {
  it("is an answer at once when the session rests", () => {
    assert.deepEqual(promptNotice(state(), target), { kind: "ready", text: "To “Fix”" });
  });

  it("is waiting while the session is at work, compacts or waits for a person", () => {
    const busy = state({ activities: working });
    assert.deepEqual(promptNotice(busy, target), {
      kind: "queued",
      text: "“Fix” is at work: the prompt is queued",
    });
    const queued = after(busy, {
      type: "prompts.queued",
      serverID,
      sessionID: "ses_1",
      count: 2,
    });
    assert.match(promptNotice(queued, target).text, /queued behind 2 prompts that wait already$/);
    const asks = state({ requests: [aPermission("ses_1")] });
    assert.match(promptNotice(asks, target).text, /waits for your answer: the prompt is queued/);
    const compacts = after(state(), {
      type: "compaction.started",
      serverID,
      sessionID: "ses_1",
      isAuto: false,
      atMs: minutesAgo(1),
    });
    assert.equal(
      promptNotice(compacts, target).text,
      "“Fix” is being compacted: the prompt is queued until that is done",
    );
  });

  it("may be another after what happened to its session or server, and after nothing else", () => {
    const other = "http://127.0.0.1:5000";
    const before = stateWith(
      aServer({ sessions: [aSession({ id: "ses_1" }), aSession({ id: "ses_2" })] }),
      aServer({ id: other, sessions: [aSession({ id: "ses_3" })] }),
    );
    const anew = { kind: "new", serverID, directory: undefined } as const;
    const concerned = (action: Action): readonly boolean[] => {
      const { changes } = reduce(before, [action]);
      return [concernsPrompt(target, changes), concernsPrompt(anew, changes)];
    };
    const works = (sessionID: string, of = serverID): Action => {
      return { type: "activity.changed", serverID: of, sessionID, activity: working.ses_1 };
    };
    const lost = (of: string): Action => {
      const connection = {
        kind: "lost",
        sinceMs: minutesAgo(1),
        reason: "unreachable",
        message: "",
        nextRetryMs: undefined,
      } as const;
      return { type: "connection.changed", serverID: of, connection };
    };
    assert.deepEqual(concerned(works("ses_1")), [true, false]);
    assert.deepEqual(concerned(works("ses_2")), [false, false]);
    assert.deepEqual(concerned(works("ses_3", other)), [false, false]);
    assert.deepEqual(concerned(lost(serverID)), [true, true]);
    assert.deepEqual(concerned(lost(other)), [false, false]);
    assert.deepEqual(concerned({ type: "server.removed", serverID }), [true, true]);
  });

  it("is refused while it cannot be sent", () => {
    const lost = state({
      connection: {
        kind: "lost",
        sinceMs: minutesAgo(1),
        reason: "unreachable",
        message: "",
        nextRetryMs: undefined,
      },
    });
    assert.match(promptNotice(lost, target).text, /server “local” is not connected/);
    const gone = { kind: "session", ref: { serverID, sessionID: "gone" } } as const;
    assert.match(promptNotice(state(), gone).text, /no longer exists/);
  });

  it("says that a revert becomes final", () => {
    const sessions = [aSession({ id: "ses_1", title: "Fix", revertMessageID: "m1" })];
    assert.match(promptNotice(state({ sessions }), target).text, /removed for good/);
  });

  it("names the place of a session that is yet to be made", () => {
    const place = { kind: "new", serverID, directory: "/code/app" } as const;
    assert.equal(promptNotice(state(), place).text, "New session in /code/app on local");
    const nowhere = { kind: "new", serverID: "nope", directory: undefined } as const;
    assert.equal(promptNotice(state(), nowhere).kind, "refused");
  });
});
