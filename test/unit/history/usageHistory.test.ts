import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Action, ServerAction } from "../../../src/core/state/actions.ts";
import { usageOf } from "../../../src/core/ledger/usageBy.ts";
import { ServerError } from "../../../src/core/errors.ts";
import { SILENT_LOG } from "../../../src/core/log.ts";
import type { Message } from "../../../src/core/state/message.ts";
import { failed, ok } from "../../../src/core/result.ts";
import { Store } from "../../../src/core/state/store.ts";
import {
  parseUsageSettings,
  type RawUsageSettings,
} from "../../../src/core/usage/usageSettings.ts";
import { LazyUsage, type LoadedUsage } from "../../../src/history/lazyUsage.ts";
import { ledgerFile } from "../../../src/history/ledgerFile.ts";
import { UsageHistory } from "../../../src/history/usageHistory.ts";
import { HeldTimers } from "../../support/heldTimers.ts";
import { aModel, aServer, aSession, SONNET, someTokens } from "../../support/seed/builders.ts";
import {
  aCountedAnswer,
  LEDGER_MS,
  messageIDOf,
  temporaryFolder,
} from "../../support/seed/ledger.ts";
import { ledgerPrograms } from "../../support/seed/ledgerWorker.ts";
import { OpenCodeTables } from "../../support/opencode/openCodeTables.ts";
import { until } from "../../support/until.ts";

const A = "http://127.0.0.1:4096";
const B = "http://127.0.0.1:4097";
const HOUR = 3_600_000;
/** Changes are reported together after this time. */
const TELL_MS = 500;

