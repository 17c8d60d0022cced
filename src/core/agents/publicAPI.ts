/**
 * The API that OpenCode Sessions exports to other extensions. This file has no imports: copy it to get the types.
 *
 *     const sessions = vscode.extensions.getExtension<OpenCodeSessionsAPI>(
 *       "opencode-sessions.opencode-sessions",
 *     );
 *     const api = await sessions?.activate();
 *     if (api?.apiVersion === 1) console.log(await api.sessionStatus());
 *
 * `apiVersion` changes with every breaking change, but not with additions. Results are plain JSON, the same that
 * agents get from `session_status`. Unknown values are null, never zero. Nothing here throws, except for invalid
 * arguments.
 */
export interface OpenCodeSessionsAPI {
  readonly apiVersion: 1;
  /** How long activation took, in milliseconds. */
  readonly activationMs: number;
  /**
   * What a session has used and what it is doing. Defaults to the window's active session. Undefined if there is
   * no such session.
   */
  sessionStatus(session?: SessionReference): Promise<SessionStatus | undefined>;
  /** The sessions of all connected servers, most recently changed first. */
  listSessions(options?: ListSessionsOptions): Promise<SessionList>;
  /** Usage on all servers. Undefined while the usage ledger cannot be opened. */
  usageReport(options?: UsageReportOptions): Promise<UsageReport | undefined>;
  /** A `vscode.Event` that fires when sessions have changed, at most about thirty times a second. */
  readonly onDidChange: (
    listener: (change: SessionsChange) => unknown,
    thisArgs?: unknown,
    disposables?: { dispose(): unknown }[],
  ) => { dispose(): void };
}

/** A session by its ID alone (on any server that has it), or on a specific server. */
export type SessionReference = string | { readonly serverID: string; readonly sessionID: string };

export interface SessionsChange {
  /** Sessions whose figures, state or details changed, including their ancestors. */
  readonly sessions: readonly { readonly serverID: string; readonly sessionID: string }[];
  /** Sessions or servers were added, removed or moved: fetch the list again. */
  readonly hasListChanged: boolean;
}

export interface ListSessionsOptions {
  /**
   * Maximum number of sessions; default 20.
   * @integer
   * @minimum 1
   * @maximum 500
   */
  readonly limit?: number;
  /** Also list sub-sessions; default false. */
  readonly includeChildren?: boolean;
  /** Default false. */
  readonly includeArchived?: boolean;
  /** Only sessions in this folder. */
  readonly directory?: string;
}

export interface UsageReportOptions {
  /** Default `today`. */
  readonly period?: "today" | "7d" | "30d" | "all";
  /** Default `model`. */
  readonly by?: UsageGrouping;
  /**
   * Maximum number of groups; default 20.
   * @integer
   * @minimum 1
   * @maximum 500
   */
  readonly limit?: number;
}

export type UsageGrouping =
  | "model"
  | "agent"
  | "project"
  | "server"
  | "origin"
  | "session"
  | "tree"
  | "hour"
  | "day"
  | "week"
  | "month";

/** Billed tokens. Cumulative, and not the same as the context in use. */
export interface TokensStatus {
  /** Excluding tokens read from or written to a cache. */
  readonly input: number;
  /** Excluding reasoning. */
  readonly output: number;
  readonly reasoning: number;
  readonly cache: { readonly read: number; readonly write: number };
  /** All five kinds together. */
  readonly totalTokens: number;
}

/** Recorded by the server; estimated from list prices; partial: only some has a price, so it's a lower bound. */
export type CostState = "recorded" | "estimated" | "partial" | "unpriced";

export interface CostStatus {
  /** US dollars, recorded by the server and estimated from list prices; null when no price is known. */
  readonly cost: number | null;
  readonly costState: CostState;
}

export interface BudgetStatus {
  /** In `unit`. */
  readonly used: number;
  readonly limit: number;
  /** Above 100 when overdrawn. */
  readonly percent: number;
  readonly unit: "USD" | "tokens";
  /** Whether some of the usage has no known price: more than `used` was spent, but the amount is unknown. */
  readonly isLowerBound: boolean;
}

/** For each period, the budget with the highest percentage used. */
export type BudgetStatuses = Readonly<
  Record<"hourly" | "daily" | "weekly" | "monthly" | "session", BudgetStatus | null>
>;

export type SessionStateName =
  | "idle"
  | "working"
  | "compacting"
  | "waiting_permission"
  | "question"
  | "retry"
  | "error"
  /** The connection to its server is lost: figures are the last known ones. */
  | "unavailable";

/**
 * What an OpenCode session and the sessions it started have used, and what it is doing. Unknown values are null.
 */
