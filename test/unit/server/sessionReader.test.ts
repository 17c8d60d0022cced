import assert from "node:assert/strict";
import { SILENT_LOG } from "../../../src/core/log.ts";
import { ok } from "../../../src/core/result.ts";
import { Store } from "../../../src/core/store.ts";
import type { Gateway, TodoItem } from "../../../src/server/gateway.ts";
import { SessionReader } from "../../../src/server/sessionReader.ts";
import { aServer, aSession, minutesAgo } from "../../support/builders.ts";

const serverID = "http://127.0.0.1:4096";

describe("reading single sessions again", () => {
  let store: Store;
  let reader: SessionReader;
  let todos: readonly TodoItem[];
  let asked: number;

  beforeEach(() => {
    store = new Store(0);
    asked = 0;
    const gateway: Pick<Gateway, "listMessages" | "todos"> = {
      listMessages: () => Promise.resolve(ok({ messages: [], olderCursor: undefined })),
      todos: () => {
        asked++;
        return Promise.resolve(ok(todos));
      },
    };
    reader = new SessionReader({
      serverID,
      gateway: () => gateway as Gateway,
      getServer: () => {
        store.flush();
        return store.state.servers.get(serverID);
      },
      dispatch: store.dispatch,
      log: SILENT_LOG,
    });
  });
  afterEach(() => {
    reader.dispose();
    store.dispose();
  });

  /** The session changed at a time, and its context is wanted. */
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

  it("asks once for the to-dos of a session, also where it has none", async () => {
    todos = [];
    assert.deepEqual(await learn(minutesAgo(3)), { done: 0, total: 0 });
    await learn(minutesAgo(2));
    await learn(minutesAgo(1));
    assert.equal(asked, 1);
  });

  it("counts no to-dos that were cancelled, as their document does", async () => {
    const statuses = ["completed", "cancelled", "pending", "in_progress"];
    todos = statuses.map((status) => ({ content: "x", status }));
    assert.deepEqual(await learn(minutesAgo(1)), { done: 1, total: 3 });
  });
});
