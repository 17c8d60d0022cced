import assert from "node:assert/strict";
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { spawn } from "node:child_process";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { detectServer } from "../../src/server/detectServer.ts";
import type { Lease } from "../../src/sources/managedLease.ts";
import {
  createManagedDirs,
  managedFiles,
  readLease,
  removeLease,
  writeLease,
} from "../../src/sources/managedLease.ts";
import { ManagedServer } from "../../src/sources/managedServer.ts";
import type { ManagedServerOptions } from "../../src/sources/managedServer.ts";
import { isAlive } from "../../src/sources/processEnd.ts";
import type { ProcessIdentity } from "../../src/sources/processIdentity.ts";
import { identify } from "../../src/sources/processIdentity.ts";
import type { SourceReport } from "../../src/sources/source.ts";
import { endWithProgram } from "../support/cleanup.mjs";
import { poll } from "../support/opencode/client.ts";
import type { ManagedWindow } from "../support/opencode/managedWindow.ts";
import { buildGuardian, openManagedWindow } from "../support/opencode/managedWindow.ts";
import { skipBecause } from "../support/suiteReporter.mjs";
import type { FakeMode } from "../support/opencode/fakeOpenCode.ts";
import { writeFakeOpenCode } from "../support/opencode/fakeOpenCode.ts";
import { itIsAServerSource } from "../unit/sources/sourceContract.ts";
import { patientMs, quiet } from "../support/patience.mjs";

/** A process that doesn't exist: the highest ids are never assigned. */
const DEAD: ProcessIdentity = { pid: 2 ** 31 - 2, startedAt: "never" };

