import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ServerError } from "../../../src/core/errors.ts";
import type { ServerErrorReason } from "../../../src/core/errors.ts";
import { failed, ok } from "../../../src/core/result.ts";
import type { LocalProcess } from "../../../src/sources/localProcess.ts";
import { LocalSource } from "../../../src/sources/localSource.ts";
import type { LocalSourceOptions } from "../../../src/sources/localSource.ts";
import { parseOpenCodeCommand } from "../../../src/sources/openCodeCommand.ts";
import type { SourceReport } from "../../../src/sources/source.ts";
import { shiftClock } from "../../support/shiftClock.ts";
import { itIsAServerSource } from "./sourceContract.ts";
import { quiet, waitMs } from "../../support/patience.mjs";
import { until } from "../../support/until.ts";

/** A fake machine with responding ports and running processes. */
class Machine {
  /** What responds at a URL: OpenCode, or the reason why it is not. */
  readonly answers = new Map<string, "openCode" | ServerErrorReason>();
  processes: LocalProcess[] = [];
  processError: ServerError | undefined;
  probes: string[] = [];
  passwordsSent: unknown[] = [];
  lists = 0;
  checks = 0;

  readonly options: LocalSourceOptions = {
    probe: ({ url, password }) => {
      this.probes.push(url);
      if (password !== undefined) this.passwordsSent.push(password);
      const answer = this.answers.get(url) ?? "unreachable";
      return Promise.resolve(
        answer === "openCode"
          ? ok({ version: "1.18.33", pid: undefined })
          : failed(new ServerError(answer, answer)),
      );
    },
    configFiles: [],
    processes: () => {
      this.lists++;
      return Promise.resolve(
        this.processError === undefined ? ok(this.processes) : failed(this.processError),
      );
    },
    isListening: (url) => {
      this.checks++;
      return Promise.resolve(this.answers.has(url) && this.answers.get(url) !== "unreachable");
    },
    delays: { quickMs: 60_000, maxQuickMs: 60_000, fullMs: 60_000, maxFullMs: 60_000 },
    lingerMs: 0,
  };

  run(pid: number, line: string, listening: readonly number[], directory?: string): void {
    this.processes.push({
      pid,
      command: parseOpenCodeCommand(line.split(" "))!,
      directory,
      listening: listening.map((port) => ({ address: "127.0.0.1", port })),
    });
  }
}

const DEFAULT_URL = "http://127.0.0.1:4096";

