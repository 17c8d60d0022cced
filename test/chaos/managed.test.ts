import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import type { Lease } from "../../src/sources/managedLease.ts";
import { managedFiles, readLease } from "../../src/sources/managedLease.ts";
import { poll } from "../support/opencode/client.ts";
import type { ManagedWindow } from "../support/opencode/managedWindow.ts";
import { buildGuardian, openManagedWindow } from "../support/opencode/managedWindow.ts";
import { opencodeProgram } from "../support/opencode/opencodeServer.ts";
import type { Sandbox } from "../support/opencode/sandbox.ts";
import { createSandbox } from "../support/opencode/sandbox.ts";
import { skipBecause } from "../support/suiteReporter.mjs";
import { isLong, selectedTests } from "./chaos.ts";

/** The long form uses the production times. */
const TIMES = isLong
  ? { graceMs: 20_000, checkMs: 2_000, heartbeatMs: 30_000 }
  : { graceMs: 1_000, checkMs: 300, heartbeatMs: 500 };
const MOST_LEFT_BEHIND_MS = 30_000;

describe("the managed server when something is killed", function () {
  let sandbox: Sandbox;
  let storageDir: string;
  let windows: ManagedWindow[];

  beforeEach(async function () {
    if (process.platform !== "linux") skipBecause(this, "it looks for what is left in /proc");
    sandbox = createSandbox();
    storageDir = path.join(sandbox.root, "managed-server");
    windows = [];
    await buildGuardian(path.join(sandbox.root, "serverGuardian.cjs"));
  });
  afterEach(async () => {
    await Promise.all(windows.map((window) => window.kill()));
    for (const pid of processesOf(sandbox.root)) process.kill(pid, "SIGKILL");
    await sandbox.remove();
  });

  async function openWindow(): Promise<ManagedWindow> {
    const window = await openManagedWindow({
      ...TIMES,
      storageDir,
      guardianFile: path.join(sandbox.root, "serverGuardian.cjs"),
      environment: sandbox.env,
      program: opencodeProgram(sandbox.root),
    });
    windows.push(window);
    return window;
  }

  /** Opens two windows on one real server. */
  async function twoWindows(): Promise<Lease> {
    const [first, second] = await Promise.all([openWindow(), openWindow()]);
    const url = await first.launch();
    await second.waitForURLs([url]);
    return await currentLease();
  }

  async function currentLease(): Promise<Lease> {
    const state = await readLease(managedFiles(storageDir));
    assert.ok(state?.kind === "running");
    return state.lease;
  }

  async function killWindows(): Promise<void> {
    await Promise.all(windows.map((window) => window.kill()));
  }

  async function untilNothingIsLeft(): Promise<void> {
    await poll(
      "server and guardians to be gone",
      () => Promise.resolve(processesOf(sandbox.root).length === 0 ? true : undefined),
      { limitMs: MOST_LEFT_BEHIND_MS },
    );
    assert.notEqual((await readLease(managedFiles(storageDir)))?.kind, "running");
  }

  selectedTests("ends of a private server", 2, (test) => {
    test("ends after all its windows are gone", async () => {
      await twoWindows();
      await killWindows();
      await untilNothingIsLeft();
    });

    test("ends when its guardian is killed together with all windows", async () => {
      const { guardian } = await twoWindows();
      process.kill(guardian.pid, "SIGKILL");
      await killWindows();
      await untilNothingIsLeft();
    });

    test("survives its guardian, and still ends with its windows", async () => {
      const before = await twoWindows();
      process.kill(before.guardian.pid, "SIGKILL");
      const after = await poll("another guardian", async () => {
        const lease = await currentLease();
        return lease.guardian.pid === before.guardian.pid ? undefined : lease;
      });
      assert.deepEqual(after.server, before.server);
      await Promise.all(windows.map((window) => window.waitForURLs([before.url])));
      await killWindows();
      await untilNothingIsLeft();
    });

    test("leaves no guardian when killed itself, and its windows report it", async () => {
      const { server } = await twoWindows();
      process.kill(-server.pid, "SIGKILL");
      for (const window of windows) {
        await window.waitForURLs([]);
        assert.match(window.report()!.problems.join(), /private server stopped/);
      }
      await poll(
        "the guardians to be gone",
        () => {
          const mine = new Set(windows.map(({ pid }) => pid));
          const left = processesOf(sandbox.root).filter((pid) => !mine.has(pid));
          return Promise.resolve(left.length === 0 ? true : undefined);
        },
        { limitMs: MOST_LEFT_BEHIND_MS },
      );
    });

    for (const delayMs of isLong ? [0, 50, 100, 200, 400, 800, 1_600] : [150]) {
      test(`leaves nothing behind when its window is killed ${delayMs} ms into the start`, async () => {
        const window = await openWindow();
        void window.launch();
        await delay(delayMs);
        await window.kill();
        await untilNothingIsLeft();
      });
    }
  });
});

/** Processes with the folder in their environment or command line. */
function processesOf(folder: string): readonly number[] {
  return readdirSync("/proc").flatMap((name) => {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) return [];
    try {
      const known = ["environ", "cmdline"].map((file) =>
        readFileSync(`/proc/${name}/${file}`, "utf8"),
      );
      return known.some((text) => text.includes(folder)) ? [pid] : [];
    } catch {
      // It has ended, or belongs to another user.
      return [];
    }
  });
}
