import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import type { Endpoint } from "../../src/core/state/endpoint.ts";
import { detectServer } from "../../src/server/detectServer.ts";
import { listLinuxProcesses } from "../../src/sources/linuxProcesses.ts";
import type { LocalProcess } from "../../src/sources/localProcess.ts";
import { processURLs } from "../../src/sources/localProcess.ts";
import { LocalSource, platformProcesses } from "../../src/sources/localSource.ts";
import type { LocalSourceOptions } from "../../src/sources/localSource.ts";
import { joinProcesses, parsePs } from "../../src/sources/macProcesses.ts";
import { readConfiguredServers } from "../../src/sources/openCodeConfig.ts";
import type { SourceReport } from "../../src/sources/source.ts";
import { poll } from "../support/opencode/client.ts";
import { freePort, startOpenCode } from "../support/opencode/opencodeServer.ts";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { skipBecause } from "../support/suiteReporter.mjs";

const run = promisify(execFile);

/** Nothing answers there; these servers need no model. */
const NO_PROVIDER = "http://127.0.0.1:9/v1";

/** Other OpenCode servers may run on this machine, so only ours are checked. */
describe("real OpenCode servers on this machine", function () {
  let open: OpenCodeServer;
  let guarded: OpenCodeServer;
  let source: LocalSource | undefined;
  let reports: SourceReport[];

  before(async () => {
    open = await startOpenCode({ providerURL: NO_PROVIDER, projects: ["my shop"] });
    guarded = await startOpenCode({ providerURL: NO_PROVIDER, password: "s3cret" });
  });
  after(async () => {
    await open.stop();
    await guarded.stop();
  });
  beforeEach(() => {
    reports = [];
  });
  afterEach(() => {
    source?.dispose();
    source = undefined;
  });

  async function look(options: Partial<LocalSourceOptions> = {}): Promise<SourceReport> {
    if (source === undefined) {
      source = new LocalSource({
        probe: detectServer,
        configFiles: [],
        processes: platformProcesses(process.platform),
        ...options,
      });
      source.start((report) => reports.push(report));
    }
    await source.refresh();
    return reports.at(-1)!;
  }

  function endpointAt(url: string): Endpoint | undefined {
    return reports.at(-1)?.servers.find(({ endpoint }) => endpoint.url === url)?.endpoint;
  }

  it("are found by their processes, with process and directory", async () => {
    const { problems } = await look();
    assert.deepEqual(problems, []);
    assert.deepEqual(endpointAt(open.url), {
      serverID: open.url,
      url: open.url,
      name: `my shop (${open.url.replace("http://", "")})`,
      origin: "local",
      username: "opencode",
      directory: undefined,
      pid: open.pid(),
    });
  });

  it("are found if they require a password, which is not known here", async () => {
    const { servers } = await look();
    const found = servers.find(({ endpoint }) => endpoint.url === guarded.url);
    assert.ok(found !== undefined);
    assert.equal(found.endpoint.pid, guarded.pid());
    assert.equal(found.password, undefined);
  });

  it("are found solely by the port in OpenCode's configuration", async () => {
    const file = path.join(open.sandbox.root, "opencode.jsonc");
    const port = new URL(open.url).port;
    await writeFile(file, `{ // ours\n "server": { "port": ${port}, "hostname": "0.0.0.0", }, }`);
    assert.deepEqual((await readConfiguredServers([file])).urls, [open.url]);
    await look({ processes: undefined, configFiles: [file], defaultURL: "http://127.0.0.1:9" });
    assert.deepEqual(
      reports.at(-1)!.servers.map(({ endpoint }) => endpoint.url),
      [open.url],
    );
  });

  it("are found by their sockets if no port was given", async function () {
    if (process.platform !== "linux") skipBecause(this, "it reads /proc");
    // Port 0 means 4096 if that is free, else any other one.
    const server = await startOpenCode({ providerURL: NO_PROVIDER, port: 0 });
    try {
      await look();
      const found = reports.at(-1)!.servers.find(({ endpoint }) => endpoint.pid === server.pid());
      assert.ok(found !== undefined);
      const answer = await detectServer({ ...found.endpoint, password: undefined });
      assert.ok(answer.ok);
      assert.equal(answer.value.generation, "v1");
    } finally {
      await server.stop();
    }
  });

  it("disappear with their process, after a while in which they may come back", async () => {
    const port = await freePort();
    const server = await startOpenCode({ providerURL: NO_PROVIDER, port });
    const delays = { quickMs: 100, maxQuickMs: 100, fullMs: 60_000, maxFullMs: 60_000 };
    try {
      // Longer than a server takes to restart on a busy machine.
      await look({ delays, lingerMs: 10_000 });
      const first = endpointAt(server.url)?.pid;
      assert.equal(first, server.pid());
      await server.restart();
      await poll("the new process", () => {
        const pid = endpointAt(server.url)?.pid;
        return Promise.resolve(pid !== undefined && pid !== first ? pid : undefined);
      });
      assert.ok(
        reports.every(({ servers }) => servers.some(({ endpoint }) => endpoint.url === server.url)),
        "it never left the list",
      );
      await server.kill("SIGKILL");
      await poll("the server to go", () =>
        Promise.resolve(endpointAt(server.url) === undefined || undefined),
      );
    } finally {
      await server.stop();
    }
  });

  it("look the same through /proc and through the programs available on macOS", async function () {
    if (process.platform !== "linux") skipBecause(this, "it compares with /proc");
    const pids = [open.pid(), guarded.pid()].join(",");
    const lsof = async (...args: string[]): Promise<string> =>
      (await run("lsof", [...args, "-p", pids, "-Fpn"])).stdout;
    const hasLsof = await run("lsof", ["-v"]).then(
      () => true,
      () => false,
    );
    if (!hasLsof) skipBecause(this, "there is no lsof here");
    const listed = await listLinuxProcesses(new AbortController().signal);
    assert.ok(listed.ok);
    const { stdout } = await run("ps", ["-xww", "-o", "pid=,command="]);
    const joined = joinProcesses(
      parsePs(stdout),
      await lsof("-nP", "-iTCP", "-sTCP:LISTEN", "-a"),
      await lsof("-a", "-d", "cwd"),
    );
    for (const server of [open, guarded]) {
      const expected: LocalProcess | undefined = listed.value.find(
        ({ pid }) => pid === server.pid(),
      );
      const actual = joined.find(({ pid }) => pid === server.pid());
      assert.ok(expected !== undefined);
      assert.deepEqual(processURLs(expected), [server.url]);
      assert.deepEqual(actual, expected);
    }
  });
});