describe("the managed server with a program that misbehaves", function () {
  let programDir: string;
  let guardianFile: string;
  let program: string;
  let root: string;
  let storageDir: string;
  let windows: ManagedWindow[];
  let managed: ManagedServer | undefined;
  let reports: SourceReport[];

  before(async function () {
    if (process.platform === "win32") skipBecause(this, "its fake program is a Unix script");
    programDir = temporaryFolder("managed-program-");
    guardianFile = path.join(programDir, "serverGuardian.cjs");
    program = writeFakeOpenCode(programDir);
    await buildGuardian(guardianFile);
  });
  after(() => {
    rmSync(programDir, { recursive: true, force: true });
  });

  beforeEach(() => {
    root = temporaryFolder("managed-");
    storageDir = path.join(root, "managed-server");
    windows = [];
    reports = [];
  });
  afterEach(async () => {
    await managed?.dispose();
    managed = undefined;
    for (const server of closeLater.splice(0)) server.close();
    await Promise.all(windows.map((window) => window.kill()));
    const lease = await currentLease();
    rmSync(root, { recursive: true, force: true });
    // Without its folder, a guardian stops its server.
    if (lease !== undefined) await gone(lease.server.pid, lease.guardian.pid);
  });

  function options(mode: FakeMode, more: Partial<ManagedServerOptions> = {}): ManagedServerOptions {
    return {
      probe: detectServer,
      storageDir,
      guardianFile,
      program: () => program,
      environment: { FAKE_MODE: mode, FAKE_PID_FILE: path.join(root, "wrapped.pid") },
      graceMs: 400,
      checkMs: 100,
      heartbeatMs: 200,
      ...more,
    };
  }

  async function open(
    mode: FakeMode,
    more: Partial<ManagedServerOptions> = {},
  ): Promise<ManagedServer> {
    managed = new ManagedServer(options(mode, more));
    managed.start((report) => reports.push(report));
    await managed.refresh();
    return managed;
  }

  async function openWindow(more: Partial<ManagedServerOptions> = {}): Promise<ManagedWindow> {
    const { environment, graceMs, checkMs, heartbeatMs } = { ...options("serve"), ...more };
    const window = await openManagedWindow({
      storageDir,
      guardianFile,
      program,
      environment: environment ?? {},
      graceMs: graceMs ?? 400,
      checkMs: checkMs ?? 100,
      heartbeatMs: heartbeatMs ?? 200,
    });
    windows.push(window);
    return window;
  }

  async function currentLease(): Promise<Lease | undefined> {
    const state = await readLease(managedFiles(storageDir));
    return state?.kind === "running" ? state.lease : undefined;
  }

  async function gone(...pids: readonly number[]): Promise<void> {
    for (const pid of pids) {
      await poll(`process ${pid} to be gone`, () =>
        Promise.resolve(isAlive(pid) ? undefined : true),
      );
    }
  }

  function announced(): readonly string[] {
    return readdirSync(managedFiles(storageDir).windowsDir);
  }

  describe("as a source", () => {
    itIsAServerSource(async () => {
      const files = managedFiles(path.join(mkdtempSync(path.join(root, "source-")), "m"));
      await createManagedDirs(files);
      const [first, second] = [await startAnswering("one"), await startAnswering("two")];
      const itself = (await identify(process.pid))!;
      const lease = { server: itself, guardian: itself };
      await writeLease(files, { ...lease, url: first.url, password: "one" });
      return {
        source: new ManagedServer(options("serve", { storageDir: files.dir })),
        urls: [first.url],
        change: () => writeLease(files, { ...lease, url: second.url, password: "two" }),
        changedURLs: [second.url],
      };
    });
  });

  it("reports nothing until it is launched", async () => {
    await open("serve");
    assert.deepEqual(reports, [{ servers: [], problems: [] }]);
  });

  it("starts on loopback with its own password, which only this user can read", async () => {
    const launched = await (await open("serve")).launch();
    assert.ok(launched.ok);
    const { url, serverID, origin, username } = launched.value;
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    assert.deepEqual([serverID, origin, username], ["managed", "managed", "opencode"]);
    const [found] = reports.at(-1)!.servers;
    const { password } = found!;
    assert.ok(password !== undefined && password.length >= 32);
    assert.equal((await detectServer({ url, username, password })).ok, true);
    const refused = await detectServer({ url, username, password: undefined });
    assert.equal(refused.ok ? undefined : refused.error.reason, "unauthorized");
    const files = managedFiles(storageDir);
    assert.equal(statSync(files.lease).mode & 0o777, 0o600);
    assert.equal(statSync(files.dir).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(files.dir).sort(), ["lease-2.json", "windows-2"]);
    const lease = await currentLease();
    const commandLines = [lease!.server.pid, lease!.guardian.pid]
      .map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8"))
      .join();
    assert.equal(commandLines.includes(password), false, "no password in an argument");
  });

  it("starts only once, however often it is launched, and joins a running one", async () => {
    const server = await open("serve");
    const [first, second] = await Promise.all([server.launch(), server.launch()]);
    const third = await server.launch();
    assert.ok(first.ok && second.ok && third.ok);
    assert.equal(first.value.url, second.value.url);
    assert.equal(first.value.pid, third.value.pid);
  });

  it("says how to get OpenCode if it is missing", async () => {
    const missing = path.join(root, "no such program");
    const launched = await (await open("serve", { program: () => missing })).launch();
    assert.ok(!launched.ok);
    assert.equal(launched.error.reason, "notFound");
    assert.match(
      launched.error.message,
      /npm install -g opencode-ai.*opencodeSessions\.opencodePath/,
    );
    assert.ok(launched.error.message.includes(missing));
    assert.deepEqual(announced(), []);
  });

  it("reports OpenCode's last output when it exits early", async () => {
    const launched = await (await open("fail")).launch();
    assert.ok(!launched.ok);
    assert.equal(
      launched.error.message,
      "OpenCode exited (exit code 3). Its last output: Error: the config is broken",
    );
    assert.equal(await currentLease(), undefined);
    assert.deepEqual(announced(), []);
    assert.deepEqual(reports.at(-1), { servers: [], problems: [] });
  });

  it("gives up on a program that never listens, and ends it", async () => {
    const server = await open("silent", { startTimeoutMs: 600 });
    const launching = server.launch();
    const pid = await runningFake();
    const launched = await launching;
    assert.ok(!launched.ok);
    assert.match(launched.error.message, /did not answer within 0\.6 s/);
    await gone(pid);
  });

  it("rejects a program that listens on other interfaces, and ends it", async () => {
    const launched = await (await open("everywhere")).launch();
    assert.ok(!launched.ok);
    assert.match(launched.error.message, /outside this machine/);
    assert.equal(await currentLease(), undefined);
  });

  it("rejects a program that isn't OpenCode, and ends it", async () => {
    const launching = (await open("somethingElse")).launch();
    const pid = await runningFake();
    const launched = await launching;
    assert.ok(!launched.ok);
    assert.equal(launched.error.reason, "invalidResponse");
    assert.equal(await currentLease(), undefined);
    await gone(pid);
  });

  it("can be cancelled while starting", async () => {
    const cancel = new AbortController();
    const launching = (await open("silent")).launch(cancel.signal);
    const pid = await runningFake();
    cancel.abort();
    const launched = await launching;
    assert.equal(launched.ok ? undefined : launched.error.reason, "cancelled");
    await gone(pid);
    assert.deepEqual(announced(), []);
  });

  it("doesn't survive a window that closes or is killed during the start", async () => {
    const server = await open("silent");
    const launching = server.launch();
    const pid = await runningFake();
    await server.dispose();
    assert.equal((await launching).ok, false);
    await gone(pid);
    const window = await openWindow(options("silent"));
    void window.launch();
    const second = await runningFake();
    await window.kill();
    await gone(second);
  });

  it("stops on request, by force if necessary, and can be started again", async () => {
    const server = await open("stubborn");
    assert.ok((await server.launch()).ok);
    const lease = (await currentLease())!;
    const stopped = await server.stop();
    assert.equal(stopped.ok, true);
    assert.equal(isAlive(lease.server.pid), false);
    assert.deepEqual(reports.at(-1), { servers: [], problems: [] });
    assert.deepEqual(announced(), []);
    await gone(lease.guardian.pid);
    assert.equal((await server.stop()).ok, true, "nothing to stop is fine");
    assert.ok((await server.launch()).ok);
  });

  it("ends the real program behind a script", async () => {
    const server = await open("wrapped");
    assert.ok((await server.launch()).ok);
    const lease = (await currentLease())!;
    const pid = Number(readFileSync(path.join(root, "wrapped.pid"), "utf8"));
    assert.notEqual(pid, lease.server.pid);
    assert.equal(isAlive(pid), true);
    await server.stop();
    await gone(pid, lease.server.pid, lease.guardian.pid);
  });

  it("reports a crash of the server, with its last output", async () => {
    const server = await open("crashSoon");
    assert.ok((await server.launch()).ok);
    await poll("the crash to be reported", () =>
      Promise.resolve(reports.at(-1)!.problems.length > 0 || undefined),
    );
    const { servers, problems } = reports.at(-1)!;
    assert.deepEqual(servers, []);
    assert.match(problems[0]!.message, /stopped\. OpenCode exited.*Panic: out of luck/);
    await server.dispose();
    reports = [];
    await open("serve");
    assert.deepEqual(reports, [{ servers: [], problems: [] }], "old news for a new window");
    assert.ok((await managed!.launch()).ok);
  });

  const stale: readonly (readonly [string, () => Promise<Partial<Lease>>])[] = [
    ["whose process is dead", () => Promise.resolve({})],
    [
      "whose process id has been given to another program",
      () => Promise.resolve({ server: { pid: process.pid, startedAt: "before" } }),
    ],
    [
      "whose password is refused",
      async () => {
        const { url } = await startAnswering("another");
        return { url, server: await itself() };
      },
    ],
    [
      "whose server needs no password",
      async () => {
        const { url } = await startAnswering(undefined);
        return { url, server: await itself() };
      },
    ],
  ];
  for (const [what, lease] of stale) {
    it(`replaces a lease ${what}`, async () => {
      const files = managedFiles(storageDir);
      await createManagedDirs(files);
      await writeLease(files, {
        url: "http://127.0.0.1:9",
        server: DEAD,
        guardian: DEAD,
        password: "old",
        ...(await lease()),
      });
      const server = await open("serve");
      assert.deepEqual(reports, [{ servers: [], problems: [] }]);
      // Its process is this one, which must survive.
      await removeLease(files);
      const launched = await server.launch();
      assert.ok(launched.ok);
      assert.equal(reports.at(-1)!.servers.length, 1);
    });
  }

  it("sends its password only to the process that was started with it", async () => {
    const files = managedFiles(storageDir);
    await createManagedDirs(files);
    const impostor = await startAnswering("secret");
    const unproved: readonly Partial<Lease>[] = [
      { server: DEAD },
      { server: { ...(await itself()), startedAt: "before" } },
      // A process that is alive, but doesn't listen there.
      { server: (await identify(process.ppid))! },
    ];
    for (const lease of unproved) {
      await writeLease(files, {
        url: impostor.url,
        server: DEAD,
        guardian: DEAD,
        password: "secret",
        ...lease,
      });
      await open("serve");
      await managed!.dispose();
    }
    assert.deepEqual(
      reports.flatMap(({ servers }) => servers),
      [],
    );
    assert.deepEqual(impostor.authorizations, []);
    await removeLease(files);
  });

  it("first connects without the password, and never sends it to a server that accepts that", async () => {
    const files = managedFiles(storageDir);
    await createManagedDirs(files);
    const generous = await startAnswering(undefined);
    await writeLease(files, {
      url: generous.url,
      server: await itself(),
      guardian: await itself(),
      password: "secret",
    });
    await open("serve");
    assert.deepEqual(reports, [{ servers: [], problems: [] }]);
    assert.deepEqual(generous.authorizations, []);
    await removeLease(files);
  });

  it("spares a process that reuses the id of a dead server", async () => {
    const files = managedFiles(storageDir);
    await createManagedDirs(files);
    const bystander = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    const { startedAt } = (await identify(bystander.pid!))!;
    try {
      const stranger = await startAnswering(undefined);
      await writeLease(files, {
        url: stranger.url,
        server: { pid: bystander.pid!, startedAt: `not ${startedAt}` },
        guardian: DEAD,
        password: "old",
      });
      const server = await open("serve");
      assert.ok((await server.stop()).ok);
      assert.equal(isAlive(bystander.pid!), true);
      assert.equal(await currentLease(), undefined);
    } finally {
      bystander.kill("SIGKILL");
    }
  });

  it("ignores a lease that it can't parse", async () => {
    const files = managedFiles(storageDir);
    await createManagedDirs(files);
    writeFileSync(files.lease, '{"url":"http://127.0.0.1:9","pid":"1"}');
    assert.equal(await readLease(files), undefined);
    assert.ok((await (await open("serve")).launch()).ok);
  });

  it("reports that its folder can't be used", async () => {
    const launched = await (
      await open("serve", { storageDir: path.join(program, "not-a-folder") })
    ).launch();
    assert.ok(!launched.ok);
    assert.match(launched.error.message, /folder of the private server cannot be used/);
  });

  it("claims its own address and process, and anything that appears while it starts", async () => {
    const server = await open("serve");
    const stranger = { url: "http://127.0.0.1:9", pid: undefined };
    assert.equal(await server.claims(stranger), false);
    const launching = server.launch();
    await poll("the start to begin", () =>
      Promise.resolve(existsSync(managedFiles(storageDir).lock) || undefined),
    );
    assert.equal(await server.claims(stranger), true);
    await launching;
    const lease = (await currentLease())!;
    assert.equal(await server.claims({ url: lease.url, pid: undefined }), true);
    assert.equal(await server.claims({ url: "http://127.0.0.1:9", pid: lease.server.pid }), true);
    assert.equal(await server.claims(stranger), false);
  });

  describe("with several windows", () => {
    it("is a single server when two start it at once, and ends with the last", async () => {
      const [first, second] = await Promise.all([openWindow(), openWindow()]);
      const [one, two] = await Promise.all([first.launch(), second.launch()]);
      assert.match(one, /^http:/);
      assert.equal(one, two);
      const lease = (await currentLease())!;
      assert.deepEqual([...announced()].sort(), [String(first.pid), String(second.pid)].sort());
      await first.close();
      await quiet(1_000);
      assert.equal(isAlive(lease.server.pid), true, "one window is left");
      await second.close();
      await gone(lease.server.pid, lease.guardian.pid);
      assert.equal(await currentLease(), undefined);
    });

    it("is joined by windows that open later, and gone for all once one stops it", async () => {
      const first = await openWindow();
      const url = await first.launch();
      const second = await openWindow();
      await second.waitForURLs([url]);
      const third = await openWindow();
      assert.equal(await second.stop(), "");
      for (const window of [first, second, third]) await window.waitForURLs([]);
      assert.deepEqual(first.report()!.problems, []);
    });

    it("appears in windows that are already open", async () => {
      const waiting = await openWindow({ heartbeatMs: 60_000 });
      const url = await (await openWindow()).launch();
      await waiting.waitForURLs([url]);
    });

    it("appears in a window that opened while it wasn't answering", async () => {
      const first = await openWindow();
      const url = await first.launch();
      const lease = (await currentLease())!;
      process.kill(lease.server.pid, "SIGSTOP");
      try {
        const second = await openWindow({ heartbeatMs: 60_000 });
        assert.deepEqual(second.report()!.urls, []);
        process.kill(lease.server.pid, "SIGCONT");
        await second.waitForURLs([url]);
      } finally {
        process.kill(lease.server.pid, "SIGCONT");
      }
    });

    it("survives the reload of its only window", async () => {
      const before = await openWindow({ graceMs: 4_000 });
      const url = await before.launch();
      const lease = (await currentLease())!;
      await before.close();
      const afterwards = await openWindow({ graceMs: 4_000 });
      await afterwards.waitForURLs([url]);
      assert.deepEqual(await currentLease(), lease);
    });

    it("doesn't outlive windows that were killed", async () => {
      const [first, second] = await Promise.all([openWindow(), openWindow()]);
      const url = await first.launch();
      await second.waitForURLs([url]);
      const lease = (await currentLease())!;
      await Promise.all([first.kill(), second.kill()]);
      const killedMs = performance.now();
      await gone(lease.server.pid, lease.guardian.pid);
      assert.ok(performance.now() - killedMs < patientMs(6_000), "0.4 s of grace");
      assert.deepEqual(announced(), []);
    });

    it("gets a new guardian when its own is killed, and still ends with the last window", async () => {
      const window = await openWindow();
      const url = await window.launch();
      const lease = (await currentLease())!;
      process.kill(lease.guardian.pid, "SIGKILL");
      const adopted = await poll("a new guardian", async () => {
        const now = await currentLease();
        return now !== undefined && now.guardian.pid !== lease.guardian.pid ? now : undefined;
      });
      assert.deepEqual(
        [adopted.url, adopted.server.pid, adopted.password],
        [url, lease.server.pid, lease.password],
      );
      await window.close();
      await gone(adopted.server.pid, adopted.guardian.pid);
    });

    it("isn't left behind when its guardian and all windows are killed together", async () => {
      const windows = await Promise.all([openWindow(), openWindow()]);
      const url = await windows[0].launch();
      await windows[1].waitForURLs([url]);
      const lease = (await currentLease())!;
      process.kill(lease.guardian.pid, "SIGKILL");
      await Promise.all(windows.map((window) => window.kill()));
      await gone(lease.server.pid);
      assert.equal(await currentLease(), undefined);
    });

    it("isn't left behind when they are killed during the start", async () => {
      const window = await openWindow(options("silent"));
      void window.launch();
      const pid = await runningFake();
      process.kill(parentOf(pid), "SIGKILL");
      await window.kill();
      await gone(pid);
    });

    it("keeps a second guardian, and replaces it when that one is killed", async () => {
      const window = await openWindow();
      await window.launch();
      const lease = (await currentLease())!;
      const standby = await standbyOf(lease.guardian.pid);
      process.kill(standby, "SIGKILL");
      // Killed before the next one has read anything.
      const next = await nextChildOf(lease.guardian.pid, [standby, lease.server.pid]);
      process.kill(lease.guardian.pid, "SIGKILL");
      await window.kill();
      await gone(lease.server.pid, next);
    });

    it("is found again after guardian and windows were all killed", async () => {
      const window = await openWindow({ graceMs: 4_000 });
      const url = await window.launch();
      const lease = (await currentLease())!;
      process.kill(lease.guardian.pid, "SIGKILL");
      await window.kill();
      assert.equal(isAlive(lease.server.pid), true);
      const next = await openWindow({ graceMs: 4_000 });
      await next.waitForURLs([url]);
      await next.close();
      await gone(lease.server.pid);
    });

    it("stops when its guardian is terminated", async () => {
      const window = await openWindow();
      await window.launch();
      const lease = (await currentLease())!;
      process.kill(lease.guardian.pid, "SIGTERM");
      await gone(lease.server.pid, lease.guardian.pid);
      await window.waitForURLs([]);
    });
  });

  /** The second guardian, which the first one started beside the server. */
  async function standbyOf(guardian: number): Promise<number> {
    return await poll("the second guardian to run", () => {
      for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
        try {
          const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8");
          if (commandLine.includes(guardianFile) && parentOf(Number(name)) === guardian) {
            return Promise.resolve(Number(name));
          }
        } catch {
          // It has ended.
        }
      }
      return Promise.resolve(undefined);
    });
  }

  /** The fake program running for the guardian that this test started. */
  async function runningFake(): Promise<number> {
    return await poll("the program to run", () => {
      for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
        try {
          const environment = readFileSync(`/proc/${name}/environ`, "utf8");
          const commandLine = readFileSync(`/proc/${name}/cmdline`, "utf8");
          if (
            environment.includes(`FAKE_PID_FILE=${root}`) &&
            commandLine.includes(`${program}\0serve`)
          ) {
            return Promise.resolve(Number(name));
          }
        } catch {
          // It has ended, or belongs to another user.
        }
      }
      return Promise.resolve(undefined);
    });
  }
});