describe("the running usage ledger", function () {
  let folder: string;
  let worker: string;
  let store: Store;
  let history: UsageHistory;
  let timers: HeldTimers | undefined;
  let nowMs: number;
  let databases: Map<string, string>;
  let messages: Map<string, Message[]>;
  let asked: string[];
  let beforeAnswer: () => void;
  let logged: string[];
  let warned: string[];
  let debugged: string[];
  let refusal: ServerError | undefined;
  let raw: Partial<RawUsageSettings>;
  let settings: ReturnType<typeof parseUsageSettings>["settings"];

  const configure = (values: Partial<RawUsageSettings>): void => {
    raw = values;
    const absent = { prices: null, currency: null, currencyRate: null };
    const none = { budgets: null, budgetCounts: null, stopsAtBudget: null };
    ({ settings } = parseUsageSettings({ ...absent, ...none, ...raw }));
  };
  const open = async (): Promise<UsageHistory> =>
    await UsageHistory.open({
      folder: path.join(folder, "usage"),
      worker,
      getState: () => store.state,
      reader: () => ({
        listMessages: (sessionID) => {
          asked.push(sessionID);
          beforeAnswer();
          if (refusal !== undefined) return Promise.resolve(failed(refusal));
          const all = messages.get(sessionID) ?? [];
          return Promise.resolve(ok({ messages: all, olderCursor: undefined }));
        },
      }),
      databaseOf: (serverID) => Promise.resolve(databases.get(serverID)),
      settings: () => settings,
      calendar: { timeZone: "Europe/Berlin" },
      now: () => nowMs,
      log: {
        ...SILENT_LOG,
        debug: (_component, message) => {
          debugged.push(message);
        },
        info: (_component, message) => {
          logged.push(message);
        },
        warn: (_component, message) => {
          warned.push(message);
        },
      },
    });
  const dispatchAll = (...actions: readonly Action[]): void => {
    for (const action of actions) {
      store.dispatch(action);
      history.onAction(action);
    }
    store.flush();
  };
  const spent = (): number =>
    usageOf(history.current().table, {}, history.current().prices).spent.recordedUSD;
  /** Connects a server whose sessions have one answer each. */
  const connect = (id: string, ...sessionIDs: string[]): void => {
    for (const sessionID of sessionIDs) {
      if (!messages.has(sessionID)) messages.set(sessionID, [aCountedAnswer(`msg_${sessionID}`)]);
    }
    const sessions = sessionIDs.map((sessionID) =>
      aSession({ id: sessionID, createdMs: LEDGER_MS - HOUR }),
    );
    dispatchAll(...aServer({ id, name: id, sessions }).actions);
  };

  before(async () => {
    ({ worker } = await ledgerPrograms());
  });
  beforeEach(async () => {
    folder = temporaryFolder();
    store = new Store();
    nowMs = LEDGER_MS + HOUR;
    databases = new Map();
    messages = new Map();
    asked = [];
    beforeAnswer = () => undefined;
    debugged = [];
    warned = [];
    logged = [];
    refusal = undefined;
    configure({});
    history = await open();
  });
  afterEach(async () => {
    timers?.restore();
    timers = undefined;
    await history.dispose();
    store.dispose();
  });

  it("fills automatically when a server connects", async () => {
    const changed = new Promise<void>((resolve) => {
      history.onDidChange(() => {
        if (spent() > 0) resolve();
      });
    });
    connect(A, "ses_1", "ses_2");
    await changed;
    await history.refill();
    assert.equal(spent(), 0.02);
    assert.equal(history.placeOf(A)?.id, `server:${A}`);
    assert.equal(history.current().fill, undefined);
    assert.deepEqual(history.current().problems, []);
  });

  it("fills from a server that connects at the moment the ledger opens", async () => {
    await history.dispose();
    messages.set("ses_1", [aCountedAnswer("msg_1")]);
    const sessions = [aSession({ id: "ses_1", createdMs: LEDGER_MS - HOUR })];
    const { actions } = aServer({ id: A, sessions });
    const connected = actions.at(-1)!;
    for (const action of actions.slice(0, -1)) store.dispatch(action);
    store.flush();
    history = await open();
    // Reported, but not yet in the store, which applies it a moment later.
    for (const action of actions) history.onAction(action);
    store.dispatch(connected);
    await until("it is filled", () => spent() > 0);
    assert.equal(spent(), 0.01);
  });

  it("reports once why it cannot be filled, and again if the problem returns", async () => {
    const prompt = "Fix the secret plan";
    refusal = new ServerError("rejected", "no room", { said: prompt });
    connect(A, "ses_1");
    for (let attempt = 0; attempt < 5; attempt++) await history.refill();
    assert.deepEqual(warned, ["not filled: rejected, no room"]);
    assert.ok(debugged.some((line) => line.includes("unavailable")));
    assert.ok(![...logged, ...debugged].join().includes(prompt), "it may quote a prompt");
    assert.equal(history.current().problems.length, 1);
    assert.match(history.current().problems[0]!.message, /Fix the secret plan/);
    refusal = undefined;
    await history.refill();
    assert.deepEqual(history.current().problems, []);
    assert.equal(spent(), 0.01);
    messages.set("ses_1", [aCountedAnswer("msg_ses_1"), aCountedAnswer("msg_2")]);
    const session = aSession({ id: "ses_1", updatedMs: nowMs, createdMs: LEDGER_MS - HOUR });
    dispatchAll({ type: "session.upserted", serverID: A, session, origin: "event" });
    refusal = new ServerError("rejected", "no room");
    await history.refill();
    assert.equal(warned.length, 2);
  });

  it("relearns list prices after a damaged file is replaced", async () => {
    const file = ledgerFile(path.join(folder, "usage"));
    connect(A, "ses_1");
    dispatchAll({ type: "models.loaded", serverID: A, models: [aModel()] });
    await history.refill();
    await history.dispose();
    // The text is stored twice, in the table and in its index; now they differ.
    const bytes = readFileSync(file);
    bytes[bytes.lastIndexOf("/code/app")] = 0x5c;
    writeFileSync(file, bytes);
    history = await open();
    await until("a warning", () => warned.length > 0);
    assert.match(warned.join(), /was damaged/);
    await history.refill();
    assert.equal(spent(), 0.01);
    assert.deepEqual([...history.current().prices.keys()], ["acme/sonnet"]);
  });

  it("rereads only what has changed, and nothing twice", async () => {
    connect(A, "ses_1", "ses_2");
    await history.refill();
    asked = [];
    const session = aSession({ id: "ses_2", updatedMs: nowMs, createdMs: LEDGER_MS - HOUR });
    messages.set("ses_2", [aCountedAnswer("msg_ses_2"), aCountedAnswer("msg_2b")]);
    dispatchAll({ type: "session.upserted", serverID: A, session, origin: "event" });
    await history.refill();
    assert.deepEqual(asked, ["ses_2"]);
    assert.equal(spent(), 0.03);
  });

  it("counts sessions once if two servers share a database", async () => {
    const file = path.join(folder, "opencode.db");
    const tables = new OpenCodeTables(file);
    tables.session("ses_1", { createdMs: LEDGER_MS - HOUR });
    tables.answer({ id: messageIDOf(1), sessionID: "ses_1", createdMs: LEDGER_MS, costUSD: 0.5 });
    databases.set(A, file).set(B, file);
    connect(A, "ses_1");
    connect(B, "ses_1");
    await history.refill();
    assert.equal(spent(), 0.5);
    assert.equal(history.placeOf(A)?.id, history.placeOf(B)?.id);
    assert.deepEqual(asked, []);
    // The next fill finds what another program adds.
    tables.answer({ id: messageIDOf(2), sessionID: "ses_1", createdMs: LEDGER_MS, costUSD: 0.25 });
    tables.close();
    await history.refill();
    assert.equal(spent(), 0.75);
  });

  it("silently falls back to the server if the database is not its own or is locked", async () => {
    const file = path.join(folder, "opencode.db");
    const tables = new OpenCodeTables(file);
    tables.session("ses_other", { createdMs: LEDGER_MS - HOUR });
    tables.answer({ id: messageIDOf(1), sessionID: "ses_other", createdMs: LEDGER_MS, costUSD: 9 });
    databases.set(A, file);
    connect(A, "ses_1");
    await history.refill();
    assert.equal(spent(), 0.01);
    assert.equal(history.placeOf(A)?.id, `server:${A}`);
    await history.refill();
    assert.equal(logged.length, 1, "a database that is not the server's is asked once");
    tables.exec("PRAGMA journal_mode = DELETE");
    tables.exec("BEGIN EXCLUSIVE");
    databases.set(B, file);
    connect(B, "ses_other");
    await history.refill();
    assert.ok(asked.includes("ses_other"));
    tables.exec("COMMIT");
    tables.close();
    assert.deepEqual(history.current().problems, []);
  });

  it("records steps from the stream before any fill, and yields to the server's record", async () => {
    connect(A, "ses_1");
    await history.refill();
    dispatchAll(
      {
        type: "step.started",
        createdMs: LEDGER_MS,
        serverID: A,
        sessionID: "ses_1",
        messageID: "msg_live",
        model: SONNET,
        agent: "build",
      },
      {
        type: "step.ended",
        serverID: A,
        sessionID: "ses_1",
        stepID: "prt_1",
        step: { messageID: "msg_live", costUSD: 0.04, tokens: someTokens({ input: 5 }) },
      },
    );
    await new Promise<void>((resolve) => {
      const stop = history.onDidChange(() => {
        if (spent() < 0.05) return;
        stop();
        resolve();
      });
    });
    assert.deepEqual(asked, ["ses_1"]);
  });

  it("estimates by the user's own prices, then the servers' list prices", async () => {
    messages.set("ses_1", [
      aCountedAnswer("msg_1", { costUSD: 0, tokens: someTokens({ input: 1_000_000 }) }),
    ]);
    connect(A, "ses_1");
    await history.refill();
    const estimated = (): number => {
      const { table, prices } = history.current();
      return usageOf(table, {}, prices).spent.estimatedUSD;
    };
    assert.equal(estimated(), 3);
    configure({ prices: { "acme/sonnet": { input: 7, output: 1 } } });
    history.settingsChanged();
    assert.equal(estimated(), 7);
    configure({});
    history.settingsChanged();
    dispatchAll({
      type: "models.loaded",
      serverID: A,
      models: [aModel({ price: { input: 4, output: 1, cacheRead: 0, cacheWrite: 0 } })],
    });
    await new Promise<void>((resolve) => {
      const stop = history.onDidChange(() => {
        if (estimated() !== 4) return;
        stop();
        resolve();
      });
    });
  });

  it("evaluates budgets, and reports a session's own on request", async () => {
    messages.set("ses_1", [aCountedAnswer("msg_1", { costUSD: 3, createdMs: nowMs - 60_000 })]);
    messages.set("ses_2", [aCountedAnswer("msg_2", { costUSD: 1, createdMs: nowMs - 60_000 })]);
    connect(A, "ses_1", "ses_2");
    await history.refill();
    configure({
      budgets: [
        { period: "daily", usd: 5 },
        { period: "session", usd: 2 },
        { period: "daily", usd: 5, project: "/code/typo" },
      ],
    });
    history.settingsChanged();
    const { budgets, problems } = history.current();
    assert.deepEqual(
      budgets.map(({ treeID, percent }) => [treeID, percent]),
      [
        [undefined, 80],
        ["ses_1", 150],
        ["ses_2", 50],
      ],
    );
    assert.match(problems[0]?.message ?? "", /project “\/code\/typo”, which is unknown/);
    const extras = history.statusExtras({ serverID: A, sessionID: "ses_2" });
    assert.deepEqual(
      extras.budgets?.map(({ treeID, percent }) => [treeID, percent]),
      [
        [undefined, 80],
        ["ses_2", 50],
      ],
    );
    assert.equal(extras.placeID, `server:${A}`);
    assert.equal(extras.turns?.length, 1);
  });

  it("recomputes sums only for what has changed, not for every progress report of a fill", async () => {
    configure({ budgets: [{ period: "daily", usd: 5 }] });
    connect(A, "ses_1");
    await history.refill();
    const before = history.current();
    // Nothing has changed.
    history.settingsChanged();
    const again = history.current();
    assert.notEqual(again, before);
    assert.equal(again.budgets, before.budgets);
    assert.equal(again.projection, before.projection);
    connect(A, "ses_1", "ses_2");
    await history.refill();
    assert.equal(history.current().projection.monthUSD, 0.02);
    assert.equal(history.current().budgets[0]?.used, 0.02);
    configure({ budgets: [{ period: "daily", usd: 10 }] });
    history.settingsChanged();
    assert.equal(history.current().budgets[0]?.limit, 10);
    nowMs += HOUR * 24;
    assert.equal(history.current().budgets[0]?.used, 0);
  });

  it("reuses the last sums until its next notification, but never those for other settings", async () => {
    const budget = (): number | undefined => history.current().budgets[0]?.used;
    const addAnswer = (id: string): void => {
      dispatchAll(
        {
          type: "step.started",
          createdMs: nowMs,
          serverID: A,
          sessionID: "ses_1",
          messageID: id,
          model: SONNET,
          agent: "build",
        },
        {
          type: "step.ended",
          serverID: A,
          sessionID: "ses_1",
          stepID: `prt_${id}`,
          step: { messageID: id, costUSD: 1, tokens: someTokens({ input: 5 }) },
        },
      );
    };
    const untilSpent = async (usd: number): Promise<void> => {
      await until(`${String(usd)} spent`, () => spent() === usd);
    };
    await history.dispose();
    timers = new HeldTimers((afterMs) => afterMs === TELL_MS);
    history = await open();
    configure({ budgets: [{ period: "daily", usd: 5 }] });
    connect(A, "ses_1");
    await history.refill();
    addAnswer("msg_1");
    await untilSpent(1.01);
    assert.equal(budget(), 1.01, "nobody listens, so nothing newer is about to be told");
    const told = new Promise<void>((resolve) => {
      const stop = history.onDidChange(() => {
        if (budget() !== 2.01) return;
        stop();
        resolve();
      });
    });
    addAnswer("msg_2");
    await untilSpent(2.01);
    assert.equal(budget(), 1.01, "the sums are about to be told");
    configure({ budgets: [{ period: "daily", usd: 10 }] });
    history.settingsChanged();
    assert.equal(history.current().budgets[0]?.limit, 10);
    assert.equal(budget(), 2.01);
    timers.letGo();
    await told;
  });

  it("tolerates a jumping clock, and puts invalid times in no period", async () => {
    messages.set("ses_1", [
      aCountedAnswer("msg_1", { createdMs: nowMs + 48 * HOUR, costUSD: 1 }),
      aCountedAnswer("msg_2", { createdMs: 0, costUSD: 2 }),
      aCountedAnswer("msg_3", { createdMs: nowMs, costUSD: Number.NaN }),
      aCountedAnswer("msg_4", {
        createdMs: nowMs,
        costUSD: 4,
        tokens: undefined,
        model: undefined,
      }),
    ]);
    connect(A, "ses_1");
    await history.refill();
    configure({ budgets: [{ period: "daily", usd: 8 }], budgetCounts: "recorded" });
    history.settingsChanged();
    assert.equal(history.current().budgets[0]?.used, 4);
    assert.equal(spent(), 7);
    assert.equal(usageOf(history.current().table, {}, new Map()).badMessages, 1);
    // A day back; fills still work.
    nowMs -= 24 * HOUR;
    const session = aSession({ id: "ses_1", updatedMs: nowMs + 1, createdMs: LEDGER_MS - HOUR });
    messages.get("ses_1")?.push(aCountedAnswer("msg_5", { costUSD: 8, createdMs: nowMs }));
    dispatchAll({ type: "session.upserted", serverID: A, session, origin: "event" });
    await history.refill();
    assert.equal(spent(), 15);
    assert.equal(history.current().budgets[0]?.used, 8);
  });

  it("resumes a cancelled fill where it stopped", async () => {
    for (let number = 0; number < 40; number++) {
      messages.set(`ses_${String(number)}`, [aCountedAnswer(`msg_${String(number)}`)]);
    }
    connect(A, ...messages.keys());
    beforeAnswer = () => {
      if (asked.length === 5) history.cancelFill();
    };
    await history.refill();
    assert.ok(asked.length >= 5);
    assert.ok(asked.length < 15, `asked for ${String(asked.length)} sessions`);
    assert.ok(spent() < 0.2);
    await history.refill();
    assert.equal(Math.round(spent() * 100), 40);
    assert.equal(new Set(asked).size, 40);
  });

  it("is restored after a restart, including another window's rows", async () => {
    connect(A, "ses_1");
    await history.refill();
    const other = await open();
    assert.equal(usageOf(other.current().table, {}, new Map()).spent.recordedUSD, 0.01);
    await other.dispose();
    await history.dispose();
    store.dispose();
    store = new Store();
    history = await open();
    assert.equal(spent(), 0.01);
  });
});

