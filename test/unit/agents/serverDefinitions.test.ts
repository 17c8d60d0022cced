import assert from "node:assert/strict";
import {
  onDidChangeDefinitions,
  serverDefinitions,
} from "../../../src/agents/serverDefinitions.ts";
import { Store } from "../../../src/core/state/store.ts";
import { aModel, aServer, aSession, minutesAgo } from "../../support/seed/builders.ts";

const PROGRAM = "/extension/program.cjs";
const HERE = "http://127.0.0.1:4096";

describe("the MCP servers offered to VS Code", () => {
  let store: Store;
  let changes: number;
  let stop: () => void;

  beforeEach(() => {
    store = new Store();
    changes = 0;
    stop = onDidChangeDefinitions({ store }, PROGRAM, () => changes++);
  });
  afterEach(() => {
    stop();
    store.dispose();
  });

  const dispatchAll = (actions: readonly Parameters<Store["dispatch"]>[0][]): void => {
    for (const action of actions) {
      store.dispatch(action);
      store.flush();
    }
  };

  it("include one for each connected server that can safely be sent a password", () => {
    for (const id of [HERE, "http://192.0.2.1:4096", "https://box.example"]) {
      dispatchAll(aServer({ id, name: id }).actions);
    }
    assert.deepEqual(
      serverDefinitions({ store }, PROGRAM).map(({ serverID, args }) => [serverID, ...args]),
      [
        [HERE, PROGRAM, "mcp"],
        ["https://box.example", PROGRAM, "mcp"],
      ],
    );
  });

  it("fire a change event only when they have changed", () => {
    dispatchAll(aServer({ id: HERE }).actions);
    assert.equal(changes, 1);
    dispatchAll([
      { type: "models.loaded", serverID: HERE, models: [aModel({ name: "Other" })] },
      { type: "projects.loaded", serverID: HERE, projects: [] },
      { type: "hostname.known", serverID: HERE, hostname: "box" },
      { type: "session.upserted", serverID: HERE, session: aSession({ id: "s" }), origin: "event" },
    ]);
    assert.equal(changes, 1);
    const lost = { kind: "lost", sinceMs: minutesAgo(1), reason: "unreachable" } as const;
    dispatchAll([
      {
        type: "connection.changed",
        serverID: HERE,
        connection: { ...lost, message: "gone", nextRetryMs: undefined },
      },
    ]);
    assert.equal(changes, 2);
    dispatchAll([{ type: "server.removed", serverID: HERE }]);
    assert.equal(changes, 2);
    assert.deepEqual(serverDefinitions({ store }, PROGRAM), []);
  });
});
