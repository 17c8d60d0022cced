import assert from "node:assert/strict";
import type { Action } from "../../../src/core/state/actions.ts";
import type { Message } from "../../../src/core/state/message.ts";
import { reduce } from "../../../src/core/state/reducer.ts";
import type { State } from "../../../src/core/state/state.ts";
import { aServer, aSession, after, stateWith } from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const key = `a@${serverID}` as const;

function aMessage(id: string, createdMs: number, overrides: Partial<Message> = {}): Message {
  return {
    id,
    role: "assistant",
    createdMs,
    completedMs: createdMs + 1,
    agent: "build",
    model: undefined,
    costUSD: 0.01,
    tokens: undefined,
    isSummary: false,
    error: undefined,
    parts: [],
    diffs: [],
    ...overrides,
  };
}

function loaded(messages: readonly Message[], isComplete = false): Action {
  return {
    type: "messages.loaded",
    serverID,
    sessionID: "a",
    messages,
    isComplete,
    error: undefined,
  };
}

function ids(state: State): readonly string[] | undefined {
  return state.messages.get(key)?.messages.map((message) => message.id);
}

describe("messages of a watched session", () => {
  const start = stateWith(aServer({ sessions: [aSession({ id: "a" })] }));

  it("merge pages in chronological order, whatever order they arrive in", () => {
    const state = after(
      start,
      loaded([aMessage("m3", 30), aMessage("m4", 40)]),
      loaded([aMessage("m1", 10), aMessage("m2", 20)], true),
    );
    assert.deepEqual(ids(state), ["m1", "m2", "m3", "m4"]);
    assert.equal(state.messages.get(key)?.isComplete, true);
  });

  it("drop messages that a new page lacks within its span", () => {
    const state = after(
      start,
      loaded([aMessage("m1", 10), aMessage("m2", 20), aMessage("m3", 30)], true),
      loaded([aMessage("m1", 10), aMessage("m3", 30)]),
    );
    assert.deepEqual(ids(state), ["m1", "m3"]);
  });

  it("keep a message that an event completed over a page read earlier", () => {
    const half = aMessage("m1", 10, { completedMs: undefined });
    const state = after(start, loaded([aMessage("m1", 10)]), loaded([half]));
    assert.equal(state.messages.get(key)?.messages[0]?.completedMs, 11);
  });

  it("take in facts, parts and streamed text as they arrive", () => {
    const text = { kind: "text", id: "p", text: "Hel", isSynthetic: false } as const;
    const message = { sessionID: "a", serverID, messageID: "m1" } as const;
    const state = after(
      start,
      loaded([], true),
      {
        type: "message.upserted",
        serverID,
        sessionID: "a",
        message: aMessage("m1", 10, { completedMs: undefined }),
        hasParts: false,
      },
      { type: "part.upserted", ...message, part: text },
      { type: "part.streamed", ...message, partID: "p", text: "lo" },
      {
        type: "message.upserted",
        serverID,
        sessionID: "a",
        message: aMessage("m1", 10),
        hasParts: false,
      },
    );
    const [only] = state.messages.get(key)?.messages ?? [];
    assert.equal(only?.completedMs, 11);
    assert.deepEqual(only.parts, [{ ...text, text: "Hello" }]);
  });

  it("keep streamed text when the server lists the running answer without it", () => {
    const text = { kind: "text", id: "p", text: "", isSynthetic: false } as const;
    const running = aMessage("m1", 10, { completedMs: undefined, parts: [text] });
    const message = { sessionID: "a", serverID, messageID: "m1" } as const;
    const seen = (state: State): unknown =>
      state.messages.get(key)?.messages[0]?.parts.map((part) => part.kind === "text" && part.text);

    const late = after(
      start,
      loaded([running]),
      { type: "part.streamed", ...message, partID: "p", text: "lo, " },
      loaded([running]),
      { type: "part.streamed", ...message, partID: "p", text: "world" },
    );
    assert.deepEqual(seen(late), ["…lo, world"]);
    const whole = after(late, {
      type: "part.upserted",
      ...message,
      part: { ...text, text: "Hello, world" },
    });
    assert.deepEqual(seen(whole), ["Hello, world"]);
    assert.deepEqual(seen(after(whole, loaded([running]))), ["Hello, world"]);
    const empty = aMessage("m1", 10, { parts: [text] });
    assert.deepEqual(seen(after(start, loaded([empty]))), [""]);
  });

  it("are kept only while somebody watches, and dropped with the last watch", () => {
    const message = aMessage("m1", 10);
    const unwatched = reduce(start, [
      { type: "message.upserted", serverID, sessionID: "a", message, hasParts: true },
    ]);
    assert.equal(unwatched.state.messages.size, 0);
    const dropped = reduce(after(start, loaded([message])), [
      { type: "messages.dropped", serverID, sessionID: "a" },
    ]);
    assert.equal(dropped.state.messages.size, 0);
    assert.deepEqual([...dropped.changes.messages], [key]);
  });

  it("disappear with their server", () => {
    const gone = after(start, loaded([aMessage("m1", 10)]), { type: "server.removed", serverID });
    assert.equal(gone.messages.size, 0);
  });
});
