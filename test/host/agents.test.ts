import assert from "node:assert/strict";

import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import * as vscode from "vscode";

import type { SessionsChange } from "../../src/agents/publicAPI.ts";
import { serverDefinitions } from "../../src/agents/windowTools.ts";
import type { ExtensionApi, TestingHandle } from "../../src/extension.ts";
import { totalTokens } from "../../src/core/usage.ts";
import { treeUsage } from "../../src/core/selectors.ts";
import { assertFigures, figuresOf, parsedStatus } from "../support/agentFigures.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencodeServer.ts";
import { type ScriptedProvider, startScriptedProvider } from "../support/scriptedProvider.ts";
import {
  configure,
  extension,
  testingHandle,
  until,
  untilServer,
  untilState,
} from "../support/hostWorld.ts";

const PASSWORD = "a secret of the host tests";

describe("agents and programs in VS Code", function () {
  this.timeout(60_000);
  let handle: TestingHandle;
  let api: ExtensionApi;
  let provider: ScriptedProvider;
  let server: OpenCodeServer;
  let rootID: string;

  before(async () => {
    handle = await testingHandle();
    api = extension().exports;
    provider = await startScriptedProvider();
    server = await startOpenCode({ providerURL: provider.url, password: PASSWORD });
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
    await provider.stop();
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

  it("answers other extensions: a status by id and by ref, the list, and what changed", async () => {
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

  it("answers for the active session where none is named", async () => {
    await vscode.commands.executeCommand("opencodeSessions.activateSession", ref());
    await assertRoot(JSON.stringify(await api.sessionStatus()));
  });

  it("reports usage and budgets from the ledger", async () => {
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

  it("offers language-model tools that answer the same", async () => {
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
    assert.match(
      await ask("opencode_session_status", { sessionID: "ses_none" }),
      /knows a session/,
    );
    const list = JSON.parse(await ask("opencode_list_sessions", {})) as { sessions: unknown[] };
    assert.ok(list.sessions.length > 0);
    assert.match(await ask("opencode_usage_report", {}), /^\{"schemaVersion":1/);
  });

  it("describes an MCP server for each connected server, without its password, that answers", async () => {
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
});
