import type { Action } from "../core/actions.ts";
import { projectSpending, usageRate } from "../core/forecast.ts";
import type { PriceTable } from "../core/ledger/ledgerQuery.ts";
import { sessionTurns } from "../core/ledger/sessionTurns.ts";
import type { LedgerPlace } from "../core/ledger/table.ts";
import type { Calendar } from "../core/ledger/timeBuckets.ts";
import type { Log } from "../core/log.ts";
import { getSession, rootOf } from "../core/lookup.ts";
import type { SessionRef } from "../core/session.ts";
import type { SessionStatusExtras } from "../core/sessionStatus.ts";
import { budgetsOfTree, type BudgetSurroundings, budgetUses } from "../core/setBudgets.ts";
import type { State } from "../core/state.ts";
import type { UsageSettings } from "../core/usageSettings.ts";
import type { UsageProblem, UsageSnapshot, UsageSource } from "../core/usageSource.ts";
import { FillQueue } from "./fillQueue.ts";
import { KnownPrices } from "./knownPrices.ts";
import { LiveSteps } from "./liveSteps.ts";
import { PlaceFinder } from "./placeFinder.ts";
import type { HistoryReader } from "./serverFill.ts";
import { findSqlite } from "./sqlite.ts";
import { UsageLedger } from "./usageLedger.ts";

export interface UsageHistoryOptions {
  /** A folder for the ledger alone; made when missing. Several windows may use it at once. */
  readonly folder: string;
  /** Path of the built worker, `dist/ledgerWorker.cjs`. */
  readonly worker: string;
  readonly getState: () => State;
  /** Pages of a server's messages; undefined while it is not connected. */
  readonly reader: (serverID: string) => Pick<HistoryReader, "listMessages"> | undefined;
  /** OpenCode's database, for a server of this machine whose file is known. */
  readonly databaseOf: (serverID: string) => Promise<string | undefined>;
  /** As they are now. */
  readonly settings: () => UsageSettings;
  readonly calendar: Calendar;
  /** Our clock. */
  readonly now: () => number;
  readonly log: Log;
}

/** What was summed at one moment, and what of. */
interface UsageSums
  extends
    Pick<BudgetSurroundings, "table" | "prices" | "settings" | "nowMs">,
    Pick<UsageSnapshot, "rate" | "projection"> {
  readonly revision: number;
  readonly budgets: ReturnType<typeof budgetUses>;
}

/** The store takes an action in a moment after it was told. */
const AFTER_CONNECT_MS = 100;
/** A fill waits so long after a turn ended, or a session came, for what comes with it. */
const AFTER_CHANGE_MS = 2_000;
/** Least time between two tellings of a change. */
const TELL_MS = 500;
/** What other windows write is taken in, and what depends on the time of day made anew. */
const TICK_MS = 30_000;

/**
 * The usage ledger of a window at work: told every action, it remembers what the streams say, has itself filled
 * from what the servers keep, and makes prices, budgets and forecasts of it. The listeners are told of changes.
 */
export class UsageHistory implements Omit<UsageSource, "open" | "failure"> {
  readonly #options: UsageHistoryOptions;
  readonly #ledger: UsageLedger;
  readonly #prices: KnownPrices;
  readonly #places: PlaceFinder;
  readonly #live: LiveSteps;
  readonly #queue: FillQueue;
  readonly #tick: ReturnType<typeof setInterval>;
  readonly #listeners = new Set<() => void>();
  #telling: ReturnType<typeof setTimeout> | undefined;
  #snapshot: UsageSnapshot | undefined;
  #sums: UsageSums | undefined;
  #priceTable: { readonly of: UsageSettings["prices"]; readonly table: PriceTable } | undefined;

