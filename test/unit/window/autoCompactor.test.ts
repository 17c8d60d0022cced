import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { ServerAction } from "../../../src/core/state/actions.ts";
import { SILENT_LOG } from "../../../src/core/log.ts";
import { ok } from "../../../src/core/result.ts";
import { Store } from "../../../src/core/state/store.ts";
import type { Gateway } from "../../../src/server/gateway.ts";
import { inOneWindow } from "../../../src/sources/oneWindow.ts";
import { AutoCompactor } from "../../../src/window/autoCompactor.ts";
import { HeldTimers } from "../../support/heldTimers.ts";
import { aServer, aSession, contextKnown, NOW_MS } from "../../support/seed/builders.ts";
import { until } from "../../support/until.ts";

const SERVER = {
  compactsAt: () => Promise.resolve(ok(undefined)),
} as Partial<Gateway> as Gateway;

describe("automatic compaction in several windows", () => {
  let folder: string;
  let timers: HeldTimers;
  let compactors: AutoCompactor[];
  /** The servers that sessions are being compacted on now, in any window, and how to end that. */
  let running: { readonly serverID: string; readonly end: () => void }[];
  /** Turns that were left alone because the session was taken, and those that it was free for. */
  let leftAlone: number;
  let handled: number;

  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), "compact-"));
    // The rest after a turn; nothing else waits that long.
    timers = new HeldTimers((afterMs) => afterMs >= 1_000);
    compactors = [];
    running = [];
    leftAlone = 0;
    handled = 0;
  });
  afterEach(() => {
    timers.restore();
    for (const compactor of compactors) compactor.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A window that reaches the session's server under these IDs. */
  function open(...serverIDs: readonly string[]): { readonly endTurn: (serverID: string) => void } {
    const store = new Store();
    for (const id of serverIDs) {
      const server = aServer({ id, sessions: [aSession({ id: "ses_full" })] });
      for (const action of server.actions) store.dispatch(action);
    }
    store.flush();
    const compactor = new AutoCompactor({
      window: {
        isInFront: () => true,
        compact: ({ serverID }) =>
          new Promise((end) => {
            running.push({ serverID, end });
          }),
        offer: () => Promise.resolve(undefined),
        turnOff: () => Promise.resolve(),
        showTooLate: () => undefined,
      },
      store,
      gateway: () => SERVER,
      settings: () => ({ mode: "on", thresholdPercent: 50, overrides: [] }),
      inOneWindow: async (thing, task) => {
        const done = await inOneWindow(folder, thing, task);
        if (done.ok) handled++;
        else leftAlone++;
      },
      log: SILENT_LOG,
    });
    compactors.push(compactor);
    return {
      endTurn: (serverID) => {
        const sessionID = "ses_full";
        const activity = (kind: "working" | "idle"): ServerAction => ({
          type: "activity.changed",
          ...{ serverID, sessionID },
          activity: kind === "idle" ? { kind } : { kind, sinceMs: NOW_MS },
        });
        store.dispatch(activity("working"));
        store.flush();
        store.dispatch(contextKnown(serverID, sessionID, 190_000));
        store.dispatch(activity("idle"));
        store.flush();
      },
    };
  }

  it("compacts a session once, even if they know its server under different IDs", async () => {
    const [fromSettings, found] = ["http://127.0.0.1:4096", "local:4096"];
    const [first, second] = [open(fromSettings), open(found)];
    first.endTurn(fromSettings);
    second.endTurn(found);
    timers.pass(1_000);
    await until("one window to compact it and the other to leave it", () => {
      assert.ok(running.length < 2, "both compact it");
      return running.length === 1 && leftAlone === 1;
    });
    running[0]!.end();
    await until("its end", () => handled === 1);
  });

  it("compacts a session once if one window reaches its database through two servers", async () => {
    const window = open("server-a", "server-b");
    window.endTurn("server-a");
    window.endTurn("server-b");
    timers.pass(1_000);
    await until("a compaction", () => running.length > 0);
    running[0]!.end();
    await until("its end", () => handled === 1);
    // It did not help, so this window leaves the session alone, through whichever server.
    for (const server of ["server-a", "server-b"]) {
      window.endTurn(server);
      timers.pass(1_000);
    }
    const other = open("server-c");
    other.endTurn("server-c");
    timers.pass(1_000);
    await until("the compaction of another window", () => running.length > 1);
    assert.equal(running[1]!.serverID, "server-c");
    running[1]!.end();
    await until("its end", () => handled === 2);
    assert.equal(running.length, 2);
  });
});
