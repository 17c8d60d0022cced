import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isLocked, withLockFile } from "../../../src/sources/lockFile.ts";
import { inOneWindow } from "../../../src/sources/oneWindow.ts";
import { identify } from "../../../src/sources/processIdentity.ts";
import { quiet, waitMs } from "../../support/patience.mjs";
import { until } from "../../support/until.ts";

/** A process id that no process has: the highest ones are never assigned. */
const DEAD_PID = 2 ** 31 - 2;

describe("the lock between windows", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "lock-"));
    file = path.join(folder, "start.lock");
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  /** Runs tasks that compete for the lock; returns the most that held it at once. */
  async function crowd(count: number): Promise<{ most: number; done: number }> {
    let inside = 0;
    let most = 0;
    const results = await Promise.all(
      Array.from({ length: count }, () =>
        withLockFile(file, waitMs, async () => {
          most = Math.max(most, ++inside);
          await quiet(2);
          inside--;
        }),
      ),
    );
    return { most, done: results.filter((result) => result.ok).length };
  }

  it("admits one holder at a time, and everybody eventually", async () => {
    assert.deepEqual(await crowd(8), { most: 1, done: 8 });
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is taken from a dead holder by exactly one waiter", async () => {
    writeFileSync(file, JSON.stringify({ pid: DEAD_PID, startedAt: "never", token: "x" }));
    assert.equal(await isLocked(file), false);
    assert.deepEqual(await crowd(8), { most: 1, done: 8 });
    assert.deepEqual(readdirSync(folder), []);
  });

  it("is taken from a dead holder at once, even while another process is removing it", async () => {
    writeFileSync(file, JSON.stringify({ pid: DEAD_PID, startedAt: "never", token: "x" }));
    const guard = `${file}.removal`;
    writeFileSync(guard, "");
    const taken = withLockFile(file, 0, () => Promise.resolve());
    await quiet(100);
    rmSync(guard);
    assert.equal((await taken).ok, true);
  });

  it("is taken after a moment if its writer died while writing it", async () => {
    writeFileSync(file, "");
    const young = new Date(Date.now() + waitMs);
    utimesSync(file, young, young);
    const fresh = await withLockFile(file, 0, () => Promise.resolve());
    assert.equal(fresh.ok, false, "somebody may be writing it just now");
    const old = new Date(0);
    utimesSync(file, old, old);
    assert.equal((await withLockFile(file, 1_000, () => Promise.resolve(7))).ok, true);
  });

  it("is taken after a moment even if the clock was set back since its writer died", async () => {
    writeFileSync(file, "");
    const later = new Date(Date.now() + 3_600_000);
    utimesSync(file, later, later);
    assert.equal((await withLockFile(file, waitMs, () => Promise.resolve(7))).ok, true);
  });

  it("is taken if another process has reused its holder's id", async () => {
    const itself = (await identify(process.pid))!;
    writeFileSync(file, JSON.stringify({ ...itself, token: "x" }));
    assert.equal((await withLockFile(file, 0, () => Promise.resolve())).ok, false);
    assert.equal(await isLocked(file), true);
    writeFileSync(file, JSON.stringify({ ...itself, startedAt: "earlier", token: "x" }));
    assert.equal(await isLocked(file), false);
    assert.equal((await withLockFile(file, 0, () => Promise.resolve())).ok, true);
  });

  it("fails with a reason if it does not become free in time", async () => {
    const itself = (await identify(process.pid))!;
    writeFileSync(file, JSON.stringify({ ...itself, token: "x" }));
    const result = await withLockFile(file, 50, () => Promise.resolve());
    assert.equal(result.ok ? undefined : result.error.reason, "timeout");
    assert.equal(existsSync(file), true, "a living holder keeps it");
  });

  it("is released when the task fails, and the error is passed on", async () => {
    await assert.rejects(
      withLockFile(file, 1_000, () => Promise.reject(new Error("no"))),
      /no/,
    );
    assert.equal(existsSync(file), false);
  });

  it("is not removed if another holder has taken it over", async () => {
    const itself = (await identify(process.pid))!;
    await withLockFile(file, 1_000, () => {
      writeFileSync(file, JSON.stringify({ ...itself, token: "another" }));
      return Promise.resolve();
    });
    assert.equal(existsSync(file), true);
  });

  it("lets only one of several windows act for the same session", async () => {
    const acted: string[] = [];
    let turnedAway = 0;
    let end: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (end = resolve));
    const act = (thing: string, window: string) =>
      inOneWindow(path.join(folder, "windows"), thing, async () => {
        acted.push(`${window}: ${thing}`);
        await ended;
      }).then(({ ok }) => {
        if (!ok) turnedAway++;
        return ok;
      });
    const all = Promise.all([act("a", "first"), act("a", "second"), act("b", "second")]);
    await until("each acts or is turned away", () => acted.length + turnedAway === 3);
    end();
    const ran = await all;
    assert.deepEqual([ran[0] !== ran[1], ran[2]], [true, true]);
    assert.deepEqual(acted.filter((each) => each.endsWith(": a")).length, 1);
    assert.equal(await act("a", "second"), true, "once the first is done");
  });

  it("throws if the folder cannot be used", async () => {
    await assert.rejects(withLockFile(path.join(folder, "no/lock"), 0, () => Promise.resolve()));
  });
});
