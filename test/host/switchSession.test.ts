import assert from "node:assert/strict";

import * as vscode from "vscode";

import type { TestingHandle } from "../../src/extension.ts";
import { PREFIX } from "../../src/platform/ids.ts";
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

describe("Switch Session", () => {
  let handle: TestingHandle;
  let server: OpenCodeServer;

  before(async function () {
    handle = await testingHandle();
    server = await startOpenCode();
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
    for (const title of ["Oldest", "Older", "Newest"]) {
      const { id } = await server.client.createSession({ title });
      await untilState(handle, `${title} is known`, ({ servers }) =>
        servers.get(server.url)?.sessions.get(id),
      );
    }
  });

  after(async () => {
    await configure("followInTui", undefined);
    await configure("servers", undefined);
    await server.stop();
  });

  /** Runs the command, moves down `down` times, and accepts the item. */
  async function pickBy(down: number, url = server.url): Promise<string> {
    const before = handle.activeSession.current;
    const { createQuickPick } = vscode.window;
    let isShown = false;
    let moves = 0;
    const watched: typeof createQuickPick = () => {
      const made = createQuickPick();
      const show = made.show.bind(made);
      made.show = () => {
        show();
        isShown = true;
      };
      made.onDidChangeActive(() => moves++);
      return made as never;
    };
    Object.assign(vscode.window, { createQuickPick: watched });
    void run("opencodeSessions.switchSession");
    await until("the list is shown", () => isShown || undefined);
    // The list's properties go to the window together in the next turn, and commands after them.
    await new Promise((resolve) => setTimeout(resolve));
    Object.assign(vscode.window, { createQuickPick });
    for (let times = 0; times < down; times++) {
      const movesBefore = moves;
      await vscode.commands.executeCommand("workbench.action.quickOpenSelectNext");
      await until("the next item is the active one", () =>
        moves > movesBefore ? true : undefined,
      );
    }
    await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
    return await until("another session is active", () => {
      const { current } = handle.activeSession;
      return current === undefined || current.sessionID === before?.sessionID
        ? undefined
        : handle.store.state.servers.get(url)!.sessions.get(current.sessionID)!.title;
    });
  }

  it("lists the newest first, and starts at the active session if there is one", async () => {
    assert.equal(handle.activeSession.current, undefined, "no session is of this workspace");
    await configure("followInTui", "never");
    assert.equal(await pickBy(0), "Newest");
    assert.equal(await pickBy(1), "Older");
    assert.equal(await pickBy(1), "Oldest");
  });

  it("doesn't mistake a view's title without a focused row for a lost row", async () => {
    const someone = scriptedUser();
    for (const id of ["showWorkspaceOnly", "showAllProjects", "refresh"] as const) {
      await run(`opencodeSessions.${id}`, undefined);
    }
    someone.restoreDialogs();
    assert.deepEqual(someone.messages, []);
  });

  it("asks once whether attached terminals should follow, and moves them", async function () {
    await configure("followInTui", "ask");
    const events = await server.client.events();
    const someone = scriptedUser({ buttons: ["Yes"] });
    await run("opencodeSessions.activateSession", keyOf(handle.activeSession.current!));
    assert.deepEqual(someone.messages, [], "a click in the tree asks nothing");
    await pickBy(1);
    await until("it was asked", () => (someone.messages.length > 0 ? true : undefined));
    someone.restoreDialogs();
    const { sessionID } = handle.activeSession.current!;
    await until("the server tells its terminals", () =>
      JSON.stringify(events.events).includes("tui.session.select") ? true : undefined,
    );
    assert.ok(JSON.stringify(events.events).includes(sessionID));
    events.close();
  });

  it("asks separately for each server, and remembers “Never” permanently", async () => {
    const alias = server.url.replace("127.0.0.1", "localhost");
    await configure("servers", [{ url: alias }]);
    await untilServer(handle, alias);
    const someone = scriptedUser({ buttons: ["Never"] });
    await pickBy(1, alias);
    const remembered = await until("the answer is in the settings", () => {
      const value: unknown = vscode.workspace.getConfiguration(PREFIX).get("followInTui");
      return value === "ask" ? undefined : value;
    });
    someone.restoreDialogs();
    assert.equal(remembered, "never");
  });
});
