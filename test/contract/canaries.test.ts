import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { Canaries } from "../support/canaries.ts";
import { agentProgram } from "../support/opencode/agentProgram.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { runProgram } from "../support/opencode/opencodeTools.ts";
import { node24 } from "../support/project.mjs";
import { temporaryFolder } from "../support/seed/ledger.ts";

const canaries = new Canaries([
  {
    what: ["password"],
    place: /^environment of .*opencode-sessions\.cjs mcp.*: OPENCODE_SESSIONS_PASSWORD$/,
    why: "the program gets the password in its environment from whoever starts it",
  },
]);

describe("a password and a prompt that agents and programs must not get or leave behind", () => {
  const { password, prompt, answer } = canaries;
  let server: OpenCodeServer;
  let program: string;
  let sessionID: string;
  const home = temporaryFolder();

  before(async () => {
    [program, server] = await Promise.all([agentProgram(), startOpenCode({ password })]);
    ({ id: sessionID } = await server.client.createSession({ title: "Keep the secret" }));
    await server.client.prompt(sessionID, `${prompt}\nDO say "${answer}"`);
  });
  after(async () => {
    await server.stop();
  });

  const environment = (url = server.url): Record<string, string> => ({
    ...{ HOME: home, TMPDIR: home, OPENCODE_SESSIONS_URL: url },
    XDG_DATA_HOME: server.env["XDG_DATA_HOME"] ?? "",
    OPENCODE_SESSIONS_PASSWORD: password,
  });
  const leaks = (texts: Readonly<Record<string, string>>): readonly string[] =>
    canaries.leaks({ folders: { home }, texts, holders: [server.pid()] });

  it("are in no answer of the MCP server, while it runs and afterwards", async () => {
    const client = new Client({ name: "test", version: "1" });
    const transport = new StdioClientTransport({
      command: node24,
      args: [program, "mcp"],
      env: environment(),
      stderr: "pipe",
    });
    let errors = "";
    transport.stderr?.on("data", (chunk) => (errors += String(chunk)));
    await client.connect(transport);
    const answers: Record<string, string> = {};
    for (const [name, given] of [
      ["session_status", { sessionID }],
      ["session_status", { sessionID: "ses_none" }],
      ["list_sessions", {}],
      ["usage_report", { period: "all", by: "session" }],
      ["usage_report", { period: "all", by: "tree" }],
    ] as const) {
      const got = JSON.stringify(await client.callTool({ name, arguments: given }));
      answers[`${name} ${JSON.stringify(given)}`] = got;
    }
    assert.match(JSON.stringify(answers), /Keep the secret/);
    assert.deepEqual(leaks({ ...answers, stderr: errors }), []);
    assert.deepEqual(canaries.unusedAllowances(), []);
    await client.close();
    assert.deepEqual(leaks({ stderr: errors }), []);
  });

  it("are in no output of the command line, also when it fails", async () => {
    const runs = [
      { args: ["status", sessionID, "--json"] },
      { args: ["status", sessionID] },
      { args: ["list", "--children"] },
      { args: ["usage", "--period", "all", "--by", "session", "--json"] },
      { args: ["usage", "--period", "all"] },
      { args: ["status", "ses_none"] },
      { args: ["list"], url: "http://127.0.0.1:9" },
      { args: ["list"], url: server.url.replace("//", `//opencode:${password}@`) },
    ];
    for (const { args, url } of runs) {
      const { stdout, stderr } = await runProgram(node24, [program, ...args], {
        cwd: server.directories[0] ?? "",
        env: environment(url),
      });
      assert.notEqual(stdout + stderr, "");
      assert.deepEqual(leaks({ stdout, stderr }), [], args.join(" "));
    }
  });
});
