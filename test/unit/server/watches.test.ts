import assert from "node:assert/strict";
import type { Message } from "../../../src/core/state/message.ts";
import { ok, type Result } from "../../../src/core/result.ts";
import type { MessagePage } from "../../../src/core/state/message.ts";
import { Store } from "../../../src/core/state/store.ts";
import type { Gateway } from "../../../src/server/gateway.ts";
import { contextWith } from "../../support/opencode/life.ts";
import { Watches } from "../../../src/server/watches.ts";
import { aServer, aSession } from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const key = `a@${serverID}` as const;

function aMessage(id: string, createdMs: number): Message {
  return {
    id,
    role: "user",
    createdMs,
    completedMs: undefined,
    agent: undefined,
    model: undefined,
    costUSD: undefined,
    tokens: undefined,
    isSummary: false,
    error: undefined,
    parts: [],
    diffs: [],
  };
}

/** Watches over a gateway whose pages arrive when the test says so. */
function begin() {
  const store = new Store(0);
  for (const action of aServer({ sessions: [aSession({ id: "a" })] }).actions) {
    store.dispatch(action);
  }
  const asked: ((page: Result<MessagePage>) => void)[] = [];
  const gateway: Pick<Gateway, "listMessages"> = {
    listMessages: () => new Promise((resolve) => asked.push(resolve)),
  };
  const watches = new Watches(serverID, store.dispatch, () => store.state);
  watches.begin(contextWith(store, serverID, gateway), undefined);
  const ids = (): readonly string[] | undefined => {
    store.flush();
    return store.state.messages.get(key)?.messages.map((message) => message.id);
  };
  return { store, watches, asked, ids };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("watches", () => {
  it("lose no message that arrives while the first page is loading", async () => {
    const { store, watches, asked, ids } = begin();
    const stop = watches.watch("a");
    const message = aMessage("m2", 20);
    store.dispatch({ type: "message.upserted", serverID, sessionID: "a", message, hasParts: true });
    asked[0]?.(ok({ messages: [aMessage("m1", 10)], olderCursor: undefined }));
    await settled();
    assert.deepEqual(ids(), ["m1", "m2"]);
    stop();
    assert.equal(ids(), undefined);
    store.dispose();
  });

  it("are counted, and the last one to stop releases the messages", async () => {
    const { store, watches, asked, ids } = begin();
    const first = watches.watch("a");
    const second = watches.watch("a");
    assert.equal(asked.length, 1);
    first();
    first();
    assert.equal(watches.has("a"), true);
    second();
    assert.equal(watches.has("a"), false);
    // The page of an ended watch is discarded.
    asked[0]?.(ok({ messages: [aMessage("m1", 10)], olderCursor: undefined }));
    await settled();
    assert.equal(ids(), undefined);
    store.dispose();
  });
});
