import assert from "node:assert/strict";

import * as vscode from "vscode";

import { COMMAND_IDS } from "../../src/platform/ids.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { configure, testingHandle, untilServer } from "../support/vscode/hostWorld.ts";
import { quiet } from "../support/patience.mjs";

// Must be the last file: afterwards the extension is gone.
describe("the end of a window", () => {
  let server: OpenCodeServer;

  before(async function () {
    server = await startOpenCode();
  });

  after(async () => {
    await configure("servers", undefined);
    await configure("localDiscovery.enabled", undefined);
    await server.stop();
  });

  it("removes the commands, releases the server, and can happen twice", async () => {
    const handle = await testingHandle();
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
    let changes = 0;
    handle.store.onDidChange(() => {
      changes++;
    });
    await handle.deactivate();
    await handle.deactivate();

    const commands = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      COMMAND_IDS.filter((id) => commands.has(id)),
      [],
    );
    const before = changes;
    await server.client.createSession({ title: "Nobody looks" });
    await configure("servers", []);
    await quiet(500);
    assert.equal(changes, before);
  });
});
