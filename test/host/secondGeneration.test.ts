import assert from "node:assert/strict";
import path from "node:path";

import * as vscode from "vscode";

import type { TestingHandle } from "../../src/extension.ts";
import { getLive } from "../../src/core/state/lookup.ts";
import { contextUse, ownUsage } from "../../src/core/state/selectors.ts";
import { pendingBelow } from "../../src/viewModels/conversation/requests.ts";
import { Canaries } from "../support/canaries.ts";
import { occurrencesBelow } from "../support/secrets.ts";
import {
  configure,
  keyOf,
  renderedReport,
  scriptedUser,
  run,
  testingHandle,
  until,
  untilServer,
  untilState,
} from "../support/vscode/hostWorld.ts";
import { startV2Double, type V2Double } from "../support/opencode/v2Double/startV2Double.ts";

const canaries = new Canaries([
  {
    what: ["password"],
    place: /^header authorization of a request to the double$/,
    why: "a server gets its own password, in the header that is for it",
  },
]);

describe("a server of the second generation", () => {
  let handle: TestingHandle;
  let double: V2Double;
  const messages: string[] = [];

  before(async function () {
    handle = await testingHandle();
    double = await startV2Double({
      password: canaries.password,
      permission: { shell: "ask" },
    });
    await configure("servers", [{ url: double.url, name: "Second" }]);
    await untilServer(handle, double.url, "unauthorized");
    const someone = scriptedUser({ inputs: [`${double.password} mistyped`, double.password] });
    await run("opencodeSessions.enterPassword");
    messages.push(...someone.messages, ...someone.prompts);
    someone.restoreDialogs();
    await untilServer(handle, double.url);
  });

  after(async () => {
    await configure("servers", undefined);
    await handle.passwords.forget(double.url);
    await double.stop();
    assert.deepEqual(double.violations, []);
  });

  async function sessionWith(title: string, prompt: string) {
    const record = double.state.add({ title, directory: "/home/dev/app" });
    const ref = { serverID: double.url, sessionID: record.info.id };
    await run("opencodeSessions.refresh");
    await double.turns.ask(record, prompt);
    await untilState(handle, "the server's totals are shown", (state) =>
      ownUsage(state, ref).usage.recordedUSD === record.info.cost ? true : undefined,
    );
    return { record, ref };
  }

  it("reports whether a prompt steers the running turn or waits for its end", async () => {
    const { ref } = await sessionWith("Steer it", "Go\nDO say 4");
    await handle.sendPrompt(ref, { text: "Again\nDO forever" });
    await untilState(handle, "it works", (state) =>
      getLive(state, ref).activity.kind === "working" ? true : undefined,
    );
    try {
      const send = async (text: string): Promise<unknown> =>
        (await handle.sendPrompt(ref, { text, delivery: "steer" })).kind;
      assert.equal(await send("This first\nDO say 4"), "steered");
      assert.equal((await handle.sendPrompt(ref, { text: "Later\nDO say 4" })).kind, "queued");
      // The server decides when a command runs, so the result only says that it was sent.
      assert.equal(await send("/init"), "sent");
    } finally {
      await run("opencodeSessions.stopSession", keyOf(ref));
    }
    await untilState(handle, "it has stopped", (state) =>
      getLive(state, ref).activity.kind === "idle" ? true : undefined,
    );
  });

  it("shows its sessions, and only the abilities it has", async () => {
    const { ref } = await sessionWith("Count the lines", "Go\nDO say 40");
    await until("the row is there", async () =>
      (await handle.tree.getChildren()).includes(keyOf(ref)) ? true : undefined,
    );
    const words = handle.tree.getTreeItem(keyOf(ref)).contextValue?.split(" ") ?? [];
    for (const word of ["cap-unread", "cap-revert", "cap-queuedPrompts"]) {
      assert.ok(words.includes(word), word);
    }
    for (const word of ["cap-archive", "cap-todo", "cap-share", "cap-followTui"]) {
      assert.ok(!words.includes(word), word);
    }
  });

  it("is notified when a session was looked at", async () => {
    const { record, ref } = await sessionWith("Not seen", "Go\nDO say 5");
    assert.equal(record.info.time.viewed, undefined);
    await run("opencodeSessions.activateSession", keyOf(ref));
    await until("the server knows", () =>
      record.info.time.viewed === record.info.time.idle ? true : undefined,
    );
  });

  it("compacts, and the receipt shows the savings and the cost", async function () {
    const { record, ref } = await sessionWith("Read a lot", "Go\nDO context 40000 ;; say 20");
    await double.turns.ask(record, "On\nDO say 10");
    await untilState(handle, "the context has grown", (state) =>
      (contextUse(state, ref)?.contextTokens ?? 0) > 40_000 ? true : undefined,
    );
    const costBefore = record.info.cost;
    const someone = scriptedUser({ buttons: ["Compact", undefined] });
    await run("opencodeSessions.compactSession", keyOf(ref));
    someone.restoreDialogs();
    assert.match(
      someone.messages[1]!,
      /^Compacted “Read a lot”: context 4\d(\.\d)?k → ~?[\d.]+k? tokens.*, cost \$[\d.]+/,
    );
    assert.ok(record.info.cost > costBefore);
  });

  it("gets passwords and prompts that are written down nowhere, whatever happens", async () => {
    const { prompt, answer } = canaries;
    const { record, ref } = await sessionWith("Keep the secret", `${prompt}\nDO context 40000`);
    const someone = scriptedUser({ buttons: ["Compact", undefined] });
    const send = async (text: string): Promise<string> => {
      const outcome = await handle.sendPrompt(ref, { text });
      if (outcome.kind === "failed") messages.push(outcome.message);
      return outcome.kind;
    };
    const idle = (): Promise<true> =>
      untilState(handle, "its turn is over", (state) =>
        getLive(state, ref).activity.kind === "idle" ? true : undefined,
      );
    await send(`${prompt}\nDO bash "echo ${answer}" ;; say "${answer}"`);
    const request = await untilState(
      handle,
      "it asks for permission",
      (state) => pendingBelow(state, ref)[0]?.request,
    );
    await run("opencodeSessions.answerRequest", { ref, request, reply: "once" });
    await idle();
    await run("opencodeSessions.compactSession", keyOf(ref));
    await double.down();
    await untilServer(handle, double.url, "lost");
    assert.equal(await send(`${prompt} for nobody`), "failed");
    await double.up();
    await untilServer(handle, double.url);
    someone.restoreDialogs();
    messages.push(...someone.messages, ...someone.prompts);
    assert.match(JSON.stringify(record), new RegExp(`${prompt}.*${answer}`));
    const folder = path.resolve(handle.storageFolder, "../../..");
    assert.notDeepEqual(occurrencesBelow(folder, [double.url]), [], "settings and logs are read");
    const leaks = canaries.leaks({
      folders: { "VS Code": folder },
      texts: { messages: messages.join("\n") },
      requests: { "the double": double.requests },
    });
    assert.deepEqual(leaks, []);
    assert.deepEqual(canaries.unusedAllowances(), []);
  });

  it("opens in a terminal, with the password only in the environment", async () => {
    const { ref } = await sessionWith("In a terminal", "Go\nDO say 5");
    const before = new Set(vscode.window.terminals);
    await run("opencodeSessions.openInTerminal", keyOf(ref));
    const terminal = await until("the terminal is there", () =>
      vscode.window.terminals.find((each) => !before.has(each)),
    );
    const options: vscode.TerminalOptions = terminal.creationOptions;
    assert.deepEqual(options.shellArgs, ["--server", double.url, "--session", ref.sessionID]);
    assert.deepEqual(options.env, { OPENCODE_PASSWORD: double.password });
    terminal.dispose();
  });

  it("is checked for what the extension needs, in a document without secrets", async () => {
    await run("opencodeSessions.checkServerCompatibility", `server:${double.url}`);
    const document = await renderedReport("# OpenCode Sessions: server compatibility");
    assert.equal(document.languageId, "markdown");
    const text = document.getText();
    assert.match(text, /OpenCode 2, version 2\.1\.4/);
    assert.match(text, /The server offers everything the extension uses/);
    assert.match(text, /Extension: \d+\.\d+\.\d+/);
    for (const secret of [double.password, double.url, "/home/dev", "Read a lot"]) {
      assert.ok(!text.includes(secret), secret);
    }
    await vscode.commands.executeCommand("workbench.action.closeActiveEditor");
  });
});
