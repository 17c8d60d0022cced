import assert from "node:assert/strict";

import type { TestingHandle } from "../../src/extension.ts";
import { totalTokens } from "../../src/core/usage/usage.ts";
import { usageOf } from "../../src/core/ledger/usageBy.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  configure,
  keyOf,
  scriptedUser,
  run,
  testingHandle,
  until,
  untilServer,
} from "../support/vscode/hostWorld.ts";

/** What has to work in every supported VS Code: this file also runs in the oldest one. */
describe("The essentials, on a real server", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;
  let sessionID: string;

  before(async function () {
    handle = await testingHandle();
    server = await startOpenCode();
    ({ id: sessionID } = await server.client.createSession({ title: "Essential" }));
    await server.client.prompt(sessionID, "Essential\nDO say 100");
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
  });

  after(async () => {
    await configure("servers", undefined);
    await server.stop();
  });

  it("show a session of the server in the tree", async () => {
    const key = keyOf({ serverID: server.url, sessionID });
    const rows = async (element?: string): Promise<string[]> => {
      const children = await handle.tree.getChildren(element);
      const below = await Promise.all(children.map((child) => rows(child)));
      return [...children, ...below.flat()];
    };
    await until("the tree has the session's row", async () =>
      (await rows()).find((row) => row === key),
    );
    assert.match(JSON.stringify(handle.tree.getTreeItem(key).label), /Essential/);
  });

  it("rename a session by a command", async () => {
    const someone = scriptedUser({ inputs: ["Renamed"] });
    await run("opencodeSessions.renameSession", keyOf({ serverID: server.url, sessionID }));
    someone.restoreDialogs();
    const { title } = await server.client.session(sessionID);
    assert.equal(title, "Renamed");
  });

  it("open the usage database, which holds what the session used", async () => {
    await handle.usage.open();
    assert.equal(handle.usage.failure, undefined);
    const tokens = await until("the session is in the ledger", () => {
      const snapshot = handle.usage.current();
      if (snapshot === undefined) return undefined;
      const query = { sessionIDs: new Set([sessionID]) };
      const { spent } = usageOf(snapshot.table, query, snapshot.prices);
      return totalTokens(spent.tokens) > 0 ? spent.tokens : undefined;
    });
    const session = await server.client.session(sessionID);
    assert.equal(tokens.input, session.tokens?.input);
  });
});