  private constructor(options: UsageHistoryOptions, ledger: UsageLedger, prices: KnownPrices) {
    this.#options = options;
    this.#ledger = ledger;
    this.#prices = prices;
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
    this.#queue = new FillQueue({
      ...options,
      ledger,
      places: this.#places,
      onChange: changed,
    });
    ledger.onDidChange(changed);
    this.#tick = setInterval(() => {
      ledger.refresh().catch((error: unknown) => {
        log.warn("ledger", error instanceof Error ? error.message : "not read");
      });
      // Ages and periods move on by themselves.
      changed();
    }, TICK_MS);
    this.#tick.unref();
  }

  /** @throws when the folder can be neither read nor made. */
  static async open(options: UsageHistoryOptions): Promise<UsageHistory> {
    const { folder, log } = options;
    const [ledger, prices] = await Promise.all([
      UsageLedger.open({ folder, log }),
      KnownPrices.open(folder),
    ]);
    const history = new UsageHistory(options, ledger, prices);
    for (const server of options.getState().servers.values()) {
      history.#learnPrices([...server.models.values()]);
      const { kind } = server.connection;
      if (kind === "connected") history.#queue.request(server.endpoint.serverID, 0);
    }
    return history;
  }

  /** Takes one action; others than those about usage cost next to nothing. */
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
        if (this.#ledger.session(action.session.id) !== undefined) return;
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
          const what = project === undefined ? `server “${server ?? ""}”` : `project “${project}”`;
          return { severity: "info", message: `A budget is for the ${what}, which is not known.` };
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

  /** What the settings say is another thing than before. */
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
    const around = this.#surroundings(nowMs);
    const treeID = rootOf(around.state, ref).sessionID;
    const all = this.current();
    const others = all.budgets.filter(({ budget }) => budget.period !== "session");
    const isRead = this.#ledger.session(ref.sessionID)?.stamp !== undefined;
    const isKnown = getSession(around.state, ref) !== undefined;
    return {
      nowMs,
      budgets: [...others, ...budgetsOfTree(around, treeID)],
      placeID: this.placeOf(ref.serverID)?.id,
      turns: isRead && isKnown ? sessionTurns(table, ref.sessionID) : undefined,
      rate: usageRate(table, nowMs, { treeIDs: new Set([treeID]) }, prices),
      overallRate: all.rate,
    };
  }

  /** Writes what is left, and ends what is at work. */
  async dispose(): Promise<void> {
    clearInterval(this.#tick);
    clearTimeout(this.#telling);
    this.#listeners.clear();
    await this.#queue.dispose();
    await this.#live.dispose();
    await this.#ledger.dispose();
  }

  /** What is summed over the whole table: kept while that is the same, however far a fill is. */
  #sumsAt(nowMs: number): UsageSums {
    const around = this.#surroundings(nowMs);
    const { table, prices, calendar, settings } = around;
    const known = this.#sums;
    const isSame =
      known?.table === table &&
      known.revision === table.revision &&
      known.prices === prices &&
      known.settings === settings &&
      // A project or server may have become known meanwhile.
      known.budgets.unknown.length === 0 &&
      Math.abs(nowMs - known.nowMs) < TICK_MS;
    if (isSame) return known;
    this.#sums = {
      table,
      revision: table.revision,
      prices,
      settings,
      nowMs,
      budgets: budgetUses(around),
      rate: usageRate(table, nowMs, {}, prices),
      projection: projectSpending(table, nowMs, calendar, {}, prices),
    };
    return this.#sums;
  }

  #surroundings(nowMs: number): BudgetSurroundings {
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
    if (findSqlite() === undefined) {
      problems.push({
        severity: "info",
        message:
          "This version of VS Code has no SQLite of its own: histories are read through the servers, which takes longer.",
      });
    }
    return [...problems, ...this.#queue.problems];
  }

  #learnPrices(models: Parameters<KnownPrices["learn"]>[0]): void {
    this.#prices
      .learn(models)
      .then((isNew) => {
        if (!isNew) return;
        this.#priceTable = undefined;
        this.#changed();
      })
      .catch((error: unknown) => {
        this.#options.log.warn("ledger", error instanceof Error ? error.message : "no prices");
      });
  }

  #pricesNow(): PriceTable {
    const own = this.#options.settings().prices;
    if (this.#priceTable?.of === own) return this.#priceTable.table;
    const table = new Map([...this.#prices.table, ...own]);
    this.#priceTable = { of: own, table };
    return table;
  }

  #changed(): void {
    this.#snapshot = undefined;
    this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      for (const listener of [...this.#listeners]) listener();
    }, TELL_MS);
  }
}
