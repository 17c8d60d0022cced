import assert from "node:assert/strict";

import * as vscode from "vscode";

import type { TestingHandle } from "../../src/extension.ts";
import { contextUse } from "../../src/core/state/selectors.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { startScriptedProvider } from "../support/opencode/scriptedProvider.ts";
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

describe("Compact Session", () => {
  let handle: TestingHandle;
  let provider: Awaited<ReturnType<typeof startScriptedProvider>>;
  let server: OpenCodeServer;

  before(async function () {
    handle = await testingHandle();
    // Makes a summary take a while.
    provider = await startScriptedProvider({ chunkDelayMs: 20 });
    server = await startOpenCode({ providerURL: provider.url });
    await configure("servers", [{ url: server.url }]);
    await untilServer(handle, server.url);
  });

  after(async () => {
    await configure("servers", undefined);
    await server.stop();
    await provider.stop();
  });

  async function sessionWith(title: string, script: string) {
    const { id } = await server.client.createSession({ title });
    const ref = { serverID: server.url, sessionID: id };
    await server.client.prompt(id, `${title}\nDO ${script}`);
    await untilState(handle, "the session is idle with a known context", (state) => {
      const live = state.servers.get(server.url)?.live.get(id);
      return live?.activity.kind === "idle" ? contextUse(state, ref) : undefined;
    });
    return ref;
  }

  it("says what it will do, does it, and ends with a receipt and the summary", async function () {
    const ref = await sessionWith("Read a lot", "context 40000 ;; say 60");
    await server.client.prompt(ref.sessionID, "Go on\nDO say 20");
    const before = await untilState(handle, "the context has grown", (state) => {
      const use = contextUse(state, ref);
      const live = state.servers.get(server.url)?.live.get(ref.sessionID);
      const isIdle = live?.activity.kind === "idle";
      return isIdle && use !== undefined && use.contextTokens > 40_000 ? use : undefined;
    });
    const { cost: costBefore } = await server.client.session(ref.sessionID);
    const someone = scriptedUser({ buttons: ["Compact", "Open Summary"] });
    await run("opencodeSessions.compactSession", keyOf(ref));
    const [question, receipt] = someone.messages;
    assert.match(question!, /^Compact “Read a lot”\?\n/);
    assert.match(question!, /Context now: 4\d(\.\d)?k tokens/);
    assert.match(question!, /written by scripted\//);
    assert.match(receipt!, /^Compacted “Read a lot”: context 4\d(\.\d)?k → ~?[\d.]+k? tokens/);
    assert.match(receipt!, /, cost \$[\d.]+ \([\d.]+k? tokens\) in [\d.]+ m?s\.$/);

    const { cost: costAfter } = await server.client.session(ref.sessionID);
    assert.ok(costAfter! > costBefore!, "the server counted no compaction");
    const after = contextUse(handle.store.state, ref);
    assert.ok(after !== undefined && after.contextTokens < before.contextTokens);

    await until("the summary is gone to, on the session's page", () => {
      const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
      return tab?.input instanceof vscode.TabInputWebview && tab.label === "Read a lot"
        ? true
        : undefined;
    });
    someone.restoreDialogs();
    await vscode.commands.executeCommand("workbench.action.closeAllEditors");
  });

  it("does nothing when the user declines", async () => {
    const ref = await sessionWith("Leave me alone", "say 20");
    const messages = await server.client.messages(ref.sessionID);
    const someone = scriptedUser({ buttons: [undefined] });
    await run("opencodeSessions.compactSession", keyOf(ref));
    someone.restoreDialogs();
    assert.equal(someone.messages.length, 1);
    assert.equal((await server.client.messages(ref.sessionID)).length, messages.length);
  });

  it("skips the confirmation if configured", async function () {
    await configure("compact.confirm", false);
    const ref = await sessionWith("Just do it", "say 20");
    const someone = scriptedUser({ buttons: [undefined] });
    await run("opencodeSessions.compactSession", keyOf(ref));
    someone.restoreDialogs();
    await configure("compact.confirm", undefined);
    assert.equal(someone.messages.length, 1);
    assert.match(someone.messages[0]!, /^Compacted “Just do it”/);
  });

  it("is stopped like any other turn, without a receipt", async function () {
    const ref = await sessionWith("Think again", "say 20");
    const someone = scriptedUser({ buttons: ["Compact"] });
    const compacted = run("opencodeSessions.compactSession", keyOf(ref));
    // Midway: OpenCode 1.18 records no error for a turn that is stopped right as it begins (observed).
    await until("the summary is being written", async () => {
      const messages = await server.client.messages(ref.sessionID);
      const [last] = messages.slice(-1);
      return last?.info.role === "assistant" &&
        last.info.summary === true &&
        last.parts.some(({ type }) => type === "text")
        ? true
        : undefined;
    });
    await run("opencodeSessions.stopSession", keyOf(ref));
    await compacted;
    someone.restoreDialogs();
    assert.equal(someone.messages.length, 1);
    const summary = await until("the server has stopped", async () => {
      const messages = await server.client.messages(ref.sessionID);
      return messages.find(({ info }) => info.role === "assistant" && info.error !== undefined);
    });
    assert.ok(
      summary.info.role === "assistant" && summary.info.error?.name === "MessageAbortedError",
    );
    await untilState(handle, "nothing compacts any more", ({ servers }) => {
      const live = servers.get(server.url)?.live.get(ref.sessionID);
      return live?.compaction === undefined && live?.activity.kind === "idle" ? true : undefined;
    });
  });

  it("reports the failure, with its reason, when the model writes no summary", async function () {
    const ref = await sessionWith("REFUSE SUMMARY", "say 20");
    const someone = scriptedUser({ buttons: ["Compact", undefined] });
    await run("opencodeSessions.compactSession", keyOf(ref)).catch(() => undefined);
    someone.restoreDialogs();
    assert.equal(someone.messages.length, 2);
    assert.match(someone.messages[1]!, /failed.*Nothing to sum up/);
  });

  it("is refused while the session is running", async () => {
    const { id } = await server.client.createSession({ title: "Busy" });
    const ref = { serverID: server.url, sessionID: id };
    await server.client.promptAsync(id, "Busy\nDO slow 50 ;; forever");
    await untilState(handle, "it works", ({ servers }) =>
      servers.get(server.url)?.live.get(id)?.activity.kind === "working" ? true : undefined,
    );
    const someone = scriptedUser();
    await run("opencodeSessions.compactSession", keyOf(ref));
    someone.restoreDialogs();
    assert.match(someone.messages.join(), /“Busy” is running/);
    await server.client.abort(id);
    await untilState(handle, "it is idle", ({ servers }) =>
      servers.get(server.url)?.live.get(id)?.activity.kind === "idle" ? true : undefined,
    );
  });

  it("says that a session no longer exists", async () => {
    const someone = scriptedUser();
    await run("opencodeSessions.compactSession", `ses_nowhere@${server.url}`);
    someone.restoreDialogs();
    assert.match(someone.messages.join(), /no longer exists/);
  });
});