describe("servers on this machine", () => {
  let machine: Machine;
  let source: LocalSource | undefined;
  let reports: SourceReport[];

  beforeEach(() => {
    machine = new Machine();
    reports = [];
  });
  afterEach(() => {
    shiftClock(0);
    source?.dispose();
    source = undefined;
  });

  async function look(options: Partial<LocalSourceOptions> = {}): Promise<SourceReport> {
    if (source === undefined) {
      source = new LocalSource({ ...machine.options, ...options });
      source.start((report) => reports.push(report));
    }
    await source.refresh();
    return reports.at(-1)!;
  }

  function urlsOf(report: SourceReport): readonly string[] {
    return report.servers.map(({ endpoint }) => endpoint.url);
  }

  itIsAServerSource(() => {
    const world = new Machine();
    world.answers.set(DEFAULT_URL, "openCode");
    return {
      source: new LocalSource(world.options),
      urls: [DEFAULT_URL],
      change: () => {
        world.answers.set("http://127.0.0.1:5000", "openCode");
        world.run(7, "opencode --port 5000", []);
      },
      changedURLs: ["http://127.0.0.1:5000", DEFAULT_URL],
    };
  });

  it("are none on an empty machine", async () => {
    assert.deepEqual(await look(), { servers: [], problems: [] });
    assert.deepEqual(machine.probes, [], "nothing listens, so nobody is asked");
  });

  it("are found on the default port, on the configured port and by process, each once", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "config-"));
    try {
      const file = path.join(folder, "opencode.jsonc");
      writeFileSync(file, '{ "server": { "port": 5005 } }');
      for (const port of [4096, 5005, 16500])
        machine.answers.set(`http://127.0.0.1:${port}`, "openCode");
      machine.run(11, "opencode serve", [4096], "/home/ann/shop");
      machine.run(12, "opencode --port 16500", [16500], "/");
      machine.run(13, "opencode", [], "/home/ann");
      const { servers, problems } = await look({ configFiles: [file] });
      assert.deepEqual(problems, []);
      assert.deepEqual(
        servers.map(({ endpoint }) => [
          endpoint.serverID,
          endpoint.name,
          endpoint.pid,
          endpoint.origin,
        ]),
        [
          [DEFAULT_URL, "shop (127.0.0.1:4096)", 11, "local"],
          ["http://127.0.0.1:16500", "127.0.0.1:16500", 12, "local"],
          ["http://127.0.0.1:5005", "127.0.0.1:5005", undefined, "local"],
        ],
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("are reported without being sent a password if they require one", async () => {
    machine.answers.set(DEFAULT_URL, "unauthorized");
    assert.deepEqual(urlsOf(await look()), [DEFAULT_URL]);
    assert.deepEqual(machine.passwordsSent, []);
  });

  it("are left to the source that knows their password until that source drops them", async () => {
    machine.answers.set(DEFAULT_URL, "unauthorized");
    machine.run(11, "opencode serve", [4096]);
    let isOurs = true;
    const isClaimed: LocalSourceOptions["isClaimed"] = ({ url, pid }) =>
      Promise.resolve(isOurs && url === DEFAULT_URL && pid === 11);
    assert.deepEqual(urlsOf(await look({ isClaimed })), []);
    assert.equal(machine.probes.length, 1);
    await look();
    assert.equal(machine.probes.length, 1, "known to be another source's: not asked again");
    isOurs = false;
    assert.deepEqual(urlsOf(await look()), [DEFAULT_URL]);
    isOurs = true;
    assert.deepEqual(urlsOf(await look()), []);
  });

  for (const reason of ["unsupported", "invalidResponse", "notFound", "rejected"] as const) {
    it(`are not reported if the probe fails with «${reason}»`, async () => {
      machine.answers.set(DEFAULT_URL, reason);
      assert.deepEqual(urlsOf(await look()), []);
    });
  }

  it("are not reported if the process listens but does not respond", async () => {
    machine.run(5, "opencode --port 5000", []);
    assert.deepEqual(urlsOf(await look()), []);
  });

  it("are kept while they respond slowly, as long as the port is open", async () => {
    machine.answers.set(DEFAULT_URL, "openCode");
    await look();
    machine.answers.set(DEFAULT_URL, "timeout");
    assert.deepEqual(urlsOf(await look()), [DEFAULT_URL]);
    assert.equal(machine.probes.length, 1, "an answered question is not asked again");
  });

  it("are probed again when another process takes the port, and dropped if it is not OpenCode", async () => {
    machine.answers.set(DEFAULT_URL, "openCode");
    machine.run(11, "opencode serve", [4096]);
    await look();
    machine.processes = [];
    machine.run(12, "opencode serve", [4096]);
    const again = await look();
    assert.deepEqual(
      again.servers.map(({ endpoint }) => endpoint.pid),
      [12],
    );
    machine.processes = [];
    machine.answers.set(DEFAULT_URL, "unsupported");
    assert.deepEqual(urlsOf(await look()), []);
  });

  for (const [whatever, offsetMs] of [
    ["", 0],
    [", also when the clock is set back", -3_600_000],
  ] as const) {
    it(`linger after they disappear, then are dropped${whatever}`, async () => {
      machine.answers.set(DEFAULT_URL, "openCode");
      await look({ lingerMs: 60 });
      machine.answers.delete(DEFAULT_URL);
      assert.deepEqual(urlsOf(await look()), [DEFAULT_URL]);
      shiftClock(offsetMs);
      await quiet(80);
      assert.deepEqual(urlsOf(await look()), []);
    });
  }

  it("are recognised if they come back while lingering", async () => {
    machine.answers.set(DEFAULT_URL, "openCode");
    await look({ lingerMs: 40 });
    machine.answers.delete(DEFAULT_URL);
    await look();
    machine.answers.set(DEFAULT_URL, "openCode");
    await look();
    await quiet(60);
    assert.deepEqual(urlsOf(await look()), [DEFAULT_URL]);
    assert.equal(reports.length, 1, "nothing changed for anybody");
  });

  it("are still found by port, with a problem reported, if processes cannot be listed", async () => {
    machine.answers.set(DEFAULT_URL, "openCode");
    machine.processError = new ServerError("rejected", "The program ps could not be run: ENOENT.");
    const { servers, problems } = await look();
    assert.equal(servers.length, 1);
    assert.equal(problems.length, 1);
    assert.match(problems[0]!.message, /Could not look for.*ps/);
  });

  it("are found by port only on platforms that cannot list processes", async () => {
    machine.answers.set(DEFAULT_URL, "openCode");
    assert.deepEqual(urlsOf(await look({ processes: undefined })), [DEFAULT_URL]);
  });

  it("are tracked automatically, listing processes only when a port changes or it is time", async () => {
    const fullMs = 10 * waitMs;
    const delays = { quickMs: 10, maxQuickMs: 10, fullMs, maxFullMs: fullMs };
    await look({ delays });
    const lists = machine.lists;
    await until("ports are looked at", () => machine.checks > 3);
    assert.equal(machine.lists, lists, "processes are not");
    machine.answers.set(DEFAULT_URL, "openCode");
    machine.run(11, "opencode serve", [4096]);
    await until("it is found", () => reports.at(-1)?.servers[0]?.endpoint.pid === 11);
    assert.deepEqual(urlsOf(reports.at(-1)!), [DEFAULT_URL]);
    machine.answers.delete(DEFAULT_URL);
    await until("it is gone", () => reports.at(-1)?.servers.length === 0);
  });

  it("are probed only once if foreign, and again when the user refreshes", async () => {
    machine.answers.set(DEFAULT_URL, "unsupported");
    await look({ delays: { quickMs: 10, maxQuickMs: 10, fullMs: 20, maxFullMs: 20 } });
    await until("full looks are made", () => machine.lists > 3);
    const probes = machine.probes.length;
    assert.equal(probes, 1);
    await look();
    assert.equal(machine.probes.length, probes + 1);
  });

  it("are no longer searched for after dispose", async () => {
    await look({ delays: { quickMs: 5, maxQuickMs: 5, fullMs: 5, maxFullMs: 5 } });
    source!.dispose();
    await quiet(20);
    const { checks } = machine;
    await quiet(50);
    assert.equal(machine.checks, checks);
  });
});
