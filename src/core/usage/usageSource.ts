import type { BudgetUse } from "./budget.ts";
import type { Currency } from "./currency.ts";
import type { SpendProjection, UsageRate } from "./forecast.ts";
import type { PriceTable } from "../ledger/ledgerQuery.ts";
import type { LedgerPlace, LedgerTable } from "../ledger/table.ts";
import type { Calendar } from "../ledger/timeBuckets.ts";
import type { SessionRef } from "../state/session.ts";
import type { SessionStatusExtras } from "../agents/sessionStatus.ts";

/** A running fill of the ledger. */
export interface UsageFill {
  /** Name of the place whose history is being read. */
  readonly name: string;
  /** Sessions read so far, sessions to read in total, and answers read so far; undefined until known. */
  readonly progress:
    { readonly sessions: number; readonly allSessions: number; readonly rows: number } | undefined;
}

/** A reason why the figures may be incomplete. */
export interface UsageProblem {
  readonly severity: "warning" | "info";
  /** Suitable for display. */
  readonly message: string;
}

/** All known usage at one point in time. */
export interface UsageSnapshot {
  /** Don't keep it longer than the snapshot: the next one may have a different object. */
  readonly table: LedgerTable;
  /** The servers' catalogues, overridden by the user's own prices. */
  readonly prices: PriceTable;
  readonly calendar: Calendar;
  readonly currency: Currency;
  /**
   * All configured budgets; a session budget has an entry for each tree with usage in the last 24 hours, most used
   * first. A budget whose project or server is unknown is reported in `problems`.
   */
  readonly budgets: readonly BudgetUse[];
  /** The rate of all usage together; undefined if there is too little recent usage. */
  readonly rate: UsageRate | undefined;
  readonly projection: SpendProjection;
  readonly fill: UsageFill | undefined;
  readonly problems: readonly UsageProblem[];
  /** When the snapshot was taken, by the local clock. */
  readonly nowMs: number;
}

/** The usage ledger of this window, and everything derived from it. */
export interface UsageSource {
  /** The same object until something changes or half a minute passes. Undefined until the ledger is open. */
  current(): UsageSnapshot | undefined;
  /** Why the ledger could not be opened, if it couldn't. */
  readonly failure: string | undefined;
  /** Calls the listener after changes, at most twice a second, until the returned function is called. */
  onDidChange(listener: () => void): () => void;
  /** Opens the ledger if it isn't open yet; resolves when it is open or has failed to open. */
  open(): Promise<void>;
  /** Reads the latest changes from all connected servers; resolves when that has ended or was cancelled. */
  refill(): Promise<void>;
  /** Stops the running fill; what it has read is kept, and the next fill resumes from there. */
  cancelFill(): void;
  /** The place that holds a server's history, as rows and budgets reference it; undefined while unknown. */
  placeOf(serverID: string): LedgerPlace | undefined;
  /** What a session's status needs beyond the servers' state: its budgets, turns and rate. */
  statusExtras(ref: SessionRef): SessionStatusExtras;
}
