import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Ajv2020 } from "ajv/dist/2020.js";
import { toolFileText } from "../../src/agents/toolFile.ts";
import type { SessionList, SessionStatus, UsageReport } from "../../src/core/agents/publicAPI.ts";
import schemas from "../../src/agents/answerSchemas.json" with { type: "json" };
import { createAdapter } from "../../src/server/createAdapter.ts";
import { detectServer } from "../../src/server/detectServer.ts";
import type { Gateway } from "../../src/server/gateway.ts";
import {
  assertFigures,
  callsOf,
  figuresOf,
  messagesBefore,
  parsedStatus,
} from "../support/opencode/agentFigures.ts";
import { agentProgram } from "../support/opencode/agentProgram.ts";
import { temporaryFolder } from "../support/seed/ledger.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { runProgram } from "../support/opencode/opencodeTools.ts";
import { node24 } from "../support/project.mjs";
import { preventPluginInstall } from "../support/opencode/sandbox.ts";
import {
  type ScriptedProvider,
  startScriptedProvider,
} from "../support/opencode/scriptedProvider.ts";
import { startV2Double, type V2Double } from "../support/opencode/v2Double/startV2Double.ts";

const PASSWORD = "a secret of the tests";
const NAME = "opencode-sessions";
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const validList = ajv.compile<SessionList>(schemas.SessionList);
const validReport = ajv.compile<UsageReport>(schemas.UsageReport);

/** The outcome of running the program from a command line. */
type Run = Awaited<ReturnType<typeof runProgram>>;

