import assert from "node:assert/strict";
import { ok } from "../../../src/core/result.ts";
import type { Message } from "../../../src/core/state/message.ts";
import { Store } from "../../../src/core/state/store.ts";
import type { ConnectionContext } from "../../../src/server/connectionContext.ts";
import type { Gateway, TodoItem } from "../../../src/server/gateway.ts";
import { SessionReader } from "../../../src/server/sessionReader.ts";
import { contextWith, endLife } from "../../support/opencode/life.ts";
import { aServer, aSession, minutesAgo, someTokens } from "../../support/seed/builders.ts";
import { aCountedAnswer } from "../../support/seed/ledger.ts";
import { until } from "../../support/until.ts";

const serverID = "http://127.0.0.1:4096";

describe("rereading single sessions", () => {
  let store: Store;
  let context: ConnectionContext;
  let reader: SessionReader;
  let todos: readonly TodoItem[];
  let asked: number;
  let pages: number;
  let messages: readonly Message[];

  beforeEach(() => {
    store = new Store(0);
    asked = 0;
    todos = [];
    messages = [];
    pages = 0;
    const gateway: Pick<Gateway, "listMessages" | "todos"> = {
      listMessages: () => {
        pages++;
        return Promise.resolve(ok({ messages, olderCursor: undefined }));
      },
      todos: () => {
        asked++;
        return Promise.resolve(ok(todos));
      },
    };
    context = contextWith(store, serverID, gateway);
    reader = new SessionReader(context, () => undefined);
  });
  afterEach(() => {
    endLife(context);
    store.dispose();
  });

  /** The session changed at the given time, and its context is requested. */
  const learn = async (updatedMs: number): Promise<unknown> => {
    const sessions = [aSession({ id: "a", updatedMs })];
    for (const action of aServer({ sessions, capabilities: ["todo"] }).actions) {
      store.dispatch(action);
    }
    store.flush();
    reader.learnContext(["a"]);
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    store.flush();
    return store.state.servers.get(serverID)?.live.get("a")?.todo;
  };

  it("requests a session's to-dos once, even if it has none", async () => {
    todos = [];
    assert.deepEqual(await learn(minutesAgo(3)), { done: 0, total: 0 });
    await learn(minutesAgo(2));
    await learn(minutesAgo(1));
    assert.equal(asked, 1);
  });

  it("keeps the context of a step whose message has no figures yet, but not of a removed one", async () => {
    const known = {
      contextTokens: 28_000,
      modelKey: "acme/sonnet",
      messageID: "msg_2",
      isEstimate: false,
    };
    const first = aCountedAnswer("msg_1", { tokens: someTokens({ input: 8_000, output: 10 }) });
    const contextNow = async (): Promise<number | undefined> => {
      await learn(minutesAgo(2));
      store.dispatch({ type: "context.known", serverID, sessionID: "a", context: known });
      store.flush();
      const before = pages;
      reader.contextChanged("a");
      await until("its messages are read", () => pages > before);
      store.flush();
      return store.state.servers.get(serverID)?.live.get("a")?.context?.contextTokens;
    };
    messages = [first, aCountedAnswer("msg_2", { tokens: someTokens({}) })];
    assert.equal(await contextNow(), 28_000);
    messages = [first];
    assert.equal(await contextNow(), 8_010);
  });

  it("does not count cancelled to-dos, like the to-do document", async () => {
    const statuses = ["completed", "cancelled", "pending", "in_progress"];
    todos = statuses.map((status) => ({ content: "x", status }));
    assert.deepEqual(await learn(minutesAgo(1)), { done: 1, total: 3 });
  });
});
