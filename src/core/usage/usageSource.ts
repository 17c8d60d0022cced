import type { BudgetUse } from "./budget.ts";
import type { Currency } from "./currency.ts";
import type { SpendProjection, UsageRate } from "./forecast.ts";
import type { PriceTable } from "../ledger/ledgerQuery.ts";
import type { LedgerPlace, LedgerTable } from "../ledger/table.ts";
import type { Calendar } from "../ledger/timeBuckets.ts";
import type { SessionRef } from "../state/session.ts";
import type { SessionStatusExtras } from "../agents/sessionStatus.ts";

/** A fill of the ledger at work. */
export interface UsageFill {
  /** Whose history is read: a place's name. */
  readonly name: string;
  /** Sessions read so far and to be read in all, answers read so far; undefined until that is known. */
  readonly progress:
    { readonly sessions: number; readonly allSessions: number; readonly rows: number } | undefined;
}

/** Something that keeps the figures from being whole. */
export interface UsageProblem {
  readonly severity: "warning" | "info";
  /** Fit to be shown. */
  readonly message: string;
}

/** All that is known of usage at one moment. */
export interface UsageSnapshot {
  /** Do not keep it longer than the snapshot: the next one may bring another object. */
  readonly table: LedgerTable;
  /** The servers' catalogues with the user's own prices laid over them. */
  readonly prices: PriceTable;
  readonly calendar: Calendar;
  readonly currency: Currency;
  /**
   * All budgets that are set; one for session trees has an entry for each tree that used something in the last
   * 24 hours, most used first. With `problems`, a budget whose project or server is not known is told.
   */
  readonly budgets: readonly BudgetUse[];
  /** How fast everything together uses up tokens and money; undefined when too little has happened lately. */
  readonly rate: UsageRate | undefined;
  readonly projection: SpendProjection;
  readonly fill: UsageFill | undefined;
  readonly problems: readonly UsageProblem[];
  /** When it was made, our clock. */
  readonly nowMs: number;
}

/** The usage ledger of this window with all that is made of it. */
export interface UsageSource {
  /** The same object until something changed or half a minute has passed. Undefined until the ledger is open. */
  current(): UsageSnapshot | undefined;
  /** Why there is no ledger, where it could not be opened. */
  readonly failure: string | undefined;
  /** Calls the listener after changes, at most twice a second, until the returned function is called. */
  onDidChange(listener: () => void): () => void;
  /** Opens the ledger, where nothing has yet, and resolves when it is open or cannot be. */
  open(): Promise<void>;
  /** Reads anew what changed on all connected servers; resolves when that has ended, or was cancelled. */
  refill(): Promise<void>;
  /** Stops the fill at work; what it has read stays, and the next one goes on there. */
  cancelFill(): void;
  /** Where a server's history lives, as rows and budgets name it; undefined while that is not known. */
  placeOf(serverID: string): LedgerPlace | undefined;
  /** What the status of a session has beyond the state of the servers: its budgets, turns and rate. */
  statusExtras(ref: SessionRef): SessionStatusExtras;
}