export interface SessionStatus {
  readonly schemaVersion: 1;
  readonly sessionID: string;
  readonly title: string;
  readonly server: string;
  /** The session that started this one, if any. */
  readonly parentID: string | null;
  /** The root session of its tree; its own ID if it has no parent. */
  readonly rootID: string;
  /** Null if it could not be read. */
  readonly state: SessionStateName | null;
  /** The last model used, `providerID/modelID`. */
  readonly model: string | null;
  readonly usage: {
    /** This session only. `isEstimate`: text still being streamed is counted by its length. */
    readonly session: TokensStatus &
      CostStatus & {
        /** @integer */
        readonly turns: number | null;
        readonly isEstimate: boolean;
      };
    /** Including all sessions it started. */
    readonly tree: TokensStatus &
      CostStatus & {
        /**
         * @integer
         * @minimum 1
         */
        readonly sessions: number;
        readonly isEstimate: boolean;
      };
    /** The last turn with a finished step: the running one, or the previous one until its first step ends. */
    readonly lastTurn: (Pick<TokensStatus, "input" | "output" | "totalTokens"> & CostStatus) | null;
    /** The budgets that apply to this session. */
    readonly budgets: BudgetStatuses;
  };
  /** Tokens in the context window now; not the same as billed tokens. */
  readonly context: {
    readonly used: number;
    readonly limit: number | null;
    readonly percent: number | null;
    readonly isEstimate: boolean;
  } | null;
  /** The rate covers the whole tree. */
  readonly forecast: RateStatus & {
    /** @integer */
    readonly turnsUntilContextFull: number | null;
    /** When the first budget will be used up, milliseconds since the epoch. */
    readonly budgetReachedMs: number | null;
  };
}

/** How fast money and tokens are used: null if there is too little recent usage; cost also if nothing has a price. */
export interface RateStatus {
  readonly usdPerHour: number | null;
  /** How reliable the cost is. */
  readonly usdPerHourState: CostState | null;
  readonly tokensPerMinute: number | null;
}

/** Projected cost at the end of the day and month: null if too little is known. */
export interface ProjectionStatus {
  readonly endOfDayUSD: number | null;
  readonly endOfDayState: CostState | null;
  readonly endOfMonthUSD: number | null;
  readonly endOfMonthState: CostState | null;
}

/** Summary of one session. */
export interface SessionListEntry extends CostStatus {
  readonly sessionID: string;
  readonly serverID: string;
  readonly server: string;
  readonly title: string;
  readonly directory: string;
  readonly parentID: string | null;
  readonly rootID: string;
  readonly state: SessionStateName | null;
  readonly model: string | null;
  /** By the server's clock, milliseconds since the epoch. */
  readonly updatedMs: number;
  /**
   * Number of sessions in its subtree, itself included; tokens and cost cover all of them.
   * @integer
   * @minimum 1
   */
  readonly sessions: number;
  readonly totalTokens: number;
  readonly contextPercent: number | null;
}

/** Sessions; figures cover each session's whole tree. */
export interface SessionList {
  readonly schemaVersion: 1;
  /** Most recently changed first. */
  readonly sessions: readonly SessionListEntry[];
  /**
   * Number of sessions omitted because of the limit.
   * @integer
   */
  readonly more: number;
}

/** The sum over a set of model answers. */
export interface UsageSum extends TokensStatus, CostStatus {
  /**
   * Model answers; copies made by forks are not counted.
   * @integer
   */
  readonly messages: number;
  /** US dollars spent in addition to `cost` on deleted or reverted answers; null if none of it has a price. */
  readonly alsoSpentUSD: number | null;
  readonly alsoSpentState: CostState;
}

export interface UsageGroup extends UsageSum {
  /** ID of a session or project, `providerID/modelID`, agent name, or the start of a time bucket. */
  readonly key: string;
  /** Display name. */
  readonly name: string;
}

/** Usage in a period, grouped by one dimension. Unknown values are null. */
export interface UsageReport {
  readonly schemaVersion: 1;
  readonly period: {
    readonly name: "today" | "7d" | "30d" | "all";
    /** Milliseconds since the epoch; null for all time. */
    readonly fromMs: number | null;
    readonly untilMs: number;
    readonly timeZone: string;
  };
  readonly total: UsageSum;
  readonly by: UsageGrouping;
  /** Most expensive first; time buckets oldest first. */
  readonly groups: readonly UsageGroup[];
  /**
   * Number of groups omitted because of the limit.
   * @integer
   */
  readonly moreGroups: number;
  readonly budgets: BudgetStatuses;
  readonly forecast: RateStatus & ProjectionStatus;
}