describe("the usage ledger before it is loaded", () => {
  const action: ServerAction = {
    type: "snapshot.loaded",
    serverID: A,
    sessions: [],
    atMs: LEDGER_MS,
  };
  const ended: ServerAction = { type: "session.removed", serverID: A, sessionID: "ses_1" };
  const loadedUsage = (told: Action[]): LoadedUsage => ({
    onAction: (one) => {
      told.push(one);
    },
    tooltip: () => "said",
    taskHint: () => undefined,
    budgetHint: () => undefined,
    snoozeBudgets: () => Promise.resolve(),
    settingsChanged: () => undefined,
    dispose: () => Promise.resolve(),
    current: () => undefined,
    onDidChange: () => () => undefined,
    refill: () => Promise.resolve(),
    cancelFill: () => undefined,
    placeOf: () => undefined,
    statusExtras: () => ({ nowMs: 7 }),
  });
  const maintenance = () => Promise.reject(new Error("not asked"));

  it("is loaded with the first session list, and loses no actions that arrive meanwhile", async () => {
    const told: Action[] = [];
    let loads = 0;
    const lazy = new LazyUsage({
      load: () => {
        loads++;
        return Promise.resolve(loadedUsage(told));
      },
      maintenance,
      log: SILENT_LOG,
    });
    lazy.onAction(ended);
    assert.equal(loads, 0);
    lazy.onAction(action);
    lazy.onAction(ended);
    assert.equal(lazy.current(), undefined);
    assert.equal(lazy.tooltip(undefined), "");
    await lazy.open();
    assert.deepEqual(told, [action, ended]);
    lazy.onAction(ended);
    assert.equal(told.length, 3);
    assert.equal(lazy.tooltip(undefined), "said");
    assert.equal(loads, 1);
    await lazy.dispose();
  });

  it("is notified of settings that changed while it was being loaded", async () => {
    let changes = 0;
    const usage = { ...loadedUsage([]), settingsChanged: () => changes++ };
    const lazy = new LazyUsage({
      load: () => Promise.resolve(usage),
      maintenance,
      log: SILENT_LOG,
    });
    lazy.settingsChanged();
    const opened = lazy.open();
    assert.equal(changes, 0);
    lazy.settingsChanged();
    await opened;
    assert.equal(changes, 1);
    lazy.settingsChanged();
    assert.equal(changes, 2);
    await lazy.dispose();
  });

  it("reports why it cannot be loaded, and tolerates every other call", async () => {
    const lazy = new LazyUsage({
      load: () => Promise.reject(new Error("EACCES")),
      maintenance,
      log: SILENT_LOG,
    });
    let changes = 0;
    lazy.onDidChange(() => changes++);
    await lazy.open();
    lazy.onAction(action);
    assert.equal(lazy.failure, "EACCES");
    assert.equal(changes, 1);
    await lazy.refill();
    await lazy.snoozeBudgets();
    assert.equal(lazy.placeOf(A), undefined);
    assert.ok(lazy.statusExtras({ serverID: A, sessionID: "x" }).nowMs > 0);
    await lazy.dispose();
  });
});
