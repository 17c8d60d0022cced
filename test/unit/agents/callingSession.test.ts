import assert from "node:assert/strict";

import { type CallReading, CallingSession } from "../../../src/agents/callingSession.ts";
import type { MessagePart, ToolPart } from "../../../src/core/state/message.ts";
import { ok } from "../../../src/core/result.ts";
import { aSession } from "../../support/seed/builders.ts";
import { anAnswer, aTool } from "../../support/seed/messages.ts";
import { shiftClock } from "../../support/shiftClock.ts";

const TOOL = "opencode-sessions_session_status";

interface Call {
  readonly sessionID: string;
  readonly callID: string;
  readonly tool?: string;
  readonly status?: ToolPart["status"];
  readonly input?: unknown;
}

/** A server whose sessions have calls; `calls` is evaluated on every read. */
function serverWith(calls: () => readonly Call[]): CallReading {
  const partsOf = (wanted: string): MessagePart[] =>
    calls()
      .filter(({ sessionID }) => sessionID === wanted)
      .map(({ callID, tool = TOOL, status = "running", input = {} }) =>
        aTool(callID, { callID, tool, status, input }),
      );
  return {
    sessions: [],
    readActivities: () => Promise.resolve(new Set(calls().map(({ sessionID }) => sessionID))),
    gateway: {
      listMessages: (wanted) => {
        const messages = [anAnswer("msg_1", partsOf(wanted))];
        return Promise.resolve(ok({ messages, olderCursor: undefined }));
      },
    },
  };
}

function search(now?: () => number): CallingSession {
  return new CallingSession({ directory: "/app", isOurs: (tool) => tool === TOOL, now });
}

async function found(searching: CallingSession, server: CallReading): Promise<unknown> {
  const caller = await searching.find(server);
  assert.ok(caller.ok);
  return caller.value;
}

describe("the calling session", () => {
  it("is the one with a running call of our tool that names no session", async () => {
    const server = serverWith(() => [
      { sessionID: "ses_done", callID: "1", status: "completed" },
      { sessionID: "ses_other", callID: "2", tool: "bash" },
      { sessionID: "ses_custom", callID: "3", tool: "session_status" },
      { sessionID: "ses_named", callID: "4", input: { sessionID: "ses_x" } },
      { sessionID: "ses_me", callID: "5" },
    ]);
    assert.deepEqual(await found(search(), server), { kind: "found", sessionID: "ses_me" });
  });

  it("is awaited until the server has stored its call", async () => {
    let looks = 0;
    const server = serverWith(() => (++looks <= 4 ? [] : [{ sessionID: "ses_me", callID: "1" }]));
    // The search times out by this clock, which only its own checks advance.
    const searching = search(() => 50 * looks);
    assert.deepEqual(await found(searching, server), { kind: "found", sessionID: "ses_me" });
  });

  it("is awaited no longer because the clock was set back, and found however far it is off", async () => {
    let looks = 0;
    const asked: string[][] = [];
    const server: CallReading = {
      ...serverWith(() => []),
      sessions: [aSession({ id: "ses_old", directory: "/old", updatedMs: 0 })].concat(
        aSession({ id: "ses_me", directory: "/elsewhere", updatedMs: 24 * 3_600_000 }),
      ),
      readActivities: (directories) => {
        asked.push([...directories]);
        shiftClock(-3_600_000 * ++looks);
        assert.ok(looks < 20, "it ends");
        return Promise.resolve(new Set());
      },
    };
    try {
      const caller = await found(
        search(() => 300 * looks),
        server,
      );
      assert.deepEqual(caller, { kind: "unseen" });
    } finally {
      shiftClock(0);
    }
    assert.deepEqual(asked.slice(0, 2), [["/app"], ["/elsewhere"]]);
  });

  it("is unseen when nothing is running", async () => {
    assert.deepEqual(
      await found(
        search(),
        serverWith(() => []),
      ),
      { kind: "unseen" },
    );
  });

  it("is ambiguous when two sessions call at once", async () => {
    const server = serverWith(() => [
      { sessionID: "ses_a", callID: "1" },
      { sessionID: "ses_b", callID: "2" },
    ]);
    const searching = search();
    const both = await Promise.all([found(searching, server), found(searching, server)]);
    const ambiguous = { kind: "ambiguous", sessionIDs: ["ses_a", "ses_b"] };
    assert.deepEqual(both, [ambiguous, ambiguous]);
  });

  it("is not assumed to be one whose call shows up just before the caller's own", async () => {
    let looks = 0;
    const server = serverWith(() => {
      looks++;
      const calls: Call[] = [{ sessionID: "ses_b", callID: "2" }];
      return looks <= 2 ? calls : [{ sessionID: "ses_a", callID: "1" }, ...calls];
    });
    assert.deepEqual(await found(search(), server), {
      kind: "ambiguous",
      sessionIDs: ["ses_a", "ses_b"],
    });
  });

  it("is distinguished from an earlier caller that is still running", async () => {
    const calls: Call[] = [{ sessionID: "ses_a", callID: "1" }];
    const server = serverWith(() => calls);
    const searching = search();
    assert.deepEqual(await found(searching, server), { kind: "found", sessionID: "ses_a" });
    calls.push({ sessionID: "ses_b", callID: "2" });
    assert.deepEqual(await found(searching, server), { kind: "found", sessionID: "ses_b" });
  });

  it("is found even if it calls twice in one step", async () => {
    const server = serverWith(() => [
      { sessionID: "ses_a", callID: "1" },
      { sessionID: "ses_a", callID: "2" },
    ]);
    const searching = search();
    const me = { kind: "found", sessionID: "ses_a" };
    assert.deepEqual(await Promise.all([found(searching, server), found(searching, server)]), [
      me,
      me,
    ]);
  });
});
