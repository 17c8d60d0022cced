import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { serverEnvironment } from "../../../src/sources/guardedServer.ts";
import { GUARDIAN_ANSWER, GUARDIAN_ORDER } from "../../../src/sources/guardianProtocol.ts";
import { parseJSONAs } from "../../../src/sources/parseJSON.ts";
import { identify, isRunning, listensAt } from "../../../src/sources/processIdentity.ts";
import { WindowWatch } from "../../../src/sources/guardianWatch.ts";
import type { ManagedFiles } from "../../../src/sources/managedLease.ts";
import {
  announceWindow,
  createManagedDirs,
  leaveWindow,
  livingWindows,
  managedFiles,
  readLease,
  removeLease,
  writeLease,
} from "../../../src/sources/managedLease.ts";
import { endProcess, hasEnded, isAlive } from "../../../src/sources/processEnd.ts";
import { skipBecause } from "../../support/suiteReporter.mjs";

/** A process id that no process has: the highest ones are never assigned. */
const DEAD_PID = 2 ** 31 - 2;
const LEASE = {
  url: "http://127.0.0.1:4096",
  server: { pid: 11, startedAt: "a" },
  guardian: { pid: 12, startedAt: "b" },
  password: "pw",
};

describe("sharing a managed server between windows", () => {
  let root: string;
  let files: ManagedFiles;

  beforeEach(async () => {
    root = mkdtempSync(path.join(tmpdir(), "lease-"));
    files = managedFiles(path.join(root, "m"));
    await createManagedDirs(files);
  });
  afterEach(() => {
    rmSync(root, { recursive: true, force: true });
  });

  it("reads its own lease, which other users cannot", async () => {
    await writeLease(files, LEASE);
    const moved = { ...LEASE, server: { pid: 13, startedAt: "c" } };
    await writeLease(files, moved);
    assert.deepEqual(await readLease(files), { kind: "running", lease: moved });
    if (process.platform !== "win32") assert.equal(statSync(files.lease).mode & 0o777, 0o600);
    assert.deepEqual(readdirSync(files.dir).sort(), ["lease-2.json", "windows-2"]);
    await writeLease(files, { message: "It crashed.", endedMs: 5 });
    assert.deepEqual(await readLease(files), { kind: "ended", message: "It crashed.", endedMs: 5 });
    await removeLease(files);
    await removeLease(files);
    assert.equal(await readLease(files), undefined);
  });

  for (const text of [
    "",
    "{",
    "[]",
    '{"url":"http://x","password":"pw","server":{"pid":1},"guardian":{"pid":2,"startedAt":"b"}}',
    '{"url":"http://x","password":"pw","server":{"pid":-1,"startedAt":"a"},"guardian":{"pid":2,"startedAt":"b"}}',
    '{"message":1}',
  ]) {
    it(`does not accept «${text}» as a lease`, async () => {
      writeFileSync(files.lease, text);
      assert.equal(await readLease(files), undefined);
    });
  }

  it("knows the windows that are alive, and forgets dead ones", async () => {
    await announceWindow(files, process.pid);
    await announceWindow(files, process.ppid);
    await announceWindow(files, DEAD_PID);
    writeFileSync(path.join(files.windowsDir, "notes.txt"), "");
    assert.deepEqual(
      [...(await livingWindows(files)).keys()].sort(),
      [process.pid, process.ppid].sort(),
    );
    assert.equal(readdirSync(files.windowsDir).includes(String(DEAD_PID)), false);
    leaveWindow(files, process.pid);
    leaveWindow(files, process.pid);
    assert.deepEqual([...(await livingWindows(files)).keys()], [process.ppid]);
    rmSync(root, { recursive: true });
    leaveWindow(files, process.pid);
    assert.equal((await livingWindows(files)).size, 0);
  });

  it("does not mistake a process without a recent heartbeat for a window", async () => {
    const windows = new WindowWatch(files);
    assert.equal(await windows.areThereAny(0), false);
    await announceWindow(files, process.pid);
    assert.equal(await windows.areThereAny(2_000), true);
    assert.equal(await windows.areThereAny(599_000), true);
    const later = new Date(Date.now() + 30_000);
    utimesSync(path.join(files.windowsDir, String(process.pid)), later, later);
    assert.equal(await windows.areThereAny(2_000), true, "a sign of life");
    assert.equal(await windows.areThereAny(599_000), true);
    assert.equal(await windows.areThereAny(2_000), false);
  });

  it("parses orders and answers, and nothing else", () => {
    const order = {
      kind: "start",
      storageDir: "/s",
      file: "/x/opencode",
      needsShell: false,
      directory: "/",
      startTimeoutMs: 1,
      graceMs: 2,
      checkMs: 3,
    };
    assert.deepEqual(parseJSONAs(GUARDIAN_ORDER, JSON.stringify(order)), order);
    for (const key of Object.keys(order)) {
      assert.equal(
        parseJSONAs(GUARDIAN_ORDER, JSON.stringify({ ...order, [key]: null })),
        undefined,
        key,
      );
    }
    assert.equal(parseJSONAs(GUARDIAN_ORDER, ""), undefined);
    assert.deepEqual(parseJSONAs(GUARDIAN_ANSWER, '{"kind":"guarding"}'), { kind: "guarding" });
    assert.deepEqual(parseJSONAs(GUARDIAN_ANSWER, '{"kind":"failed","message":"x"}'), {
      kind: "failed",
      message: "x",
    });
    for (const line of ['{"kind":"failed"}', '{"kind":"other","message":"x"}', "null", "x"]) {
      assert.equal(parseJSONAs(GUARDIAN_ANSWER, line), undefined, line);
    }
  });

  it("gives the server the window's environment, but not the editor's variables", () => {
    const environment = serverEnvironment(
      {
        PATH: "/bin",
        ELECTRON_RUN_AS_NODE: "1",
        VSCODE_PID: "1",
        NODE_OPTIONS: "--inspect",
        NODE_ENV: "x",
        OPENCODE_SERVER_USERNAME: "ann",
        OPENCODE_SERVER_PASSWORD: "old",
      },
      "pw",
    );
    assert.deepEqual(environment, {
      PATH: "/bin",
      NODE_ENV: "x",
      OPENCODE_SERVER_USERNAME: "opencode",
      OPENCODE_SERVER_PASSWORD: "pw",
      OPENCODE_PASSWORD: "pw",
    });
  });

  describe("processes", () => {
    it("are reported as alive or not", () => {
      assert.equal(isAlive(process.pid), true);
      assert.equal(isAlive(1), true, "another user's process, where this is not root");
      assert.equal(isAlive(DEAD_PID), false);
    });

    it("are identified by their start time", async () => {
      const own = (await identify(process.pid))!;
      assert.equal(await isRunning(own), true);
      assert.equal(await isRunning({ ...own, startedAt: "earlier" }), false);
      assert.equal(await identify(DEAD_PID), undefined);
      const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
      try {
        const other = (await identify(child.pid!))!;
        assert.notEqual(other.startedAt, own.startedAt);
        child.kill("SIGKILL");
        await once(child, "exit");
        assert.equal(await isRunning(other), false);
      } finally {
        child.kill("SIGKILL");
      }
    });

    it("are distinguished by where they listen", async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      // In a group of its own: the parent of this process may lead the group that it is in.
      const other = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"], {
        detached: true,
      });
      try {
        assert.equal(await listensAt(process.pid, `http://127.0.0.1:${port}`), true);
        assert.equal(await listensAt(process.pid, `http://127.0.0.1:${port - 1}`), false);
        assert.equal(await listensAt(other.pid!, `http://127.0.0.1:${port}`), false);
      } finally {
        other.kill("SIGKILL");
        server.close();
      }
      assert.equal(await listensAt(process.pid, `http://127.0.0.1:${port}`), false);
    });

    it("are not ended if they only reuse another process's id", async () => {
      const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
      try {
        assert.equal(await endProcess({ pid: child.pid!, startedAt: "earlier" }, 100), true);
        assert.equal(isAlive(child.pid!), true);
      } finally {
        child.kill("SIGKILL");
      }
    });

    it("are ended together with their children", async function () {
      if (process.platform === "win32") skipBecause(this, "process groups are a Unix thing");
      const child = spawn("sh", ["-c", "trap '' TERM; sleep 60 & echo $!; wait; wait"], {
        detached: true,
        stdio: ["ignore", "pipe", "ignore"],
      });
      const [chunk] = (await once(child.stdout, "data")) as [Buffer];
      const grandchild = Number(chunk.toString());
      assert.equal(isAlive(grandchild), true);
      assert.equal(await endProcess((await identify(child.pid!))!, 100), true);
      assert.equal(await hasEnded(grandchild, 1_000), true);
    });

    it("are not alive once they are zombies", async function () {
      if (process.platform !== "linux")
        skipBecause(this, "it is about Linux containers without init");
      // The shell becomes a program that never reaps the child it inherits.
      const parent = spawn("sh", ["-c", "sleep 0.05 & echo $!; exec sleep 60"], {
        stdio: ["ignore", "pipe", "ignore"],
      });
      try {
        const [chunk] = (await once(parent.stdout, "data")) as [Buffer];
        assert.equal(await hasEnded(Number(chunk.toString()), 2_000), true);
      } finally {
        parent.kill("SIGKILL");
      }
    });
  });
});
