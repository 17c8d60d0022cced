import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { SILENT_LOG } from "../../../src/core/log.ts";
import { ClaimedTurns } from "../../../src/window/claimedTurns.ts";
import { HeldTimers } from "../../support/heldTimers.ts";
import { poll } from "../../support/opencode/client.ts";
import { quiet, waitMs } from "../../support/patience.mjs";
import { until } from "../../support/until.ts";

/** A process id that no process has: the highest ones are never assigned. */
const DEAD_PID = 2 ** 31 - 2;

describe("the window that announces an item", function () {
  let folder: string;
  let windows: ClaimedTurns[];
  let lingerMs: number;
  let waits: HeldTimers | undefined;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "told-"));
    windows = [];
    lingerMs = 100;
  });
  afterEach(() => {
    waits?.restore();
    waits = undefined;
    for (const window of windows) window.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const open = (isInFront = true, shared = folder): ClaimedTurns => {
    const window = new ClaimedTurns({
      ...{ folder: shared, isInFront: () => isInFront, log: SILENT_LOG },
      get lingerMs() {
        return lingerMs;
      },
    });
    windows.push(window);
    return window;
  };

  it("is one of several that learn of it at once, until it releases the claim", async () => {
    const [first, second, third] = [open(), open(), open()];
    const takes = await Promise.all([first, second, third].map((each) => each.claim("request 1")));
    assert.equal(takes.filter(Boolean).length, 1);
    const teller = windows[takes.indexOf(true)]!;
    assert.equal(await open().claim("request 1"), false, "a window that is opened later");
    assert.equal(await teller.take("request 1"), true, "it may tell the same again");
    assert.equal(await open().take("request 2"), true, "another thing is anybody's");
    lingerMs = 10 * waitMs;
    teller.release("request 1");
    await quiet(100);
    assert.equal(await open().claim("request 1"), false, "another may learn of it a little later");
    assert.equal(await teller.claim("request 1"), true);
    lingerMs = 100;
    teller.release("request 1");
    await poll("the thing to be free", async () => (await open().claim("request 1")) || undefined);
  });

  it("is the focused one, even if another learned of it first", async () => {
    waits = new HeldTimers();
    const behind = open(false).take("failed 1");
    const inFront = open().take("failed 1");
    await Promise.race([behind, inFront]);
    waits.letGo();
    assert.equal(await inFront, true);
    assert.equal(await behind, false);
  });

  it("is one of the unfocused ones if none is focused", async () => {
    const takes = await Promise.all([open(false), open(false)].map((each) => each.take("a")));
    assert.deepEqual(takes.filter(Boolean), [true]);
  });

  it("is the next one when a window closes, whose leftovers are removed", async () => {
    const first = open();
    assert.equal(await first.take("request 1"), true);
    first.dispose();
    await poll("an empty folder", () =>
      Promise.resolve(readdirSync(folder).length === 0 || undefined),
    );
    assert.equal(await open().take("request 1"), true);
  });

  it("is the reloaded one, even if its old instance ends after the new one starts", async () => {
    const before = open();
    await before.take("request 1");
    waits = new HeldTimers();
    const after = open().take("request 1");
    await until("it is turned away for now", () => waits!.count === 1);
    before.dispose();
    await until("an empty folder", () => readdirSync(folder).length === 0);
    waits.letGo();
    assert.equal(await after, true);
  });

  it("removes the leftovers of killed windows", async () => {
    const left = path.join(folder, `${"0".repeat(32)}.lock`);
    writeFileSync(left, JSON.stringify({ pid: DEAD_PID, startedAt: "never", token: "x" }));
    await open().take("request 1");
    await until("that of the living is left", () => readdirSync(folder).length === 1);
    assert.equal(existsSync(left), false);
  });

  it("is every window if no file can be written", async () => {
    const file = path.join(folder, "file");
    writeFileSync(file, "");
    assert.equal(await open(true, path.join(file, "told")).take("request 1"), true);
    assert.equal(await open(true, path.join(file, "told")).take("request 1"), true);
  });
});
