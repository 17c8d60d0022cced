import assert from "node:assert/strict";

import * as vscode from "vscode";

import type { TestingHandle } from "../../src/extension.ts";
import { totalTokens } from "../../src/core/usage/usage.ts";
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

describe("connecting to servers", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;

  before(async function () {
    handle = await testingHandle();
    server = await startOpenCode();
  });

  after(async () => {
    await configure("servers", undefined);
    await server.stop();
  });

  it("connects to a configured server, and shows its sessions with their figures", async () => {
    await configure("servers", [{ url: server.url, name: "Test server" }]);
    await untilServer(handle, server.url);
    const session = await server.client.createSession({ title: "Count the lines" });
    const ref = { serverID: server.url, sessionID: session.id };
    await until("the row is there", async () =>
      (await handle.tree.getChildren()).includes(keyOf(ref)) ? true : undefined,
    );

    await server.client.prompt(session.id, "Count the lines\nDO say 40");
    const { tokens, cost } = await server.client.session(session.id);
    assert.ok(tokens !== undefined && tokens.output > 0);
    await untilState(handle, "the totals are the server's", ({ servers }) => {
      const totals = servers.get(server.url)?.sessions.get(session.id)?.totals;
      return totals !== undefined && totalTokens(totals.tokens) > 0 && totals.costUSD === cost
        ? true
        : undefined;
    });
    const item = handle.tree.getTreeItem(keyOf(ref));
    assert.equal(item.label, "Count the lines");
    assert.match(String(item.description), /\d/);
    assert.match(item.contextValue ?? "", /\bsession\b.*\bidle\b/);
  });

  it("activates a session, reveals it, and copies its id and URL", async () => {
    const [key] = await handle.tree.getChildren();
    await configure("followInTui", "never");
    await run("opencodeSessions.activateSession", key);
    assert.equal(keyOf(handle.activeSession.current!), key);
    await run("opencodeSessions.revealActiveSession");
    await until("the row is selected", () =>
      handle.tree.selection.current === key ? true : undefined,
    );
    await run("opencodeSessions.copySessionID", key);
    assert.match(await vscode.env.clipboard.readText(), /^ses_/);
    await run("opencodeSessions.copyServerURL", key);
    assert.equal(await vscode.env.clipboard.readText(), server.url);
    // VS Code calls it like this when the clicked row is redrawn at that moment.
    const someone = scriptedUser();
    await run("opencodeSessions.copySessionID", undefined);
    someone.restoreDialogs();
    assert.deepEqual(someone.messages, ["This row was just redrawn. Please try again."]);
    assert.equal(await vscode.env.clipboard.readText(), server.url);
    await configure("followInTui", undefined);
  });

  it("moves from a child to its parent", async () => {
    const parent = await server.client.createSession({ title: "Parent" });
    const child = await server.client.createSession({ title: "Child", parentID: parent.id });
    const childKey = keyOf({ serverID: server.url, sessionID: child.id });
    const parentKey = keyOf({ serverID: server.url, sessionID: parent.id });
    await untilState(handle, "the child is known", ({ servers }) =>
      servers.get(server.url)?.sessions.get(child.id),
    );
    await run("opencodeSessions.goToParent", childKey);
    await until("the parent is selected", () =>
      handle.tree.selection.current === parentKey ? true : undefined,
    );
    const someone = scriptedUser();
    await run("opencodeSessions.goToParent", parentKey);
    someone.restoreDialogs();
    assert.match(someone.messages.join(), /“Parent” has no parent/);
  });

  it("opens a session in its own terminal, only once, without exposing its password", async () => {
    const [key] = await handle.tree.getChildren();
    const before = vscode.window.terminals.length;
    await configure("opencodePath", process.execPath);
    await run("opencodeSessions.openInTerminal", key);
    await run("opencodeSessions.openInTerminal", key);
    assert.equal(vscode.window.terminals.length, before + 1);
    const terminal = vscode.window.terminals.at(-1)!;
    const options = terminal.creationOptions as vscode.TerminalOptions;
    assert.equal(options.shellPath, process.execPath);
    assert.deepEqual((options.shellArgs as string[]).slice(0, 2), ["attach", server.url]);
    assert.equal(options.isTransient, true);
    terminal.dispose();
    await configure("opencodePath", undefined);
  });

  it("keeps the rows of a lost server, and reconnects", async function () {
    const rows = await handle.tree.getChildren();
    assert.ok(rows.length > 0);
    await server.kill("SIGKILL");
    await untilServer(handle, server.url, "lost");
    assert.deepEqual(await handle.tree.getChildren(), rows);
    await server.restart();
    await run("opencodeSessions.reconnectServer");
    await untilServer(handle, server.url, "connected");
  });

  it("drops a server that is removed from the setting", async () => {
    await configure("servers", []);
    await untilState(handle, "the server is gone", ({ servers }) =>
      servers.size === 0 ? true : undefined,
    );
    assert.deepEqual(await handle.tree.getChildren(), []);
  });
});
