import { setTimeout as delay } from "node:timers/promises";
import { t } from "../core/language.ts";
import type { Action } from "../core/state/actions.ts";
import { projectSpending, usageRate } from "../core/usage/forecast.ts";
import type { PriceTable } from "../core/ledger/ledgerQuery.ts";
import { sessionTurns } from "../core/ledger/sessionTurns.ts";
import { viewLedger } from "../core/ledger/ledgerView.ts";
import type { LedgerPlace } from "../core/ledger/table.ts";
import type { Calendar } from "../core/ledger/timeBuckets.ts";
import type { Log } from "../core/log.ts";
import { getSession, rootOf } from "../core/state/lookup.ts";
import type { SessionRef } from "../core/state/session.ts";
import type { SessionStatusExtras } from "../core/agents/sessionStatus.ts";
import { budgetsOfTree, type BudgetInputs, budgetUses } from "../core/usage/setBudgets.ts";
import type { State } from "../core/state/state.ts";
import type { UsageSettings } from "../core/usage/usageSettings.ts";
import type { UsageProblem, UsageSnapshot, UsageSource } from "../core/usage/usageSource.ts";
import { FillQueue } from "./fillQueue.ts";
import { LiveSteps } from "./liveSteps.ts";
import { PlaceFinder } from "./placeFinder.ts";
import { runMaintenanceJob } from "./runLedgerJob.ts";
import type { HistoryReader } from "./serverFill.ts";
import { UsageLedger } from "./usageLedger.ts";

export interface UsageHistoryOptions {
  /** A folder for the ledger only; created if missing. Several windows may use it at once. */
  readonly folder: string;
  /** Path of the built worker, `dist/ledgerWorker.cjs`. */
  readonly worker: string;
  readonly getState: () => State;
  /** Pages of a server's messages; undefined while it is not connected. */
  readonly reader: (serverID: string) => Pick<HistoryReader, "listMessages"> | undefined;
  /** OpenCode's database, for a server on this machine whose file is known. */
  readonly databaseOf: (serverID: string) => Promise<string | undefined>;
  /** The current settings. */
  readonly settings: () => UsageSettings;
  readonly calendar: Calendar;
  /** Our clock. */
  readonly now: () => number;
  readonly log: Log;
}

/** What was summed at one time, and from what. */
interface UsageSums
  extends
    Pick<BudgetInputs, "table" | "prices" | "settings" | "nowMs">,
    Pick<UsageSnapshot, "rate" | "projection"> {
  readonly revision: number;
  readonly budgets: ReturnType<typeof budgetUses>;
}

/** The store takes in an action a moment after it was reported. */
const AFTER_CONNECT_MS = 100;
/** How long a fill waits after a turn ended, or a session appeared, for what comes with it. */
const AFTER_CHANGE_MS = 2_000;
/** Minimum time between two change notifications. */
const NOTIFY_MS = 500;
/** Interval for taking in what other windows wrote, and updating what depends on the time of day. */
const TICK_MS = 30_000;
const STEP_PAUSE_MS = 1;

/**
 * The usage ledger of a running window: receives every action, records what the streams report, has itself filled
 * from what the servers keep, and derives prices, budgets and forecasts. Notifies the listeners of changes.
 */
export class UsageHistory implements Omit<UsageSource, "open" | "failure"> {
  readonly #options: UsageHistoryOptions;
  readonly #ledger: UsageLedger;
  readonly #places: PlaceFinder;
  readonly #live: LiveSteps;
  readonly #queue: FillQueue;
  readonly #tick: ReturnType<typeof setInterval>;
  readonly #listeners = new Set<() => void>();
  readonly #disposal = new AbortController();
  #notifyTimer: ReturnType<typeof setTimeout> | undefined;
  /** Number of changes so far. */
  #changes = 0;
  /** Resolves once the ledger's file has been checked, and one that was damaged replaced and filled. */
  readonly checked: Promise<void>;
  #snapshot: UsageSnapshot | undefined;
  #sums: UsageSums | undefined;
  #prices:
    | {
        readonly known: PriceTable;
        readonly own: UsageSettings["prices"];
        readonly table: PriceTable;
      }
    | undefined;

