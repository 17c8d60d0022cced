import { setTimeout as delay } from "node:timers/promises";
import { copyFileSync, existsSync, mkdirSync } from "node:fs";
import type { LedgerTable } from "../../../src/core/ledger/table.ts";
import type { Log } from "../../../src/core/log.ts";
import { SILENT_LOG } from "../../../src/core/log.ts";
import { ok } from "../../../src/core/result.ts";
import type { Action } from "../../../src/core/state/actions.ts";
import { Store } from "../../../src/core/state/store.ts";
import { parseUsageSettings } from "../../../src/core/usage/usageSettings.ts";
import type { FillOutcome } from "../../../src/history/fill.ts";
import { ledgerFile } from "../../../src/history/ledgerFile.ts";
import { doLedgerJob } from "../../../src/history/ledgerJob.ts";
import { doMaintenanceJob } from "../../../src/history/maintenanceJob.ts";
import { UsageHistory } from "../../../src/history/usageHistory.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";
import { offerEvidence } from "../evidence.mjs";
import { waitMs } from "../patience.mjs";
import { aModel, aServer, aSession } from "./builders.ts";
import { LEDGER_MS, rowsOfTable } from "./ledger.ts";

/** The suffixes of a ledger's files. */
const ENDS = ["", "-wal", "-shm"] as const;
export type LedgerFileEnd = (typeof ENDS)[number];

/** Copies a ledger in its on-disk state, which is what another process finds after a crash. */
export function copyLedger(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const end of ENDS) {
    const file = ledgerFile(from) + end;
    if (existsSync(file)) copyFileSync(file, ledgerFile(to) + end);
  }
}

/** The contents of a ledger, as text, regardless of the order in which they were added. */
export interface LedgerFacts {
  /** By message id. */
  readonly rows: Readonly<Record<string, string>>;
  /** By session id. */
  readonly sessions: Readonly<Record<string, string>>;
  readonly prices: readonly string[];
}

export function ledgerFacts(table: LedgerTable, prices: ReadonlyMap<string, unknown>): LedgerFacts {
  const sessions = table.sessions.map((session) => {
    // When it was learnt isn't part of the facts.
    const known = { ...session, stamp: undefined, observedAtS: undefined };
    return [session.id, JSON.stringify(known)] as const;
  });
  return {
    rows: rowsOfTable(table),
    sessions: Object.fromEntries(sessions.sort(([a], [b]) => (a < b ? -1 : 1))),
    prices: [...prices].map((entry) => JSON.stringify(entry)).sort(),
  };
}

/** What a window knows and reports. */
export interface LedgerReport {
  readonly facts: LedgerFacts;
  /** The messages shown to the user. */
  readonly problems: readonly string[];
}

/** The window's server. */
export const SERVER = "http://127.0.0.1:4096";
/** The session listed by the window's server. */
export const LISTED_SESSION = "ses_0001";

/** A window with a ledger and a connected server that uses a database on this machine. */
export interface LedgerWindow {
  readonly history: UsageHistory;
  readonly log: readonly string[];
  tell(action: Action): void;
  report(): LedgerReport;
  dispose(): Promise<void>;
}

/** Opens a ledger like a window. Rejects if that fails; resolves when it has been checked and filled. */
export async function openLedgerWindow(
  folder: string,
  database: string,
  worker: string,
): Promise<LedgerWindow> {
  const store = new Store();
  const sessions = [aSession({ id: LISTED_SESSION, createdMs: LEDGER_MS })];
  for (const action of aServer({ id: SERVER, sessions }).actions) store.dispatch(action);
  store.dispatch({ type: "models.loaded", serverID: SERVER, models: [aModel()] });
  store.flush();
  const settings = parseUsageSettings({
    ...{ prices: null, currency: null, currencyRate: null },
    ...{ budgets: null, budgetCounts: null, stopsAtBudget: null },
  });
  const lines: string[] = [];
  const write =
    (level: keyof Log) =>
    (_: string, message: string): void => {
      lines.push(`${level}: ${message}`);
    };
  const history = await UsageHistory.open({
    folder,
    worker,
    getState: () => store.state,
    reader: () => ({
      listMessages: () => Promise.resolve(ok({ messages: [], olderCursor: undefined })),
    }),
    databaseOf: () => Promise.resolve(database),
    settings: () => settings.settings,
    calendar: { timeZone: "UTC" },
    now: Date.now,
    log: { ...SILENT_LOG, debug: write("debug"), warn: write("warn") },
  });
  await history.checked;
  await history.refill();
  return {
    history,
    log: lines,
    tell: (action) => {
      store.dispatch(action);
      history.onAction(action);
      store.flush();
    },
    report: () => {
      const { table, prices, problems } = history.current();
      return { facts: ledgerFacts(table, prices), problems: problems.map((one) => one.message) };
    },
    dispose: async () => {
      await history.dispose();
      store.dispose();
    },
  };
}

let forgetLog: () => void = () => undefined;

/**
 * What a window learns from a ledger, once it is as expected: after it found the ledger damaged, it rebuilds it in its own
 * time. If that doesn't happen, what it has learned by then.
 */
export async function openInWindow(
  folder: string,
  database: string,
  worker: string,
  isExpected: (report: LedgerReport) => boolean = () => true,
): Promise<LedgerReport> {
  const window = await openLedgerWindow(folder, database, worker);
  forgetLog();
  forgetLog = offerEvidence("the last window with a ledger", () => window.log.join("\n"));
  try {
    const endMs = performance.now() + waitMs;
    while (!isExpected(window.report()) && performance.now() < endMs) await delay(20);
    return window.report();
  } finally {
    await window.dispose();
  }
}

/** The same without workers, which take most of the time: runs a window's steps one by one in this process. */
export async function openHere(folder: string, database: string): Promise<LedgerReport> {
  const ledger = await UsageLedger.open({ folder, log: SILENT_LOG, now: Date.now });
  try {
    const found = await doMaintenanceJob({ kind: "checkLedger", folder });
    if (found.kind === "checked" && found.faults[0] !== undefined) {
      ledger.replaceDamaged(found.faults[0], found.inode);
    }
    const outcome = fillLedger(folder, database);
    if (outcome.kind === "damaged") {
      ledger.replaceDamaged(outcome.message, outcome.inode);
      fillLedger(folder, database);
    }
    await ledger.learnPrices([aModel()]);
    await ledger.refresh();
    return {
      facts: ledgerFacts(ledger.table, ledger.prices),
      problems: ledger.problems.map(({ message }) => message),
    };
  } finally {
    await ledger.dispose();
  }
}

/** Fills a ledger from OpenCode's database in this process. */
export function fillLedger(folder: string, database: string): FillOutcome {
  const place = { id: `sqlite:${database}`, name: `This machine, ${database}` };
  return doLedgerJob(
    { kind: "fill", folder, database, place },
    { isCancelled: () => false, onProgress: () => undefined },
  );
}
