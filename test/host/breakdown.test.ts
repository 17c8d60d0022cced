import assert from "node:assert/strict";

import * as vscode from "vscode";

import type { TestingHandle } from "../../src/extension.ts";
import { SESSION_PANEL_TYPE } from "../../src/platform/ids.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  configure,
  keyOf,
  run,
  testingHandle,
  until,
  untilServer,
  untilState,
} from "../support/vscode/hostWorld.ts";

/** Labels of the open breakdowns. */
function panels(): string[] {
  return vscode.window.tabGroups.all
    .flatMap(({ tabs }) => tabs)
    .filter(
      ({ input }) =>
        input instanceof vscode.TabInputWebview && input.viewType.endsWith(SESSION_PANEL_TYPE),
    )
    .map(({ label }) => label);
}

describe("the token breakdown", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;

  before(async function () {
    handle = await testingHandle();
    server = await startOpenCode();
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
  });

  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await configure("servers", undefined);
    await server.stop();
  });

  it("opens once per session, loads its messages, and releases them when closed", async function () {
    const { id } = await server.client.createSession({ title: "Draw me" });
    const ref = { serverID: server.url, sessionID: id };
    await server.client.prompt(id, "Draw me\nDO say 20");
    await untilState(handle, "the session is known", ({ servers }) =>
      servers.get(server.url)?.sessions.get(id),
    );
    await run("opencodeSessions.openBreakdown", keyOf(ref));
    await run("opencodeSessions.openBreakdown", ref);
    await until("the panel is open", () => (panels().length > 0 ? true : undefined));
    assert.deepEqual(panels(), ["Draw me"]);
    const { messages } = await untilState(handle, "the messages are there", (state) => {
      const loaded = state.messages.get(`${id}@${server.url}`);
      return loaded?.isComplete === true ? loaded : undefined;
    });
    assert.equal(messages.length, (await server.client.messages(id)).length);

    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await untilState(handle, "the messages are let go", (state) =>
      state.messages.has(`${id}@${server.url}`) ? undefined : true,
    );
  });
});
