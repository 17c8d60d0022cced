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
  person,
  run,
  testingHandle,
  until,
} from "../support/vscode/hostWorld.ts";

describe("activation", () => {
  it("gives a versioned interface, which says how long it took", async () => {
    await testingHandle();
    const { apiVersion, activationMs } = extension().exports;
    assert.equal(apiVersion, 1);
    assert.ok(activationMs > 0);
  });

  it("registers every command of the manifest, and none besides", async () => {
    await testingHandle();
    // VS Code adds commands of its own for each view.
    const views = [SESSIONS_VIEW_ID, ATTENTION_VIEW_ID, SESSION_VIEW_ID, USAGE_VIEW_ID];
    const registered = (await vscode.commands.getCommands(true)).filter(
      (id) => id.startsWith(`${PREFIX}.`) && !views.some((viewID) => id.startsWith(`${viewID}.`)),
    );
    assert.deepEqual(registered.sort(), [...COMMAND_IDS].sort());
  });

  it("has loaded nothing of what speaks to clusters", async () => {
    await testingHandle();
    // Node's own list of what it has loaded; no type tells of it.
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

  it("tells a setting that cannot be used, with the way to it, and uses the default", async () => {
    await testingHandle();
    const someone = person({ buttons: [undefined, undefined] });
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
    someone.leave();
  });

  it("remembers what the tree shows, and tells its menus", async () => {
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

  it("refuses, and says why, where there is nothing to work on", async () => {
    await testingHandle();
    const someone = person();
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
    someone.leave();
  });
});
