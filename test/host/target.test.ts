import assert from "node:assert/strict";

import * as vscode from "vscode";

import { getSession } from "../../src/core/state/lookup.ts";
import type { SessionRef } from "../../src/core/state/session.ts";
import type { TestingHandle } from "../../src/extension.ts";
import { SESSION_SCHEME } from "../../src/platform/ids.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  configure,
  keyOf,
  scriptedUser,
  run,
  testingHandle,
  until,
  untilServer,
  untilState,
} from "../support/vscode/hostWorld.ts";

describe("the session a command is about", function () {
  let handle: TestingHandle;
  let server: OpenCodeServer;
  let first: SessionRef;
  let second: SessionRef;

  before(async () => {
    handle = await testingHandle();
    server = await startOpenCode();
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
    first = await newSession("Fix audit log");
    second = await newSession("Rename a field");
  });

  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await configure("servers", undefined);
    await server.stop();
  });

  async function newSession(title: string): Promise<SessionRef> {
    const { id } = await server.client.createSession({ title });
    const ref = { serverID: server.url, sessionID: id };
    await untilState(handle, `${title} is there`, (state) => getSession(state, ref));
    return ref;
  }

  /** The session that “Delete Session…” asks about. Nothing is deleted. */
  async function targetTitle(...args: readonly unknown[]): Promise<string> {
    const someone = scriptedUser({ buttons: [undefined] });
    await run("opencodeSessions.deleteSession", ...args);
    someone.restoreDialogs();
    return /^Delete “(.*)”\?/.exec(someone.messages[0] ?? "")?.[1] ?? "";
  }

  async function documentOf(ref: SessionRef): Promise<vscode.Uri> {
    await run("opencodeSessions.openMarkdown", keyOf(ref));
    return await until("its Markdown is open", () => {
      const uri = vscode.window.activeTextEditor?.document.uri;
      return uri?.scheme === SESSION_SCHEME && uri.query.includes(ref.sessionID) ? uri : undefined;
    });
  }

  it("is the active one for the palette, whichever editor is open", async () => {
    await documentOf(second);
    await run("opencodeSessions.activateSession", keyOf(first));
    assert.ok(vscode.window.activeTextEditor?.document.uri.query.includes(second.sessionID));
    assert.equal(await targetTitle(), "Fix audit log");
  });

  it("is the document's for an editor's title bar", async () => {
    const document = await documentOf(second);
    await run("opencodeSessions.activateSession", keyOf(first));
    assert.equal(await targetTitle(document), "Rename a field");
  });

  it("is the row's for a row's menu", async () => {
    await run("opencodeSessions.activateSession", keyOf(first));
    assert.equal(await targetTitle(keyOf(second)), "Rename a field");
  });

  it("is the selected one while the tree is in use, until an editor gets the focus", async () => {
    await run("opencodeSessions.activateSession", keyOf(first));
    assert.equal(await handle.tree.reveal(second), true);
    await until("the row is selected", () =>
      handle.tree.selection.inUse === keyOf(second) ? true : undefined,
    );
    assert.equal(await targetTitle(), "Rename a field");
    const other = await vscode.workspace.openTextDocument({ content: "notes" });
    await vscode.window.showTextDocument(other);
    await until("the tree is no longer in use", () =>
      handle.tree.selection.inUse === undefined ? true : undefined,
    );
    assert.equal(await targetTitle(), "Fix audit log");
  });

  it("stays active once opened, despite newer activity elsewhere", async () => {
    await documentOf(second);
    assert.deepEqual(handle.activeSession.current, second);
    await newSession("Newest of all");
    await server.client.prompt(first.sessionID, "Go\nDO say 5");
    assert.deepEqual(handle.activeSession.current, second);
  });
});
