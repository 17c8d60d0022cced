import assert from "node:assert/strict";
import type { ServerAction } from "../../../src/core/state/actions.ts";
import { usageOf } from "../../../src/core/ledger/usageBy.ts";
import { SILENT_LOG } from "../../../src/core/log.ts";
import { Store } from "../../../src/core/state/store.ts";
import { LiveSteps } from "../../../src/history/liveSteps.ts";
import { RANK_RECORDED } from "../../../src/history/ledgerRow.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";
import { aServer, aSession, SONNET, someTokens } from "../../support/seed/builders.ts";
import {
  aLedgerSession,
  aRow,
  LEDGER_MS,
  rowsOfTable,
  tableIn,
  temporaryFolder,
} from "../../support/seed/ledger.ts";

const SERVER = "http://127.0.0.1:4096";
const PLACE = { id: "db", name: "This machine" };

/** The server's clock differs from ours. */
const SERVER_BEHIND_MS = 3_000;
const AT_MS = LEDGER_MS - SERVER_BEHIND_MS;

describe("the ledger fed by the live stream", () => {
  let ledger: UsageLedger;
  let store: Store;
  let live: LiveSteps;
  let nowMs: number;
  let keepsReverted: boolean;

  const receive = (...actions: ServerAction[]): void => {
    for (const action of actions) {
      store.dispatch(action);
      live.onAction(action);
    }
    store.flush();
  };
  const started = (messageID: string, sessionID = "ses_1"): ServerAction => ({
    type: "step.started",
    serverID: SERVER,
    sessionID,
    messageID,
    createdMs: nowMs - SERVER_BEHIND_MS,
    model: SONNET,
    agent: "build",
  });
  const ended = (
    messageID: string,
    stepID = `prt_${messageID}`,
    sessionID = "ses_1",
  ): ServerAction => ({
    type: "step.ended",
    serverID: SERVER,
    sessionID,
    stepID,
    step: { messageID, costUSD: 0.01, tokens: someTokens({ input: 100, output: 10 }) },
  });
  const sum = () => usageOf(ledger.table, {}, new Map());

  beforeEach(async () => {
    ledger = await UsageLedger.open({ folder: temporaryFolder(), log: SILENT_LOG, now: Date.now });
    store = new Store();
    nowMs = LEDGER_MS;
    keepsReverted = false;
    live = new LiveSteps({
      ledger,
      placeOf: (serverID) => (serverID === SERVER ? PLACE : undefined),
      keepsReverted: () => keepsReverted,
      getState: () => store.state,
      now: () => nowMs,
      log: SILENT_LOG,
    });
    const sessions = [
      aSession({ id: "ses_1", title: "Fix login" }),
      aSession({ id: "ses_2", parentID: "ses_1" }),
    ];
    for (const action of aServer({ id: SERVER, sessions }).actions) store.dispatch(action);
    store.flush();
  });
  afterEach(async () => {
    await live.dispose();
    await ledger.dispose();
    store.dispose();
  });

  it("remembers each step as it ends, with its session", async () => {
    receive(started("m1"));
    nowMs += 5000;
    receive(ended("m1"), started("m2", "ses_2"), ended("m2", "prt_2", "ses_2"));
    await live.flush();
    assert.deepEqual(rowsOfTable(ledger.table), {
      m1: `ses_1 acme/sonnet build ${AT_MS} 100 10 0 0 0 0.01 16`,
      m2: `ses_2 acme/sonnet build ${AT_MS + 5000} 100 10 0 0 0 0.01 16`,
    });
    assert.equal(ledger.session("ses_1")?.title, "Fix login");
    assert.equal(ledger.session("ses_2")?.parentID, "ses_1");
    assert.equal(ledger.session("ses_2")?.placeID, "db");
    assert.deepEqual(ledger.table.places, [PLACE]);
  });

  it("writes automatically after a short delay", async () => {
    const changed = new Promise<void>((resolve) => {
      ledger.onDidChange(resolve);
    });
    receive(started("m1"), ended("m1"));
    assert.equal(ledger.table.length, 0);
    await changed;
    assert.equal(ledger.table.length, 1);
  });

  it("counts a step once, and adds up the steps of one answer", async () => {
    receive(started("m1"), ended("m1", "prt_a"), ended("m1", "prt_a"));
    await live.flush();
    assert.equal(sum().spent.recordedUSD, 0.01);
    receive(ended("m1", "prt_a"), ended("m1", "prt_b"));
    await live.flush();
    assert.equal(ledger.table.length, 1);
    assert.equal(sum().spent.recordedUSD, 0.02);
  });

  it("leaves a step whose start was not seen to the next fill, since it may be a fork's copy", async () => {
    receive(ended("m1"));
    await live.flush();
    assert.equal(ledger.table.length, 0);
  });

  it("recognises a compaction's summary", async () => {
    const ref = { serverID: SERVER, sessionID: "ses_1" };
    receive(
      { ...ref, type: "compaction.started", isAuto: false, atMs: nowMs },
      {
        ...ref,
        type: "step.started",
        messageID: "m1",
        createdMs: nowMs - SERVER_BEHIND_MS,
        model: undefined,
        agent: undefined,
      },
      ended("m1"),
      { ...ref, type: "compaction.ended", error: undefined },
      started("m2"),
      ended("m2"),
    );
    await live.flush();
    assert.deepEqual(rowsOfTable(ledger.table), {
      m1: `ses_1 acme/sonnet compaction ${AT_MS} 100 10 0 0 0 0.01 20`,
      m2: `ses_1 acme/sonnet build ${AT_MS} 100 10 0 0 0 0.01 16`,
    });
  });

  it("remembers removed messages, even those that had only just ended", async () => {
    receive(started("m1"), ended("m1"), started("m2"), ended("m2"));
    await live.flush();
    nowMs += 5000;
    const ref = { serverID: SERVER, sessionID: "ses_1" };
    receive({ ...ref, type: "message.removed", messageID: "m1" });
    receive(started("m3"), ended("m3"), { ...ref, type: "message.removed", messageID: "m3" });
    await live.flush();
    assert.equal(sum().spent.recordedUSD, 0.01);
    assert.equal(sum().alsoSpent.recordedUSD, 0.02);
    receive(started("m4"), ended("m4"), { ...ref, type: "session.removed" });
    await live.flush();
    assert.equal(sum().spent.recordedUSD, 0);
    assert.equal(sum().alsoSpent.recordedUSD, 0.04);
    assert.equal(ledger.session("ses_1")?.isGone, true);
  });

  it("counts a fork once if its source is removed before the next fill", async () => {
    receive(started("m1"), ended("m1"));
    await live.flush();
    // The server's record of the fork, made a second later; its message keeps the original's time.
    const fork = aLedgerSession({
      id: "ses_f",
      createdMs: AT_MS + 1000,
      observedAtS: 1_900_000_000,
    });
    const copy = aRow({ messageID: "f1", sessionID: "ses_f", createdMs: AT_MS });
    await ledger.record({ sessions: [fork], rows: [copy] }, "db");
    assert.equal(sum().spent.recordedUSD, 0.01);
    receive({ serverID: SERVER, sessionID: "ses_1", type: "session.removed" });
    await live.flush();
    assert.equal(sum().spent.recordedUSD, 0.01);
    assert.equal(sum().alsoSpent.recordedUSD, 0);
  });

  it("keeps a removed message on a server that keeps counting its cost", async () => {
    keepsReverted = true;
    receive(started("m1"), ended("m1"));
    await live.flush();
    nowMs += 5000;
    receive({ type: "message.removed", serverID: SERVER, sessionID: "ses_1", messageID: "m1" });
    await live.flush();
    assert.equal(sum().spent.recordedUSD, 0.01);
  });

  it("ignores a server that should not be remembered", async () => {
    receive({ ...ended("m1"), serverID: "http://other" });
    await live.flush();
    assert.equal(ledger.table.length, 0);
  });

  it("yields to the server's own record", async () => {
    receive(started("m1"), ended("m1"));
    await live.flush();
    const recorded = aRow({ messageID: "m1", costUSD: 0.012, rank: RANK_RECORDED, observedAtS: 1 });
    await ledger.record({ rows: [recorded] }, "db");
    receive(ended("m1"));
    await live.flush();
    assert.equal(sum().spent.recordedUSD, 0.012);
  });

  it("is on disk when the window closes", async () => {
    const folder = temporaryFolder();
    const mine = await UsageLedger.open({ folder, log: SILENT_LOG, now: Date.now });
    const steps = new LiveSteps({
      ledger: mine,
      placeOf: () => PLACE,
      keepsReverted: () => false,
      getState: () => store.state,
      now: () => nowMs,
      log: SILENT_LOG,
    });
    steps.onAction(started("m1"));
    steps.onAction(ended("m1"));
    await steps.dispose();
    await mine.dispose();
    assert.equal(tableIn(folder).length, 1);
  });
});