describe("what agents and programs may query", function () {
  let provider: ScriptedProvider;
  let server: OpenCodeServer;
  let program: string;
  let settings: string;
  let gateway: Gateway;
  let rootID: string;
  let childID: string;

  before(async () => {
    [program, provider] = await Promise.all([agentProgram(), startScriptedProvider()]);
    settings = path.join(temporaryFolder(), "settings.json");
    const budgets = [
      { period: "monthly", usd: 2 },
      { period: "session", tokens: 1_000_000 },
    ];
    await writeFile(settings, JSON.stringify({ budgets }));
    server = await startOpenCode({ providerURL: provider.url, password: PASSWORD });
    const [directory] = server.directories;
    assert.ok(directory !== undefined);
    const openCodeFolder = path.join(directory, ".opencode");
    await mkdir(path.join(openCodeFolder, "tool"), { recursive: true });
    preventPluginInstall(openCodeFolder);
    await writeFile(
      path.join(openCodeFolder, "tool", "session_status.js"),
      toolFileText({ program, settings }),
    );
    const access = { url: server.url, username: "opencode", password: PASSWORD };
    const detected = await detectServer(access);
    assert.ok(detected.ok);
    ({ gateway } = await createAdapter(detected.value, server.url, access));
    const session = await server.client.createSession({ title: "Fix the login" });
    rootID = session.id;
    await server.client.prompt(
      rootID,
      "Look around\nDO say 20 ;; task explore Find callers { think 10 ;; say 30 } ;; say 10",
    );
    const [child] = await server.client.children(rootID);
    assert.ok(child !== undefined);
    childID = child.id;
  });

  after(async () => {
    await server.stop();
    await provider.stop();
  });

  /** Checks a status answered inside a call against what the server had when the call was made. */
  async function assertOwnFigures(
    status: SessionStatus,
    sessionID: string,
    call: { readonly messageID: string },
  ): Promise<void> {
    const before = messagesBefore(await server.client.messages(sessionID), call);
    const own = figuresOf(before);
    assertFigures(status.usage.session, own, "own");
    const children = await server.client.children(sessionID);
    const below = await Promise.all(children.map(({ id }) => server.client.messages(id)));
    assertFigures(status.usage.tree, figuresOf([...before, ...below.flat()]), "tree");
    assert.equal(status.usage.tree.sessions, children.length + 1);
    const prompts = before.filter(({ info }) => info.role === "user");
    assert.equal(status.usage.session.turns, prompts.length);
    const lastPrompt = before.findLastIndex(({ info }) => info.role === "user");
    const turn = figuresOf(before.slice(lastPrompt));
    assert.deepEqual(
      { ...status.usage.lastTurn, cost: status.usage.lastTurn?.cost?.toFixed(9) },
      {
        input: turn.input,
        output: turn.output,
        totalTokens: turn.totalTokens,
        cost: turn.cost.toFixed(9),
        costState: "recorded",
      },
      "last turn",
    );
    const lastStep = before.findLast(({ info }) => info.role === "assistant");
    assert.ok(lastStep !== undefined);
    const used = figuresOf([lastStep]).totalTokens;
    const percent = (used / 200_000) * 100;
    assert.deepEqual(status.context, { used, limit: 200_000, percent, isEstimate: false });
    assert.equal(status.sessionID, sessionID);
    assert.equal(status.state, "working");
    assert.equal(status.model, "scripted/steady");
  }

  /** The session's only call of a tool so far, which has ended. */
  async function onlyCall(sessionID: string, tool: string) {
    const calls = await callsOf(server.client, sessionID, tool);
    assert.equal(calls.length, 1, `calls of ${tool}`);
    const [call] = calls;
    assert.ok(call !== undefined);
    return call;
  }

  it("gives an agent exactly its own session through the tool file", async () => {
    await server.client.prompt(
      rootID,
      "How much so far?\nDO bash true ;; tool session_status {} ;; say 5",
    );
    const call = await onlyCall(rootID, "session_status");
    assert.equal(call.status, "completed", call.output);
    const status = parsedStatus(call.output);
    await assertOwnFigures(status, rootID, call);
    assert.equal(status.usage.session.reasoning, 0);
    assert.ok(status.usage.tree.reasoning > 0, "the child thought");
    // Budgets come from the file the tool names. The session's budget covers the whole tree.
    const { session, monthly } = status.usage.budgets;
    assert.deepEqual(session && { used: session.used, limit: session.limit, unit: session.unit }, {
      used: status.usage.tree.totalTokens,
      limit: 1_000_000,
      unit: "tokens",
    });
    assert.ok(monthly !== null && Math.abs(monthly.used - (status.usage.tree.cost ?? 0)) < 1e-9);
    assert.ok(!call.output.includes(PASSWORD));
  });

  it("gives a child that asks the child's own status", async () => {
    const { id } = await server.client.createSession({ title: "parent of one that asks" });
    await server.client.prompt(
      id,
      "Ask\nDO task general Ask { bash true ;; tool session_status {} ;; say 3 } ;; say 3",
    );
    const [child] = await server.client.children(id);
    assert.ok(child !== undefined);
    const call = await onlyCall(child.id, "session_status");
    assert.equal(call.status, "completed", call.output);
    const status = parsedStatus(call.output);
    await assertOwnFigures(status, child.id, call);
    assert.deepEqual([status.parentID, status.rootID], [id, id]);
  });

  describe("as an MCP server that OpenCode started", () => {
    before(async () => {
      const added = await gateway.addMcpServer(
        server.directories[0],
        NAME,
        [process.execPath, program, "mcp", "--name", NAME, "--settings", settings],
        {},
      );
      assert.ok(added.ok, added.ok ? "" : added.error.message);
    });

    it("identifies an agent's own session by the running call", async () => {
      const { id } = await server.client.createSession({ title: "asks over MCP" });
      await server.client.prompt(id, "First\nDO say 30 ;; task explore Look { say 12 } ;; say 4");
      await server.client.prompt(
        id,
        `How much?\nDO bash true ;; tool ${NAME}_session_status {} ;; say 5`,
      );
      const call = await onlyCall(id, `${NAME}_session_status`);
      assert.equal(call.status, "completed", call.output);
      await assertOwnFigures(parsedStatus(call.output), id, call);
    });

    it("gives an agent another session's figures by its id, the list and the report", async () => {
      const { id } = await server.client.createSession({ title: "asks about others" });
      const asked = JSON.stringify({ sessionID: childID });
      await server.client.prompt(
        id,
        `Others\nDO tool ${NAME}_session_status ${asked} ;; tool ${NAME}_list_sessions {"includeChildren":true} ;; tool ${NAME}_usage_report {"by":"session","period":"all"} ;; say 5`,
      );
      const status = parsedStatus((await onlyCall(id, `${NAME}_session_status`)).output);
      const ofChild = figuresOf(await server.client.messages(childID));
      assertFigures(status.usage.session, ofChild, "the child");
      assert.deepEqual([status.rootID, status.state], [rootID, "idle"]);

      const list: unknown = JSON.parse((await onlyCall(id, `${NAME}_list_sessions`)).output);
      assert.ok(validList(list), JSON.stringify(validList.errors));
      const root = list.sessions.find(({ sessionID }) => sessionID === rootID);
      const all = [
        ...(await server.client.messages(rootID)),
        ...(await server.client.messages(childID)),
      ];
      assert.equal(root?.totalTokens, figuresOf(all).totalTokens);
      assert.equal(list.sessions.find(({ sessionID }) => sessionID === id)?.state, "working");

      const report: unknown = JSON.parse((await onlyCall(id, `${NAME}_usage_report`)).output);
      assert.ok(validReport(report), JSON.stringify(validReport.errors));
      const group = report.groups.find(({ key }) => key === childID);
      assert.ok(group !== undefined);
      assertFigures(group, ofChild, "the child in the report");
    });

    it("gives two simultaneous callers each their own session, or says that it can't decide", async () => {
      const tool = `${NAME}_session_status`;
      const sessions = await Promise.all(
        ["one", "other"].map((title) => server.client.createSession({ title })),
      );
      await Promise.all(
        sessions.map(({ id }) =>
          server.client.promptAsync(
            id,
            `At once\nDO bash true ;; repeat 3 { tool ${tool} {} } ;; say 2`,
          ),
        ),
      );
      await Promise.all(sessions.map(({ id }) => server.client.waitUntilIdle(id)));
      for (const { id } of sessions) {
        const calls = await callsOf(server.client, id, tool);
        assert.equal(calls.length, 3);
        for (const call of calls) {
          if (call.status === "completed" && call.output.startsWith("{")) {
            assert.equal(parsedStatus(call.output).sessionID, id);
          } else {
            for (const each of sessions) assert.ok(call.output.includes(each.id), call.output);
          }
        }
      }
      // All of those may have come at the same time. A single caller gets an answer.
      const { id } = sessions[0]!;
      await server.client.prompt(id, `Alone\nDO tool ${tool} {} ;; say 2`);
      const alone = (await callsOf(server.client, id, tool)).at(-1);
      assert.equal(parsedStatus(alone?.output ?? "").sessionID, id);
    });

    it("can be removed", async () => {
      const directory = server.directories[0];
      const removed = await gateway.removeMcpServer(directory, NAME);
      assert.ok(removed.ok, removed.ok ? "" : removed.error.message);
      const { id } = await server.client.createSession({ title: "has no such tool" });
      await server.client.prompt(id, `Ask\nDO tool ${NAME}_session_status {} ;; say 2`);
      assert.deepEqual(await callsOf(server.client, id, `${NAME}_session_status`), []);
    });
  });

  describe("as an MCP server of any client", () => {
    let client: Client;
    let errors = "";

    before(async () => {
      client = new Client({ name: "test", version: "1" });
      const transport = new StdioClientTransport({
        command: process.execPath,
        args: [program, "mcp"],
        env: { OPENCODE_SESSIONS_URL: server.url, OPENCODE_SESSIONS_PASSWORD: PASSWORD },
        stderr: "pipe",
      });
      transport.stderr?.on("data", (chunk) => (errors += String(chunk)));
      await client.connect(transport);
    });
    after(async () => {
      await client.close();
      assert.equal(errors, "");
    });

    const textOf = (answer: Awaited<ReturnType<Client["callTool"]>>): string => {
      assert.ok(Array.isArray(answer.content));
      const [first] = answer.content as { type: string; text: string }[];
      return first?.text ?? "";
    };

    it("offers three tools whose answers match their schemas", async () => {
      const { tools } = await client.listTools();
      assert.deepEqual(
        tools.map(({ name }) => name),
        ["session_status", "list_sessions", "usage_report"],
      );
      // The client itself validates each answer against the tool's schema.
      const status = await client.callTool({
        name: "session_status",
        arguments: { sessionID: rootID },
      });
      assert.notEqual(status.isError, true, textOf(status));
      assertFigures(
        parsedStatus(textOf(status)).usage.session,
        figuresOf(await server.client.messages(rootID)),
        "own",
      );
      for (const name of ["list_sessions", "usage_report"]) {
        const answer = await client.callTool({ name, arguments: {} });
        assert.notEqual(answer.isError, true, textOf(answer));
        assert.deepEqual(answer.structuredContent, JSON.parse(textOf(answer)));
      }
    });

    it("calls the cost of priced and unpriced turns a lower bound", async () => {
      const { id } = await server.client.createSession({ title: "mixed for a client" });
      await server.client.prompt(id, "First\nDO say 20");
      await server.client.prompt(id, "Then\nDO say 10", { model: "free" });
      const answer = await client.callTool({
        name: "session_status",
        arguments: { sessionID: id },
      });
      const { session } = parsedStatus(textOf(answer)).usage;
      assert.equal(session.costState, "partial");
      assert.ok((session.cost ?? 0) > 0);
    });

    it("requires an id when no OpenCode server is calling, and says what an argument must be", async () => {
      const call = async (name: string, given: Record<string, unknown>): Promise<string> => {
        const answer = await client.callTool({ name, arguments: given });
        assert.equal(answer.isError, true, textOf(answer));
        return textOf(answer);
      };
      assert.match(await call("session_status", {}), /specify a sessionID/);
      assert.match(
        await call("session_status", { sessionID: "ses_none" }),
        /has no session ses_none/,
      );
      assert.match(await call("session_status", { sessionID: 5 }), /must be a string/);
      assert.match(await call("list_sessions", { limit: 0 }), /from 1 to 500/);
      assert.match(await call("usage_report", { period: "ever" }), /one of today, 7d, 30d, all/);
      assert.match(await call("no_such_tool", {}), /no tool/);
    });
  });

  describe("on the command line", () => {
    const asks = (args: readonly string[], env: Record<string, string> = {}): Promise<Run> =>
      runProgram(process.execPath, [program, ...args], {
        cwd: server.directories[0] ?? "",
        env: {
          HOME: server.env["HOME"] ?? "",
          XDG_DATA_HOME: server.env["XDG_DATA_HOME"] ?? "",
          OPENCODE_SESSIONS_URL: server.url,
          OPENCODE_SESSIONS_PASSWORD: PASSWORD,
          ...env,
        },
      });

    it("prints a session's status as JSON and in words", async () => {
      const { stdout, stderr, exitCode } = await asks(["status", rootID, "--json"]);
      assert.deepEqual([exitCode, stderr], [0, ""]);
      const status = parsedStatus(stdout);
      assertFigures(status.usage.session, figuresOf(await server.client.messages(rootID)), "own");
      const words = await asks(["status", rootID]);
      assert.match(words.stdout, /^session +Fix the login \(ses_\w+\)$/m);
      assert.match(words.stdout, /^with sub-sessions +.*2 sessions$/m);
    });

    it("calls the cost of priced and unpriced turns a lower bound, for the session and for its list", async () => {
      const { id } = await server.client.createSession({ title: "mixed" });
      await server.client.prompt(id, "First\nDO say 20");
      const whole = parsedStatus((await asks(["status", id, "--json"])).stdout);
      assert.equal(whole.usage.session.costState, "recorded");
      await server.client.prompt(id, "Then\nDO say 10", { model: "free" });
      const status = parsedStatus((await asks(["status", id, "--json"])).stdout);
      assertFigures(status.usage.session, figuresOf(await server.client.messages(id)), "own");
      assert.equal(status.usage.session.cost, whole.usage.session.cost);
      assert.equal(status.usage.session.costState, "partial");
      assert.equal(status.usage.tree.costState, "partial");
      assert.match((await asks(["status", id])).stdout, /^used +.* tokens, ≥ \$0\.\d+/m);
      const list: unknown = JSON.parse((await asks(["list", "--json"])).stdout);
      assert.ok(validList(list), JSON.stringify(validList.errors));
      assert.equal(list.sessions.find(({ sessionID }) => sessionID === id)?.costState, "partial");
      const root = list.sessions.find(({ sessionID }) => sessionID === rootID);
      assert.equal(root?.costState, "recorded");
      assert.match((await asks(["list"])).stdout, new RegExp(`^${id} .*≥ \\$0\\.`, "m"));
    });

    it("uses the folder's most recently changed session when none is named", async () => {
      const { id } = await server.client.createSession({ title: "the newest" });
      await server.client.prompt(id, "Go\nDO say 3");
      assert.equal(parsedStatus((await asks(["status", "--json"])).stdout).sessionID, id);
    });

    it("lists sessions, and reports the same total as the sessions themselves", async () => {
      const list: unknown = JSON.parse(
        (await asks(["list", "--json", "--children", "--limit", "100"])).stdout,
      );
      assert.ok(validList(list), JSON.stringify(validList.errors));
      const sessions = await server.client.sessions();
      assert.equal(list.sessions.length, sessions.length);
      const report: unknown = JSON.parse(
        (await asks(["usage", "--json", "--period", "all", "--by", "origin"])).stdout,
      );
      assert.ok(validReport(report), JSON.stringify(validReport.errors));
      const all = await Promise.all(sessions.map(({ id }) => server.client.messages(id)));
      assertFigures(report.total, figuresOf(all.flat()), "all");
      const parts = report.groups.reduce((sum, { totalTokens }) => sum + totalTokens, 0);
      assert.equal(parts, report.total.totalTokens);
      assert.match(
        (await asks(["usage", "--settings", settings])).stdout,
        /^monthly budget +≥ \$/m,
      );
    });

    it("reads the database if Node has SQLite, with the same figures, even without a server", async () => {
      const scratch = temporaryFolder();
      const env = { ...server.env, OPENCODE_SESSIONS_PASSWORD: PASSWORD, TMPDIR: scratch };
      const run = (args: readonly string[], more: Record<string, string>): Promise<Run> =>
        runProgram(node24, [program, ...args], {
          cwd: server.sandbox.root,
          env: { ...env, ...more },
        });
      const usage = ["usage", "--json", "--period", "all"];
      const fromServer = await asks(usage);
      const withServer = await run(usage, { OPENCODE_SESSIONS_URL: server.url });
      const alone = await run(usage, { OPENCODE_SESSIONS_URL: "http://127.0.0.1:9" });
      const totals = [fromServer, withServer, alone].map(({ stdout, stderr }) => {
        const report: unknown = JSON.parse(stdout || "null");
        assert.ok(validReport(report), stderr);
        return { ...report.total, cost: report.total.cost?.toFixed(9) };
      });
      assert.deepEqual(totals[1], totals[0]);
      assert.deepEqual(totals[2], totals[0]);
      assert.match(alone.stderr, /no server is running: read from this machine's database/);
      assert.deepEqual(readdirSync(scratch), [], "nothing is left behind");
    });

    it("keeps what it read from the database in memory only, while it runs", async () => {
      for (const isKilled of [false, true]) {
        const scratch = temporaryFolder();
        const asking = new Client({ name: "test", version: "1" });
        const transport = new StdioClientTransport({
          command: node24,
          args: [program, "mcp"],
          env: {
            ...server.env,
            OPENCODE_SESSIONS_URL: server.url,
            OPENCODE_SESSIONS_PASSWORD: PASSWORD,
            TMPDIR: scratch,
          },
        });
        await asking.connect(transport);
        const report = async (): Promise<UsageReport> => {
          const answer = await asking.callTool({
            name: "usage_report",
            arguments: { period: "all" },
          });
          const { structuredContent } = answer;
          assert.ok(validReport(structuredContent), JSON.stringify(answer));
          return structuredContent;
        };
        const before = await report();
        assert.deepEqual(readdirSync(scratch), []);
        const { id } = await server.client.createSession({ title: "meanwhile" });
        await server.client.prompt(id, "Go\nDO say 3");
        const after = await report();
        assert.equal(after.total.messages, before.total.messages + 1);
        assert.deepEqual(readdirSync(scratch), []);
        if (isKilled) process.kill(transport.pid ?? 0, "SIGTERM");
        else await asking.close();
        await asking.close();
        assert.deepEqual(readdirSync(scratch), []);
      }
    });

    it("finds the server that started it by its process id", async () => {
      const { stdout, exitCode } = await asks(["list", "--json"], {
        OPENCODE_SESSIONS_URL: "",
        OPENCODE_SESSIONS_PASSWORD: "",
        OPENCODE_SERVER_PASSWORD: PASSWORD,
        OPENCODE_PID: String(server.pid()),
      });
      assert.equal(exitCode, 0);
      const list: unknown = JSON.parse(stdout);
      assert.ok(validList(list) && list.sessions.every(({ serverID }) => serverID === server.url));
    });

    it("exits with a code and one line for each kind of error, and reveals no secret", async () => {
      const cases: readonly (readonly [
        readonly string[],
        Record<string, string>,
        number,
        RegExp,
      ])[] = [
        [["status", "ses_none"], {}, 5, /has no session ses_none/],
        [["list"], { OPENCODE_SESSIONS_PASSWORD: "wrong" }, 4, /requires a password/],
        [["list"], { OPENCODE_SESSIONS_PASSWORD: "" }, 4, /OPENCODE_SESSIONS_PASSWORD/],
        [["list", "--server", "http://127.0.0.1:9"], {}, 3, /127\.0\.0\.1:9/],
        [
          ["list", "--server", "http://me:pw@127.0.0.1"],
          {},
          1,
          /such as http:\/\/127\.0\.0\.1:4096, without a password/,
        ],
        [["usage", "--by", "colour"], {}, 2, /by must be one of model/],
        [["list", "--limit", "many"], {}, 2, /limit must be/],
        [["list", "--password", "x"], {}, 2, /Unknown option/],
        [["paint"], {}, 2, /no command paint/],
        [[], {}, 2, /^Usage:/],
      ];
      for (const [args, env, code, words] of cases) {
        const { stdout, stderr, exitCode } = await asks(args, env);
        assert.equal(exitCode, code, `${args.join(" ")}: ${stderr}`);
        assert.match(stderr, words);
        assert.equal(stdout, "");
        assert.ok(!/a secret of the tests|me:pw/.test(stderr), stderr);
      }
      const version = await asks(["--version"]);
      assert.match(version.stdout, /^\d+\.\d+\.\d+\n$/);
      assert.match((await asks(["--help"])).stdout, /^Usage:/);
    });
  });
});

describe("what agents and programs may query from OpenCode 2", function () {
  let double: V2Double;
  let program: string;

  before(async () => {
    [program, double] = await Promise.all([agentProgram(), startV2Double()]);
  });
  after(async () => {
    await double.stop();
    assert.deepEqual(double.violations, []);
  });

  /** Runs the program, which must exit with 0, and returns its output. */
  async function asks(...args: readonly string[]): Promise<string> {
    const { stdout, stderr, exitCode } = await runProgram(process.execPath, [program, ...args], {
      cwd: temporaryFolder(),
      env: { OPENCODE_SESSIONS_URL: double.url, OPENCODE_SESSIONS_PASSWORD: double.password },
    });
    assert.equal(exitCode, 0, stderr);
    return stdout;
  }

  it("is a lower bound if a turn had no price, computed from messages if there is no database", async () => {
    const record = double.state.add({ title: "mixed", directory: "/home/dev/app" });
    await double.turns.ask(record, "Go\nDO say 20");
    record.info.model = { id: "free", providerID: "scripted" };
    await double.turns.ask(record, "Then\nDO say 10");
    const status = parsedStatus(await asks("status", record.info.id, "--json"));
    assert.equal(status.usage.session.costState, "partial");
    const list: unknown = JSON.parse(await asks("list", "--json"));
    assert.ok(validList(list));
    assert.equal(list.sessions[0]?.costState, "partial");
  });

  it("comes from its routes: status, list and usage", async () => {
    const directory = "/home/dev/app";
    const record = double.state.add({ title: "second generation", directory });
    await double.turns.ask(record, "Go\nDO say 20 ;; task explore Look { say 10 } ;; say 5");
    const { info } = record;
    const status = parsedStatus(await asks("status", info.id, "--json"));
    const { input, output, reasoning, cache } = info.tokens;
    assertFigures(
      status.usage.session,
      {
        ...{ input, output, reasoning, cache },
        totalTokens: input + output + reasoning + cache.read + cache.write,
        cost: info.cost,
      },
      "own",
    );
    assert.equal(status.usage.tree.sessions, 2);
    assert.equal(status.usage.session.turns, 1);
    const list: unknown = JSON.parse(await asks("list", "--json"));
    assert.ok(validList(list));
    assert.equal(list.sessions[0]?.totalTokens, status.usage.tree.totalTokens);
    const report: unknown = JSON.parse(await asks("usage", "--json", "--by", "tree"));
    assert.ok(validReport(report), JSON.stringify(validReport.errors));
    assert.equal(report.groups[0]?.key, info.id);
  });
});
