import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import type { TestingHandle } from "../../src/extension.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  configure,
  keyOf,
  run,
  testingHandle,
  until,
  untilServer,
} from "../support/vscode/hostWorld.ts";

const SESSIONS = 210;

describe("a long list of sessions", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;
  const ids: string[] = [];

  before(async function () {
    handle = await testingHandle();
    server = await startOpenCode();
    for (let made = 0; made < SESSIONS; made++) {
      ids.push((await server.client.createSession({ title: `Session ${made}` })).id);
    }
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
  });

  after(async () => {
    await configure("servers", undefined);
    await server.stop();
  });

  const key = (index: number): string => keyOf({ serverID: server.url, sessionID: ids[index]! });

  it("shows all its rows, and can reveal one while it is still being built", async () => {
    await until("all are there", async () =>
      (await handle.tree.getChildren()).length === SESSIONS ? true : undefined,
    );
    await run("opencodeSessions.activateSession", key(0));
    const list = handle.tree.getChildren();
    assert.ok(list instanceof Promise, "the list is not there at once");
    await run("opencodeSessions.revealActiveSession");
    await until("the row is selected", () =>
      handle.tree.selection.current === key(0) ? true : undefined,
    );
    assert.equal(new Set(await list).size, SESSIONS);
    for (const [index] of ids.entries()) {
      assert.equal(handle.tree.getTreeItem(key(index)).label, `Session ${index}`);
    }
  });

  it("is refreshed after building if a row changed in the meantime", async () => {
    const refreshed: (string[] | undefined)[] = [];
    const listening = handle.tree.onDidChangeTreeData((elements) => {
      refreshed.push(elements ?? undefined);
    });
    try {
      const enough = new AbortController();
      const making = (async () => {
        while (!enough.signal.aborted) await handle.tree.getChildren();
      })();
      await server.client.rename(ids[7]!, "Renamed");
      await until("the state knows it", () =>
        handle.store.state.servers.get(server.url)?.sessions.get(ids[7]!)?.title === "Renamed"
          ? true
          : undefined,
      );
      enough.abort();
      await making;
      await until("its row is drawn again", () =>
        refreshed.some((elements) => elements === undefined || elements.includes(key(7)))
          ? true
          : undefined,
      );
      assert.equal(handle.tree.getTreeItem(key(7)).label, "Renamed");
    } finally {
      listening.dispose();
    }
  });
});
