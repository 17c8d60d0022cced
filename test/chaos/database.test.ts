import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Endpoint } from "../../src/core/state/endpoint.ts";
import type { OpenCodeServer } from "../support/opencode/opencodeServer.ts";
import { runProgram } from "../support/opencode/opencodeTools.ts";
import { endpointOf, startPool, type TestPool } from "../support/opencode/pool.ts";
import { node24 } from "../support/project.mjs";
import {
  assertEqualToFresh,
  assertStops,
  connectFresh,
  isLong,
  projectsOf,
  seededRandom,
  selectedTests,
  untilConnected,
} from "./chaos.ts";
import { type ServerWork, workOn } from "./serverWork.ts";
import { sharedServer } from "./sharedServer.ts";
import { patientMs } from "../support/patience.mjs";

const STEPS = isLong ? 40 : 3;
const LASTS_MS = isLong ? 8_000 : 700;

/** Faults of OpenCode's own database under a server, and how the pool recovers from them. */
describe("the pool on a server whose database fails", function () {
  let server: OpenCodeServer;
  let work: ServerWork;
  let endpoint: Endpoint;
  let pool: TestPool;
  const random = seededRandom("databases");

  before(async () => {
    server = await sharedServer();
    work = workOn(server.client, projectsOf(server), random);
    for (let at = 0; at < STEPS; at++) await work.step();
    await work.quiet();
    endpoint = endpointOf(server.url);
    pool = startPool([endpoint]);
    await untilConnected(pool, endpoint);
  });

  after(async () => {
    await assertStops(pool);
  });

  /** Copies the server's files. The server must be down. */
  const saveTo = async (name: string): Promise<string> => {
    const folder = join(server.sandbox.root, name);
    mkdirSync(folder, { recursive: true });
    for (const file of await databaseFiles()) copyFileSync(file, join(folder, basename(file)));
    return folder;
  };
  const databaseFiles = async (): Promise<readonly string[]> => {
    const folder = dirname(server.databasePath);
    const names = await readdir(folder);
    return names
      .filter((name) => name.startsWith(basename(server.databasePath)))
      .map((name) => join(folder, name));
  };
  const removeDatabase = async (): Promise<void> => {
    for (const file of await databaseFiles()) rmSync(file);
  };
  const restoreFrom = async (folder: string): Promise<void> => {
    await removeDatabase();
    for (const name of await readdir(folder)) {
      copyFileSync(join(folder, name), join(dirname(server.databasePath), name));
    }
  };
  /** Moves the whole journal into the file itself, as the last process does when closing it. */
  const checkpoint = async (): Promise<void> => {
    const result = await runProgram(
      node24,
      [
        "--no-warnings",
        "-e",
        `const d = new (require("node:sqlite").DatabaseSync)(process.argv[1]); d.exec("PRAGMA wal_checkpoint(TRUNCATE)"); d.close()`,
        server.databasePath,
      ],
      { cwd: server.sandbox.root, env: {}, timeoutMs: patientMs(20_000) },
    );
    if (result.exitCode !== 0) throw new Error(result.stderr);
  };
  const workAWhile = async (): Promise<void> => {
    const endMs = performance.now() + LASTS_MS;
    for (let at = 0; at < STEPS; at++) await work.step();
    await delay(Math.max(0, endMs - performance.now()));
  };
  const assertUpToDate = async (): Promise<void> => {
    await work.quiet();
    // The pause before each retry grows with every fault. The short form reconnects at once, as a user can.
    if (!isLong) pool.pool.reconnect(endpoint.serverID);
    await untilConnected(pool, endpoint);
    const fresh = await connectFresh(endpoint);
    try {
      await assertEqualToFresh(pool, endpoint, fresh);
    } finally {
      await fresh.pool.stop();
    }
  };

  selectedTests("faults of a database", 2, (test) => {
    test("recovers from a database that another program keeps locked", async () => {
      const locker = spawn(
        node24,
        [
          "--no-warnings",
          "-e",
          `const d = new (require("node:sqlite").DatabaseSync)(process.argv[1]); d.exec("PRAGMA busy_timeout = 5000; BEGIN IMMEDIATE"); process.stdout.write("locked"); process.stdin.resume(); process.stdin.on("end", () => process.exit())`,
          server.databasePath,
        ],
        { stdio: ["pipe", "pipe", "inherit"] },
      );
      const ended = once(locker, "exit");
      try {
        const first = await Promise.race([once(locker.stdout, "data"), ended]);
        assert.equal(String(first[0]), "locked");
        await Promise.race([workAWhile(), delay(LASTS_MS * 4)]);
      } finally {
        locker.stdin.end();
        await ended;
      }
      await assertUpToDate();
    });

    test("recovers from a database that is full or can't grow", async () => {
      const { size } = await stat(`${server.databasePath}-wal`).catch(() => ({ size: 0 }));
      const pid = String(server.pid());
      const limit = (bytes: string): Promise<unknown> =>
        runProgram("prlimit", ["--pid", pid, `--fsize=${bytes}:unlimited`], {
          cwd: server.sandbox.root,
          env: { PATH: process.env["PATH"] ?? "" },
          timeoutMs: patientMs(5_000),
        });
      await limit(String(size + 8_192));
      await workAWhile();
      // The kernel ends a process that may not write any more, or the process survives with failing writes.
      await limit("unlimited");
      await server.restart();
      await assertUpToDate();
    });

    test("recovers from a read-only database", async () => {
      await server.kill();
      await checkpoint();
      // SQLite opens a file as read-only if it doesn't know the file's write version.
      const header = await open(server.databasePath, "r+");
      await header.write(Buffer.from([9]), 0, 1, 18);
      await server.restart().catch(() => undefined);
      await workAWhile();
      await server.kill();
      await header.write(Buffer.from([2]), 0, 1, 18);
      await header.close();
      await server.restart();
      await assertUpToDate();
    });

    test("recovers from a corrupt database", async () => {
      await server.kill();
      await checkpoint();
      const good = await saveTo("good");
      const { size } = await stat(server.databasePath);
      const file = await open(server.databasePath, "r+");
      for (let at = 0; at < 200; at++) {
        const noise = Buffer.from(Array.from({ length: 32 }, () => Math.floor(random() * 256)));
        await file.write(noise, 0, noise.length, 4_096 + Math.floor(random() * (size - 8_192)));
      }
      await file.close();
      await server.restart().catch(() => undefined);
      await workAWhile();
      await server.kill("SIGKILL");
      await restoreFrom(good);
      await server.restart();
      await assertUpToDate();
    });

    test("follows a server back to an older state of its database", async () => {
      await server.kill();
      await checkpoint();
      const old = await saveTo("old");
      await server.restart();
      await workAWhile();
      await server.kill();
      await restoreFrom(old);
      await server.restart();
      await assertUpToDate();
    });

    test("follows a server to an empty database", async () => {
      await server.kill();
      await removeDatabase();
      await server.restart();
      await assertUpToDate();
      if (!existsSync(server.databasePath)) throw new Error("the server made no database");
      await workAWhile();
      await assertUpToDate();
    });
  });
});