  private constructor(options: UsageHistoryOptions, ledger: UsageLedger) {
    this.#options = options;
    this.#ledger = ledger;
    this.#places = new PlaceFinder(options.databaseOf);
    const { getState, now, log } = options;
    this.#live = new LiveSteps({
      ledger,
      placeOf: (serverID) => this.placeOf(serverID),
      keepsReverted: (serverID) =>
        getState().servers.get(serverID)?.capabilities.has("keepsReverted") === true,
      getState,
      now,
      log,
    });
    const changed = (): void => {
      this.#changed();
    };
    this.#queue = new FillQueue({ ...options, ledger, places: this.#places, onChange: changed });
    let { table } = ledger;
    ledger.onDidChange(() => {
      if (table !== ledger.table) {
        // A new file replaced a damaged one.
        ({ table } = ledger);
        this.#learnAllPrices();
      }
      changed();
    });
    this.#tick = setInterval(() => {
      void ledger.refresh();
      // Ages and periods change without any event.
      changed();
    }, TICK_MS);
    this.#tick.unref();
    this.checked = this.#checkLedger();
  }

  /** @throws if the folder can't be read or created. */
  static async open(options: UsageHistoryOptions): Promise<UsageHistory> {
    const history = new UsageHistory(options, await UsageLedger.open(options));
    history.#learnAllPrices();
    for (const server of options.getState().servers.values()) {
      const { kind } = server.connection;
      if (kind === "connected") history.#queue.request(server.endpoint.serverID, 0);
    }
    return history;
  }

  /** Handles one action; those not about usage cost next to nothing. */
  readonly onAction = (action: Action): void => {
    switch (action.type) {
      case "models.loaded":
        this.#learnPrices(action.models);
        return;
      case "snapshot.loaded":
        this.#queue.request(action.serverID, AFTER_CONNECT_MS);
        return;
      case "connection.changed":
        if (action.connection.kind !== "connected") return;
        this.#queue.request(action.serverID, AFTER_CONNECT_MS);
        return;
      case "session.upserted":
        if (this.#isKnown(action.session.id, action.serverID)) return;
        this.#queue.request(action.serverID, AFTER_CHANGE_MS);
        return;
      case "activity.changed":
        if (action.activity.kind !== "idle") return;
        this.#queue.request(action.serverID, AFTER_CHANGE_MS);
        return;
      case "server.removed":
        this.#queue.forget(action.serverID);
        return;
      default:
        this.#live.onAction(action);
    }
  };

  current(): UsageSnapshot {
    const nowMs = this.#options.now();
    const known = this.#snapshot;
    if (known !== undefined && Math.abs(nowMs - known.nowMs) < TICK_MS) return known;
    const { calendar, settings } = this.#options;
    const { table, prices, budgets, rate, projection } = this.#sumsAt(nowMs);
    this.#snapshot = {
      table,
      prices,
      calendar,
      currency: settings().currency,
      budgets: budgets.uses,
      rate,
      projection,
      fill: this.#queue.fill,
      problems: [
        ...this.#ownProblems(),
        ...budgets.unknown.map(({ project, server }): UsageProblem => {
          const what =
            project === undefined ? t`server “${server ?? ""}”` : t`project “${project}”`;
          return {
            severity: "info",
            message: t`A budget is set for the ${what}, which is unknown.`,
          };
        }),
      ],
      nowMs,
    };
    return this.#snapshot;
  }

  onDidChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The settings have changed. */
  settingsChanged(): void {
    this.#changed();
  }

  async refill(): Promise<void> {
    const { servers } = this.#options.getState();
    await Promise.all([...servers.keys()].map((serverID) => this.#queue.fillNow(serverID)));
  }

  cancelFill(): void {
    this.#queue.cancel();
  }

  placeOf(serverID: string): LedgerPlace | undefined {
    return this.#places.known(serverID)?.place;
  }

  statusExtras(ref: SessionRef): SessionStatusExtras {
    const nowMs = this.#options.now();
    const { table } = this.#ledger;
    const prices = this.#pricesNow();
    const around = this.#budgetInputs(nowMs);
    const treeID = rootOf(around.state, ref).sessionID;
    const all = this.current();
    const others = all.budgets.filter(({ budget }) => budget.period !== "session");
    const placeID = this.placeOf(ref.serverID)?.id;
    const isRead = this.#ledger.session(ref.sessionID, placeID)?.stamp !== undefined;
    const isKnown = getSession(around.state, ref) !== undefined;
    return {
      nowMs,
      budgets: [...others, ...budgetsOfTree(around, treeID)],
      placeID,
      turns: isRead && isKnown ? sessionTurns(table, ref.sessionID) : undefined,
      rate: usageRate(table, nowMs, { treeIDs: new Set([treeID]) }, prices),
      overallRate: all.rate,
    };
  }

  /** Writes what is left, and ends what is running. */
  async dispose(): Promise<void> {
    this.#disposal.abort();
    clearInterval(this.#tick);
    clearTimeout(this.#notifyTimer);
    this.#listeners.clear();
    await this.#queue.dispose();
    await this.#live.dispose();
    await this.#ledger.dispose();
  }

  /** The sums over the whole table, kept while it stays the same, however far a fill has come. */
  #sumsAt(nowMs: number): UsageSums {
    const around = this.#budgetInputs(nowMs);
    if (this.#sums !== undefined && this.#canBeUsed(this.#sums, around)) return this.#sums;
    const steps = computeSums(around);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    this.#sums = step.value;
    return this.#sums;
  }

  /** Sums before anyone asks, with a pause after each step; gives up if the table changes meanwhile. */
  async #sumAhead(): Promise<void> {
    const around = this.#budgetInputs(this.#options.now());
    if (this.#sums !== undefined && this.#isUpToDate(this.#sums, around)) return;
    const { table } = around;
    const { revision } = table;
    const steps = computeSums(around);
    for (let step = steps.next(); ; step = steps.next()) {
      if (step.done === true) {
        this.#sums = step.value;
        return;
      }
      await delay(STEP_PAUSE_MS);
      if (table.revision !== revision) return;
    }
  }

  /** Recent sums are used while newer ones are about to be announced: summing at once would block the host. */
  #canBeUsed(known: UsageSums, around: BudgetInputs): boolean {
    const isAboutToBeTold = this.#notifyTimer !== undefined && this.#listeners.size > 0;
    return (
      this.#isUpToDate(known, around) ||
      (isAboutToBeTold && known.table === around.table && known.settings === around.settings)
    );
  }

  #isUpToDate(known: UsageSums, around: BudgetInputs): boolean {
    const { table, prices, settings, nowMs } = around;
    return (
      known.table === table &&
      // A partly read table would give partial sums.
      (known.revision === table.revision || this.#ledger.isReading) &&
      known.prices === prices &&
      known.settings === settings &&
      // A project or server may have become known meanwhile.
      known.budgets.unknown.length === 0 &&
      Math.abs(nowMs - known.nowMs) < TICK_MS
    );
  }

  #budgetInputs(nowMs: number): BudgetInputs {
    const { getState, settings, calendar } = this.#options;
    return {
      table: this.#ledger.table,
      prices: this.#pricesNow(),
      calendar,
      nowMs,
      state: getState(),
      placeOf: (serverID) => this.placeOf(serverID),
      settings: settings(),
    };
  }

  #ownProblems(): UsageProblem[] {
    const problems: UsageProblem[] = this.#ledger.problems.map(({ message }) => {
      return { severity: "warning", message };
    });
    return [...problems, ...this.#queue.problems];
  }

  #isKnown(sessionID: string, serverID: string): boolean {
    return this.#ledger.session(sessionID, this.placeOf(serverID)?.id) !== undefined;
  }

  #learnAllPrices(): void {
    for (const { models } of this.#options.getState().servers.values()) {
      this.#learnPrices([...models.values()]);
    }
  }

  /** The ledger reports a failed write, and keeps the prices. */
  #learnPrices(models: Parameters<UsageLedger["learnPrices"]>[0]): void {
    this.#ledger.learnPrices(models).catch(() => undefined);
  }

  /** Takes over what an earlier version stored, and looks for damage that would go unnoticed otherwise. */
  async #checkLedger(): Promise<void> {
    const { folder, worker } = this.#options;
    const signal = this.#disposal.signal;
    const found = await runMaintenanceJob({ kind: "checkLedger", folder }, { worker, signal });
    if (signal.aborted) return;
    await this.#ledger.refresh();
    if (found.kind !== "checked") return;
    for (const name of found.damaged) this.#ledger.reportDamaged(name);
    const [fault] = found.faults;
    if (fault === undefined) return;
    this.#ledger.replaceDamaged(fault, found.inode);
    await this.refill();
  }

  #pricesNow(): PriceTable {
    const own = this.#options.settings().prices;
    const known = this.#ledger.prices;
    if (this.#prices?.known !== known || this.#prices.own !== own) {
      this.#prices = { known, own, table: new Map([...known, ...own]) };
    }
    return this.#prices.table;
  }

  #changed(): void {
    this.#snapshot = undefined;
    this.#changes++;
    this.#notifyTimer ??= setTimeout(() => {
      void this.#notify();
    }, NOTIFY_MS);
  }

  async #notify(): Promise<void> {
    const changes = this.#changes;
    try {
      if (this.#listeners.size > 0) await this.#sumAhead();
      // Someone may have asked between two steps.
      this.#snapshot = undefined;
      for (const listener of [...this.#listeners]) listener();
    } finally {
      this.#notifyTimer = undefined;
      if (changes !== this.#changes && !this.#disposal.signal.aborted) this.#changed();
    }
  }
}

/** Computes the sums, in steps of some ten milliseconds with 200,000 answers. */
function* computeSums(around: BudgetInputs): Generator<undefined, UsageSums> {
  const { table, prices, settings, calendar, nowMs } = around;
  const { revision } = table;
  viewLedger(table);
  yield;
  const rate = usageRate(table, nowMs, {}, prices);
  yield;
  const projection = projectSpending(table, nowMs, calendar, {}, prices);
  yield;
  const budgets = budgetUses(around);
  return { table, revision, prices, settings, nowMs, budgets, rate, projection };
}
