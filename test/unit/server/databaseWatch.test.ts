import assert from "node:assert/strict";
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";

import type { Action } from "../../../src/core/state/actions.ts";
import { ok } from "../../../src/core/result.ts";
import type { Session } from "../../../src/core/state/session.ts";
import type { State } from "../../../src/core/state/state.ts";
import type { ConnectionContext } from "../../../src/server/connectionContext.ts";
import { dataFolders } from "../../../src/server/databaseFile.ts";
import { DatabaseWatch } from "../../../src/server/databaseWatch.ts";
import type { Gateway } from "../../../src/server/gateway.ts";
import { HeldTimers } from "../../support/heldTimers.ts";
import { contextWith, endLife } from "../../support/opencode/life.ts";
import { quiet } from "../../support/patience.mjs";
import { shiftClock } from "../../support/shiftClock.ts";
import { aServer, aSession, NOW_MS, stateWith } from "../../support/seed/builders.ts";
import { until } from "../../support/until.ts";

const serverID = "http://127.0.0.1:4096";

describe("the database watch", function () {
  let root: string;
  let journal: string;
  let context: ConnectionContext | undefined;
  let state: State;
  let rows: readonly Session[];
  let startsMs: number[];
  let fullLists: number;
  let dispatched: Action[];
  let contexts: string[];
  let timers: HeldTimers;
  let passedMs: number;

  beforeEach(() => {
    timers = new HeldTimers();
    passedMs = 0;
    const now = performance.now.bind(performance);
    mock.method(performance, "now", () => now() + passedMs);
    root = mkdtempSync(join(tmpdir(), "opencode-sessions-watch-"));
    mkdirSync(join(root, "data", "opencode"), { recursive: true });
    writeFileSync(join(root, "data", "opencode", "opencode.db"), "");
    journal = join(root, "data", "opencode", "opencode.db-wal");
    writeFileSync(journal, "");
    state = stateWith(
      aServer({
        sessions: [aSession({ id: "idle", updatedMs: NOW_MS }), aSession({ id: "busy" })],
        activities: { busy: { kind: "working", sinceMs: NOW_MS } },
      }),
    );
    rows = [];
    startsMs = [];
    fullLists = 0;
    dispatched = [];
    contexts = [];
  });

  afterEach(() => {
    shiftClock(0);
    timers.restore();
    mock.restoreAll();
    if (context !== undefined) endLife(context);
    rmSync(root, { recursive: true, force: true });
  });

  async function start(fullListMs = 60_000): Promise<void> {
    const gateway: Partial<Gateway> = {
      listSessionsSince: (updatedMs) => {
        startsMs.push(updatedMs);
        return Promise.resolve(ok(rows));
      },
    };
    const server = state.servers.get(serverID);
    context = contextWith(
      { state, flush: () => undefined, dispatch: (action) => dispatched.push(action) },
      serverID,
      gateway,
    );
    const watch = new DatabaseWatch({
      context,
      endpoint: server!.endpoint,
      folders: () => Promise.resolve(ok({ home: root, state: join(root, "state", "opencode") })),
      listAll: () => {
        fullLists++;
        return Promise.resolve();
      },
      contextChanged: (sessionID) => contexts.push(sessionID),
      fullListMs,
    });
    await watch.start();
  }

  /** Lets time pass for the watch only. */
  function pass(timeMs: number): void {
    passedMs += timeMs;
    timers.pass(timeMs);
  }

  /** Waits until a write is noticed, which brings the checks to this many in total; no more may be scheduled. */
  async function looked(looks: number): Promise<void> {
    await until("a check and a full list to be scheduled", () => timers.count === 2);
    await quiet(100);
    pass(1_400);
    assert.equal(startsMs.length, looks);
    await quiet(100);
    assert.equal(timers.count, 1, "only the full list is scheduled");
  }

  it("reads a burst of writes once, including rows that changed without a newer timestamp", async () => {
    await start();
    rows = [aSession({ id: "idle", updatedMs: NOW_MS, costUSD: 1 }), aSession({ id: "new" })];
    for (let index = 0; index < 20; index++) appendFileSync(journal, "x");
    await looked(1);
    assert.ok(startsMs[0]! <= NOW_MS - 5 * 60_000, "totals of a running turn would be missed");
    assert.deepEqual(
      dispatched.map(
        (action) => action.type === "session.upserted" && [action.session.id, action.origin],
      ),
      [
        ["idle", "read"],
        ["new", "read"],
      ],
    );
    assert.deepEqual(contexts, ["idle", "new"]);
  });

  it("keeps working when the clock is set back or ahead by an hour", async () => {
    await start();
    appendFileSync(journal, "x");
    await looked(1);
    for (const [looks, hours] of [
      [2, -1],
      [3, 1],
    ] as const) {
      shiftClock(hours * 3_600_000);
      appendFileSync(journal, "x");
      await looked(looks);
    }
  });

  it("reports neither rows it knows nor sessions running in the server itself", async () => {
    await start();
    rows = [aSession({ id: "idle", updatedMs: NOW_MS }), aSession({ id: "busy", costUSD: 2 })];
    appendFileSync(journal, "x");
    await looked(1);
    assert.deepEqual(dispatched, []);
  });

  it("checks again for writes during a check, and reads full lists only occasionally", async () => {
    const startMs = performance.now();
    await start(1_500);
    // As many as a busy machine needs to notice some of them.
    for (let writes = 0; writes < 80 || startsMs.length < 2 || fullLists < 1; writes++) {
      appendFileSync(journal, "x");
      await until("the write is noticed", () => timers.count > 0);
      pass(50);
      await quiet(2);
    }
    const tookMs = performance.now() - startMs;
    assert.ok(
      startsMs.length <= 1 + Math.floor(tookMs / 1_400),
      `${String(startsMs.length)} looks in ${String(tookMs)} ms`,
    );
    assert.ok(
      fullLists <= Math.floor(tookMs / 1_500),
      `${String(fullLists)} full lists in ${String(tookMs)} ms`,
    );
    const looks = startsMs.length;
    assert.ok(context !== undefined);
    endLife(context);
    appendFileSync(journal, "x");
    await quiet(100);
    pass(60_000);
    assert.equal(startsMs.length, looks, "it went on after its end");
  });

  it("watches only an existing file of that name, and does nothing without one", async () => {
    rmSync(join(root, "data"), { recursive: true });
    await start();
    mkdirSync(join(root, "data", "opencode"), { recursive: true });
    writeFileSync(journal, "x");
    await quiet(100);
    assert.equal(timers.count, 0);
  });
});

describe("data folders", () => {
  it("follow from the state folder by the rules of the server's environment", () => {
    const machine = { env: {}, home: "/home/dev" };
    const usual = { home: "/home/dev", state: "/home/dev/.local/state/opencode" };
    assert.equal(dataFolders(usual, machine)[0], "/home/dev/.local/share/opencode");
    const moved = { env: { XDG_STATE_HOME: "/x/s", XDG_DATA_HOME: "/y/d" }, home: "/home/dev" };
    assert.equal(
      dataFolders({ home: "/home/dev", state: "/x/s/opencode" }, moved)[0],
      "/y/d/opencode",
    );
    assert.deepEqual(dataFolders({ home: "/home/dev", state: "/srv/state/opencode" }, machine), [
      "/srv/share/opencode",
      "/srv/data/opencode",
    ]);
  });
});
