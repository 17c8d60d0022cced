import assert from "node:assert/strict";

import * as vscode from "vscode";

import { MAX_TITLE_CHARACTERS } from "../../src/core/limits.ts";
import { getSession } from "../../src/core/state/lookup.ts";
import type { PromptInput } from "../../src/core/state/prompt.ts";
import type { SessionRef } from "../../src/core/state/session.ts";
import { sessionState } from "../../src/core/state/sessionState.ts";
import type { TestingHandle } from "../../src/extension.ts";
import { SESSION_SCHEME, SESSION_TEXT_SCHEME } from "../../src/platform/ids.ts";
import { poll } from "../support/opencode/client.ts";
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

describe("acting on sessions, and the messages when that is impossible", function () {
  let handle: TestingHandle;
  let server: OpenCodeServer;

  before(async () => {
    handle = await testingHandle();
    server = await startOpenCode({ config: { snapshot: true } });
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
  });

  after(async () => {
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    await configure("servers", undefined);
    await server.stop();
  });

  async function newSession(title: string, script?: string): Promise<SessionRef> {
    const { id } = await server.client.createSession({ title });
    const ref = { serverID: server.url, sessionID: id };
    if (script !== undefined) await server.client.prompt(id, `${title}\nDO ${script}`);
    await untilState(handle, "the session is there and rests", (state) =>
      getSession(state, ref) !== undefined && sessionState(state, ref).kind === "idle"
        ? true
        : undefined,
    );
    return ref;
  }

  async function untilWorking(ref: SessionRef): Promise<void> {
    await untilState(handle, "the session works", (state) =>
      sessionState(state, ref).kind === "working" ? true : undefined,
    );
  }

  function documentsOf(scheme: string): readonly vscode.TextDocument[] {
    return vscode.workspace.textDocuments.filter(({ uri }) => uri.scheme === scheme);
  }

  it("opens the todo list, and both sides of a changed file", async () => {
    // Runs first, with a new file name each time: a stopped session may leave a lock on the server's snapshots,
    // and rewriting a file with the same content is not a change.
    const file = `side-${String(Date.now())}.txt`;
    const ref = await newSession("lists", `todo 1/3 a, b, c ;; write ${file} 2 ;; say 5`);
    await run("opencodeSessions.openTodo", keyOf(ref));
    await until("the list", () =>
      documentsOf(SESSION_TEXT_SCHEME).find((document) =>
        document.getText().includes("1 of 3 done"),
      ),
    );
    await run("opencodeSessions.openFileDiffs", { ...ref, files: [file] });
    const sides = await until("both sides", () => {
      const open = documentsOf(SESSION_TEXT_SCHEME).filter(
        ({ uri }) => uri.path.endsWith(file) && uri.query.includes(ref.sessionID),
      );
      // The server reports a turn's files a moment after its end.
      return open.length === 2 && open.some((side) => side.getText().includes("line 2."))
        ? open
        : undefined;
    });
    assert.deepEqual(sides.map((side) => side.getText()).sort(), [
      "",
      `// ${file}, line 1.\n// ${file}, line 2.\n`,
    ]);
  });

  it("refuses an empty title, accepts one of 10,000 characters, and ignores an unchanged one", async () => {
    const ref = await newSession("name me");
    const long = "x".repeat(10_000);
    const someone = scriptedUser({ inputs: ["  ", "name me", undefined] });
    for (let attempt = 0; attempt < 3; attempt++) {
      await run("opencodeSessions.renameSession", keyOf(ref));
    }
    assert.match(someone.messages[0] ?? "", /must not be empty/);
    assert.equal((await server.client.session(ref.sessionID)).title, "name me");
    someone.restoreDialogs();
    // A long title only causes a remark, which VS Code's own box doesn't treat as a rejection.
    const real = vscode.window.showInputBox;
    Object.assign(vscode.window, { showInputBox: () => Promise.resolve(long) });
    try {
      await run("opencodeSessions.renameSession", keyOf(ref));
    } finally {
      Object.assign(vscode.window, { showInputBox: real });
    }
    await untilState(handle, "the beginning of the long title", (state) =>
      getSession(state, ref)?.title === long.slice(0, MAX_TITLE_CHARACTERS) ? true : undefined,
    );
    assert.equal((await server.client.session(ref.sessionID)).title, long);
  });

  it("says so when a session was deleted, and reloads the server's sessions", async () => {
    const ref = await newSession("goes away");
    await server.client.remove(ref.sessionID);
    await untilState(handle, "it is gone", (state) =>
      getSession(state, ref) === undefined ? true : undefined,
    );
    const someone = scriptedUser();
    await run("opencodeSessions.renameSession", keyOf(ref));
    await run("opencodeSessions.deleteSession", keyOf(ref));
    await run("opencodeSessions.promptSession", keyOf(ref));
    assert.deepEqual(someone.messages, Array(3).fill("This session no longer exists."));
    someone.restoreDialogs();
  });

  it("says so when there is no prompt to revert to", async () => {
    const ref = await newSession("untouched");
    const someone = scriptedUser();
    await run("opencodeSessions.revertSession", keyOf(ref));
    assert.deepEqual(someone.messages, ["“untouched” has no prompt to revert to."]);
    someone.restoreDialogs();
  });

  it("refuses actions that need an idle session while one is running, and stops it on request", async () => {
    const ref = await newSession("busy");
    await server.client.promptAsync(ref.sessionID, "Go\nDO forever");
    await untilWorking(ref);
    const someone = scriptedUser();
    await run("opencodeSessions.revertSession", keyOf(ref));
    await run("opencodeSessions.unrevertSession", keyOf(ref));
    for (const message of someone.messages) assert.match(message, /“busy” is running\. Stop it/);
    assert.equal(someone.messages.length, 2);
    await run("opencodeSessions.stopSession", keyOf(ref));
    await untilState(handle, "it rests", (state) =>
      sessionState(state, ref).kind === "idle" ? true : undefined,
    );
    await run("opencodeSessions.stopSession", keyOf(ref));
    await run("opencodeSessions.unrevertSession", keyOf(ref));
    assert.match(someone.messages[2] ?? "", /“busy” is not running/);
    assert.match(someone.messages[3] ?? "", /“busy” is not reverted/);
    someone.restoreDialogs();
  });

  it("deletes a running session after stopping it", async () => {
    const ref = await newSession("to go");
    await server.client.promptAsync(ref.sessionID, "Go\nDO forever");
    await untilWorking(ref);
    const someone = scriptedUser({ buttons: ["Delete Without Backup"] });
    await run("opencodeSessions.deleteSession", keyOf(ref));
    assert.match(someone.messages[0] ?? "", /It is running and will be stopped first/);
    someone.restoreDialogs();
    await untilState(handle, "it is gone", (state) =>
      getSession(state, ref) === undefined ? true : undefined,
    );
    assert.deepEqual(await server.client.status(), {});
  });

  it("deletes nothing when the user closes the question", async () => {
    const ref = await newSession("stays");
    const someone = scriptedUser({ buttons: [undefined] });
    await run("opencodeSessions.deleteSession", keyOf(ref));
    someone.restoreDialogs();
    assert.equal((await server.client.session(ref.sessionID)).title, "stays");
  });

  it("refuses an empty prompt, sends a non-empty one, and reports the result", async () => {
    const ref = await newSession("talks", "say 5");
    const someone = scriptedUser();
    const send = (input: PromptInput, to: SessionRef = ref): Promise<unknown> =>
      handle.sendPrompt(to, input);
    assert.deepEqual(await send({ text: " \n" }), {
      kind: "failed",
      message: "The prompt is empty.",
    });
    assert.deepEqual(await send({ text: "Hello" }, { ...ref, sessionID: "gone" }), {
      kind: "failed",
      message: "This session no longer exists.",
    });
    assert.deepEqual(await send({ text: "Hello\n\nthere\nDO say 7" }), { kind: "sent" });
    await server.client.waitUntilIdle(ref.sessionID);
    const messages = await server.client.messages(ref.sessionID);
    assert.equal(messages.length, 4);
    assert.match(JSON.stringify(messages[2]), /Hello\\n\\nthere/);
    // The prompt box shows all of this: no VS Code message.
    assert.deepEqual(someone.messages, []);
    someone.restoreDialogs();
  });

  it("keeps a conversation's Markdown identical to what a fresh reader gets", async () => {
    const ref = await newSession("reads", "think 10 ;; write a.txt 3 ;; say 20");
    await run("opencodeSessions.openMarkdown", keyOf(ref));
    await server.client.prompt(ref.sessionID, "More\nDO bash echo one ;; say 30");
    const live = await until("the end of the last answer", () =>
      documentsOf(SESSION_SCHEME).find(
        (document) =>
          document.uri.path.includes("reads") &&
          /\*\*bash\*\* echo one[^]*---\n\n\*[\d.]+k tokens · \$[\d.]+\*\n$/.test(
            document.getText(),
          ),
      ),
    );
    const text = live.getText();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
    const bytes = await poll("the same text read again", async () => {
      const read = Buffer.from(await vscode.workspace.fs.readFile(live.uri)).toString("utf8");
      return read === text ? read : undefined;
    });
    assert.equal(bytes, text);
  });

  it("says which server is unavailable, and does nothing", async () => {
    const ref = await newSession("out of reach");
    await server.kill("SIGKILL");
    await untilServer(handle, server.url, "lost");
    const someone = scriptedUser();
    for (const id of ["renameSession", "archiveSession", "forkSession", "deleteSession"] as const) {
      await run(`opencodeSessions.${id}`, keyOf(ref));
    }
    assert.equal(someone.messages.length, 4);
    for (const message of someone.messages) {
      assert.match(message, /“out of reach” cannot be reached: its server “.+” is not connected\./);
    }
    someone.restoreDialogs();
    await server.restart();
    await run("opencodeSessions.reconnectServer");
    await untilServer(handle, server.url);
  });
});
