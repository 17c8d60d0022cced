import assert from "node:assert/strict";
import Module from "node:module";

import * as vscode from "vscode";

import {
  ATTENTION_VIEW_ID,
  SESSION_VIEW_ID,
  COMMAND_IDS,
  PREFIX,
  SESSIONS_VIEW_ID,
  USAGE_VIEW_ID,
} from "../../src/platform/ids.ts";
import {
  configure,
  extension,
  scriptedUser,
  run,
  testingHandle,
  until,
} from "../support/vscode/hostWorld.ts";

describe("activation", () => {
  it("returns a versioned API that reports how long activation took", async () => {
    await testingHandle();
    const { apiVersion, activationMs } = extension().exports;
    assert.equal(apiVersion, 1);
    assert.ok(activationMs > 0);
  });

  it("registers every command in the manifest, and no others", async () => {
    await testingHandle();
    // VS Code adds its own commands for each view.
    const views = [SESSIONS_VIEW_ID, ATTENTION_VIEW_ID, SESSION_VIEW_ID, USAGE_VIEW_ID];
    const registered = (await vscode.commands.getCommands(true)).filter(
      (id) => id.startsWith(`${PREFIX}.`) && !views.some((viewID) => id.startsWith(`${viewID}.`)),
    );
    assert.deepEqual(registered.sort(), [...COMMAND_IDS].sort());
  });

  it("loads none of the code that talks to clusters", async () => {
    await testingHandle();
    // Node's own list of loaded modules, which no type describes.
    const loaded: unknown = Reflect.get(Module, "_cache");
    assert.ok(typeof loaded === "object" && loaded !== null);
    const ours = Object.keys(loaded).filter((file) => file.startsWith(extension().extensionPath));
    assert.ok(ours.some((file) => file.endsWith("extension.cjs")));
    assert.deepEqual(
      ours.filter((file) => file.endsWith("kubernetesClient.cjs")),
      [],
    );
  });

  it("opens its view, which is empty without servers", async () => {
    const { tree } = await testingHandle();
    await vscode.commands.executeCommand(`${SESSIONS_VIEW_ID}.focus`);
    assert.deepEqual(await tree.getChildren(), []);
  });

  it("reports an unusable setting, with a link to it, and uses the default", async () => {
    await testingHandle();
    const someone = scriptedUser({ buttons: [undefined, undefined] });
    await configure("followInTui", "sometimes");
    await until("the problem is told", () =>
      someone.messages.find((text) => text.includes("opencodeSessions.followInTui")),
    );
    await configure("servers", [{ url: "ftp://nowhere" }]);
    await until("the bad server is told", () =>
      someone.messages.find((text) => text.includes("“opencodeSessions.servers”: entry 1")),
    );
    await configure("followInTui", undefined);
    await configure("servers", undefined);
    someone.restoreDialogs();
  });

  it("remembers what the tree shows", async () => {
    const { tree } = await testingHandle();
    await run("opencodeSessions.showWorkspaceOnly");
    assert.equal(tree.options.scope, "workspace");
    await run("opencodeSessions.showAllProjects");
    assert.equal(tree.options.scope, "all");
    await run("opencodeSessions.showArchived");
    assert.equal(tree.options.includesArchived, true);
    await run("opencodeSessions.hideArchived");
    assert.equal(tree.options.includesArchived, false);
  });

  it("rejects a command that has nothing to work on, and says why", async () => {
    await testingHandle();
    const someone = scriptedUser();
    for (const id of [
      "opencodeSessions.compactSession",
      "opencodeSessions.switchSession",
      "opencodeSessions.copyServerURL",
      "opencodeSessions.stopManagedServer",
    ] as const) {
      const before = someone.messages.length;
      await run(id);
      assert.equal(someone.messages.length, before + 1, id);
      assert.match(someone.messages.at(-1)!, /^(There (is|are) no|No private server)/);
    }
    someone.restoreDialogs();
  });
});
