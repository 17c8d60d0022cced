import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import * as vscode from "vscode";

import type { SessionsChange } from "../../src/core/agents/publicAPI.ts";
import { serverDefinitions } from "../../src/agents/serverDefinitions.ts";
import type { ExtensionApi, TestingHandle } from "../../src/extension.ts";
import { totalTokens } from "../../src/core/usage/usage.ts";
import { treeUsage } from "../../src/core/state/selectors.ts";
import {
  assertFigures,
  callsOf,
  figuresOf,
  messagesBefore,
  parsedStatus,
} from "../support/opencode/agentFigures.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { preventPluginInstall } from "../support/opencode/sandbox.ts";
import { formsOf } from "../support/secrets.ts";
import {
  configure,
  extension,
  scriptedUser,
  run,
  testingHandle,
  until,
  untilServer,
  untilState,
} from "../support/vscode/hostWorld.ts";

const PASSWORD = "a secret of the host tests";

describe("interfaces for agents and programs in VS Code", function () {
  let handle: TestingHandle;
  let api: ExtensionApi;
  let server: OpenCodeServer;
  let rootID: string;

  before(async () => {
    handle = await testingHandle();
    api = extension().exports;
    server = await startOpenCode({ password: PASSWORD });
    await handle.passwords.store(server.url, PASSWORD);
    await configure("servers", [{ url: server.url, name: "here" }]);
    await untilServer(handle, server.url);
    ({ id: rootID } = await server.client.createSession({ title: "For agents" }));
    await server.client.prompt(rootID, "Go\nDO say 20 ;; task explore Look { say 10 } ;; say 5");
    await server.client.prompt(rootID, "More\nDO say 7");
    const all = await treeFigures();
    await untilState(
      handle,
      "all figures are in",
      (state) => totalTokens(treeUsage(state, ref()).usage.tokens) === all.totalTokens || undefined,
    );
  });

  after(async () => {
    await configure("servers", undefined);
    await configure("budgets.limits", undefined);
    await server.stop();
  });

  const ref = () => ({ serverID: server.url, sessionID: rootID });

  async function treeFigures() {
    const children = await server.client.children(rootID);
    const ids = [rootID, ...children.map(({ id }) => id)];
    return figuresOf((await Promise.all(ids.map((id) => server.client.messages(id)))).flat());
  }

  async function assertRoot(json: string): Promise<void> {
    const status = parsedStatus(json);
    const messages = await server.client.messages(rootID);
    assertFigures(status.usage.session, figuresOf(messages), "own");
    assertFigures(status.usage.tree, await treeFigures(), "tree");
    assert.equal(status.usage.session.turns, 2);
    assert.equal(status.usage.lastTurn?.totalTokens, figuresOf(messages.slice(-1)).totalTokens);
    assert.equal(status.context?.used, figuresOf(messages.slice(-1)).totalTokens);
    assert.deepEqual(
      [status.context.limit, status.state, status.server],
      [200_000, "idle", "here"],
    );
  }

  it("tell other extensions and models no prompt, no answer and no password", async () => {
    const [prompt, said] = [`canary-${randomUUID()}`, `canary-${randomUUID()}`];
    const { id } = await server.client.createSession({ title: "a secret" });
    await server.client.prompt(id, `${prompt}\nDO say "${said}"`);
    await untilState(
      handle,
      "its figures are in",
      (state) =>
        totalTokens(treeUsage(state, { ...ref(), sessionID: id }).usage.tokens) || undefined,
    );
    const groupings = ["model", "agent", "project", "session", "tree", "origin"] as const;
    const answers = JSON.stringify([
      await api.sessionStatus(id),
      await api.listSessions(),
      ...(await Promise.all(groupings.map((by) => api.usageReport({ period: "all", by })))),
    ]);
    assert.match(answers, /a secret/);
    for (const secret of [prompt, said, ...formsOf(PASSWORD)]) {
      assert.ok(!answers.includes(secret), answers);
    }
    await server.client.remove(id);
    await untilState(
      handle,
      "it is gone",
      ({ servers }) => servers.get(server.url)?.sessions.has(id) === false || undefined,
    );
  });

  it("answer other extensions: a status by id and by ref, the list, and what changed", async () => {
    assert.equal(api.apiVersion, 1);
    for (const session of [rootID, ref()]) {
      await assertRoot(JSON.stringify(await api.sessionStatus(session)));
    }
    assert.equal(await api.sessionStatus("ses_none"), undefined);
    const list = await api.listSessions({ directory: server.directories[0]! });
    assert.deepEqual(
      list.sessions.map(({ sessionID, sessions }) => [sessionID, sessions]),
      [[rootID, 2]],
    );
    await assert.rejects(api.listSessions({ limit: 0 }), /from 1 to 500/);

    const changes: SessionsChange[] = [];
    const listening = api.onDidChange((change) => changes.push(change));
    const { id } = await server.client.createSession({ title: "a new one" });
    await until(
      "the new session is told",
      () => changes.some(({ hasListChanged }) => hasListChanged) || undefined,
    );
    await server.client.rename(id, "renamed");
    await until(
      "the new title is told",
      () =>
        changes.some(({ sessions }) => sessions.some(({ sessionID }) => sessionID === id)) ||
        undefined,
    );
    listening.dispose();
    const count = changes.length;
    await server.client.remove(id);
    await untilState(
      handle,
      "it is gone",
      ({ servers }) => servers.get(server.url)?.sessions.has(id) === false || undefined,
    );
    assert.equal(changes.length, count, "told after it was disposed of");
  });

  it("answer for the active session when none is named", async () => {
    await vscode.commands.executeCommand("opencodeSessions.activateSession", ref());
    await assertRoot(JSON.stringify(await api.sessionStatus()));
  });

  it("report usage and budgets from the ledger", async () => {
    await configure("budgets.limits", [{ period: "daily", usd: 5 }]);
    const wanted = await treeFigures();
    const report = await until("the ledger has it all", async () => {
      const now = await api.usageReport({ by: "tree", period: "today" });
      const group = now?.groups.find(({ key }) => key === rootID);
      return group?.totalTokens === wanted.totalTokens && now?.budgets.daily ? now : undefined;
    });
    assert.equal(report.budgets.daily?.limit, 5);
    const { budgets } = (await api.sessionStatus(rootID))!.usage;
    assert.ok(budgets.daily !== null && budgets.daily.used >= wanted.cost - 1e-9);
  });

  it("offer language-model tools with the same answers", async () => {
    const names = vscode.lm.tools.map(({ name }) => name);
    for (const name of [
      "opencode_session_status",
      "opencode_list_sessions",
      "opencode_usage_report",
    ]) {
      assert.ok(names.includes(name), `${name} is not among ${names.join(", ")}`);
    }
    const ask = async (name: string, input: object): Promise<string> => {
      const { content } = await vscode.lm.invokeTool(name, {
        input,
        toolInvocationToken: undefined,
      });
      const [part] = content;
      assert.ok(part instanceof vscode.LanguageModelTextPart);
      return part.value;
    };
    await assertRoot(await ask("opencode_session_status", { sessionID: rootID }));
    assert.match(await ask("opencode_session_status", { sessionID: "ses_none" }), /has a session/);
    const list = JSON.parse(await ask("opencode_list_sessions", {})) as { sessions: unknown[] };
    assert.ok(list.sessions.length > 0);
    assert.match(await ask("opencode_usage_report", {}), /^\{"schemaVersion":1/);
  });

  it("describe an answering MCP server for each connected server, without its password", async () => {
    const program = vscode.Uri.joinPath(
      extension().extensionUri,
      "dist/opencode-sessions.cjs",
    ).fsPath;
    const definitions = serverDefinitions(handle, program);
    const definition = definitions.find(({ serverID }) => serverID === server.url);
    assert.ok(definition !== undefined);
    assert.ok(!JSON.stringify(definitions).includes(PASSWORD));
    const client = new Client({ name: "test", version: "1" });
    await client.connect(
      new StdioClientTransport({
        command: definition.command,
        args: [...definition.args],
        env: { ...definition.environment, OPENCODE_SESSIONS_PASSWORD: PASSWORD },
      }),
    );
    try {
      const answer = await client.callTool({
        name: "session_status",
        arguments: { sessionID: rootID },
      });
      const [part] = answer.content as { text: string }[];
      const status = parsedStatus(part!.text);
      assertFigures(status.usage.tree, await treeFigures(), "tree");
    } finally {
      await client.close();
    }
  });

  describe("added to OpenCode by the user", () => {
    const TOOL = "opencode-sessions_session_status";

    /** Runs a command, answers its quick picks by item label, and returns what they offered. */
    async function pick(
      id: Parameters<typeof run>[0],
      labels: readonly string[],
      buttons: readonly (string | undefined)[] = [],
    ): Promise<{ readonly offered: readonly string[]; readonly messages: readonly string[] }> {
      const someone = scriptedUser({ buttons });
      const real = vscode.window.showQuickPick;
      const offered: string[] = [];
      const left = [...labels];
      const showQuickPick = async (given: Promise<readonly vscode.QuickPickItem[]>) => {
        const items = await given;
        offered.push(...items.map(({ label, detail }) => `${label} ${detail ?? ""}`));
        const label = left.shift();
        const item = items.find((each) => each.label === label || each.detail === label);
        assert.ok(item !== undefined, `no ${String(label)} among ${offered.join()}`);
        return item;
      };
      Object.assign(vscode.window, { showQuickPick });
      try {
        await run(id, ref());
        await until("every list was answered", () => left.length === 0 || undefined);
        return { offered, messages: someone.messages };
      } finally {
        Object.assign(vscode.window, { showQuickPick: real });
        someone.restoreDialogs();
      }
    }

    /** Makes OpenCode reload the folder, as when it starts. */
    async function reloadFolder(): Promise<void> {
      await server.client.request("POST", "/instance/dispose");
    }

    async function answerOf(tool: string): Promise<string> {
      const { id } = await server.client.createSession({ title: `calls ${tool}` });
      await server.client.prompt(id, `Ask\nDO bash true ;; tool ${tool} {} ;; say 2`);
      const [call] = await callsOf(server.client, id, tool);
      if (call?.status !== "completed") return call?.output ?? "no such tool";
      const status = parsedStatus(call.output);
      assertFigures(
        status.usage.session,
        figuresOf(messagesBefore(await server.client.messages(id), call)),
        "own",
      );
      return status.sessionID === id ? "its own" : status.sessionID;
    }

    it("work for this run, with the budgets from the settings, and can be removed", async () => {
      await configure("budgets.limits", [{ period: "weekly", usd: 9 }]);
      const { offered, messages } = await pick("opencodeSessions.addSessionStatus", [
        "For this run",
      ]);
      assert.match(messages.join(), new RegExp(`can call ${TOOL} until OpenCode stops`));
      assert.equal(offered.length, 5);
      assert.equal(await answerOf(TOOL), "its own");
      await pick("opencodeSessions.removeSessionStatus", ["For this run"]);
      assert.equal(await answerOf(TOOL), "no such tool");
    });

    it("work as a tool file, which is written only after a review", async () => {
      const folder = path.join(server.directories[0]!, ".opencode");
      preventPluginInstall(folder);
      const file = path.join(folder, "tool", "session_status.js");
      const label = "As a tool file of a project";
      await pick("opencodeSessions.addSessionStatus", [label], ["Leave It"]);
      assert.ok(!existsSync(file));
      const { messages } = await pick(
        "opencodeSessions.addSessionStatus",
        [label],
        ["Write the File"],
      );
      assert.match(messages.join(), /the next time it starts/);
      assert.ok(existsSync(file));
      const again = await pick("opencodeSessions.addSessionStatus", [label]);
      assert.match(again.messages.join(), /already there/);
      await reloadFolder();
      assert.equal(await answerOf("session_status"), "its own");
      const removal = await pick(
        "opencodeSessions.removeSessionStatus",
        [file],
        ["Delete the File"],
      );
      assert.ok(removal.offered.some((each) => each.includes(file)));
      assert.ok(!existsSync(file));
      const reviews = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs);
      assert.ok(
        !reviews.some(({ input }) => input instanceof vscode.TabInputTextDiff),
        "left open",
      );
    });

    it("work from a project's configuration, which OpenCode reads at its next start", async () => {
      const file = path.join(server.directories[0]!, "opencode.json");
      const label = "In a project's configuration";
      await pick("opencodeSessions.addSessionStatus", [label], ["Write the File", undefined]);
      assert.ok(readFileSync(file, "utf8").includes("opencode-sessions.cjs"));
      assert.ok(!readFileSync(file, "utf8").includes(PASSWORD));
      await reloadFolder();
      assert.equal(await answerOf(TOOL), "its own");
      await pick("opencodeSessions.removeSessionStatus", [file], ["Write the File"]);
      assert.ok(!readFileSync(file, "utf8").includes("mcp"));
    });
  });
});