/** The first new child of a process that isn't one of `known`, as soon as there is one. */
async function nextChildOf(pid: number, known: readonly number[]): Promise<number> {
  const deadlineMs = performance.now() + 15_000;
  while (performance.now() < deadlineMs) {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
    const found = text.trim().split(" ").map(Number);
    const next = found.find((child) => child > 0 && !known.includes(child));
    if (next !== undefined) return next;
    await nextTurn();
  }
  throw new Error("timed out after 15 s waiting for another child");
}

function parentOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
}

/** A folder that is also removed when these tests are interrupted. */
function temporaryFolder(prefix: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  endWithProgram({ stop: remove, kill: remove });
  return folder;
}

interface Answering {
  readonly url: string;
  readonly server: Server;
  /** The credentials received, in order. */
  readonly authorizations: readonly string[];
}

/** A server in this process that answers like OpenCode 1: with the password, or to everyone if undefined. */
async function startAnswering(password: string | undefined): Promise<Answering> {
  const wanted = `Basic ${Buffer.from(`opencode:${password}`).toString("base64")}`;
  const authorizations: string[] = [];
  const server = createServer((request, response) => {
    const { authorization } = request.headers;
    if (authorization !== undefined) authorizations.push(authorization);
    response.statusCode = password === undefined || authorization === wanted ? 200 : 401;
    response.setHeader("content-type", "application/json");
    response.setHeader("connection", "close");
    const isHealth = request.url === "/global/health" && response.statusCode === 200;
    response.end(isHealth ? '{"healthy":true,"version":"1.18.33"}' : "{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  closeLater.push(server);
  return { url, server, authorizations };
}

const closeLater: Server[] = [];

async function itself(): Promise<ProcessIdentity> {
  return (await identify(process.pid))!;
}
