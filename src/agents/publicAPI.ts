/**
 * What other extensions get from OpenCode Sessions. This file stands alone: copy it to have the types.
 *
 *     const sessions = vscode.extensions.getExtension<OpenCodeSessionsAPI>(
 *       "opencode-sessions.opencode-sessions",
 *     );
 *     const api = await sessions?.activate();
 *     if (api?.apiVersion === 1) console.log(await api.sessionStatus());
 *
 * `apiVersion` changes with whatever would break a caller; what is added leaves it as it is. Answers are plain
 * JSON, the same that `session_status` gives agents. What is not known is null, never zero. Nothing here throws
 * but for arguments that cannot be.
 */
export interface OpenCodeSessionsAPI {
  readonly apiVersion: 1;
  /** How long activation took, in milliseconds. */
  readonly activationMs: number;
  /**
   * What a session has used and what it is doing; of the window's active session when none is named. Undefined
   * when there is no such session.
   */
  sessionStatus(session?: SessionReference): Promise<SessionStatus | undefined>;
  /** The sessions of all connected servers, those changed last first. */
  listSessions(options?: ListSessionsOptions): Promise<SessionList>;
  /** What has been used on all servers. Undefined while the usage ledger cannot be opened. */
  usageReport(options?: UsageReportOptions): Promise<UsageReport | undefined>;
  /** Told, at most some thirty times a second, that sessions have changed. A `vscode.Event`. */
  readonly onDidChange: (
    listener: (change: SessionsChange) => unknown,
    thisArgs?: unknown,
    disposables?: { dispose(): unknown }[],
  ) => { dispose(): void };
}

/** A session by its id, which one server at least has, or on a certain server. */
export type SessionReference = string | { readonly serverID: string; readonly sessionID: string };

export interface SessionsChange {
  /** Sessions whose figures, state or facts changed, those above them included. */
  readonly sessions: readonly { readonly serverID: string; readonly sessionID: string }[];
  /** Sessions or servers came, went or moved: whatever was listed is to be asked for again. */
  readonly hasListChanged: boolean;
}

export interface ListSessionsOptions {
  /** 1 to 500, default 20. */
  readonly limit?: number;
  /** Those that a task started as well; default false. */
  readonly includeChildren?: boolean;
  readonly includeArchived?: boolean;
  /** Only sessions of this folder. */
  readonly directory?: string;
}

export interface UsageReportOptions {
  /** Default `today`. */
  readonly period?: "today" | "7d" | "30d" | "all";
  /** Default `model`. */
  readonly by?: UsageGrouping;
  /** Groups, 1 to 500; default 20. */
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

/** Billed tokens: cumulative, and another figure than the context in use. */
export interface TokensStatus {
  /** Without what was read from or written to a cache. */
  readonly input: number;
  /** Without reasoning. */
  readonly output: number;
  readonly reasoning: number;
  readonly cache: { readonly read: number; readonly write: number };
  readonly totalTokens: number;
}

export interface CostStatus {
  /** US dollars; null when no price is known. */
  readonly cost: number | null;
  /** Recorded by the server; estimated from list prices; partial: only a part has a price. */
  readonly costState: "recorded" | "estimated" | "partial" | "unpriced";
}

export interface BudgetStatus {
  readonly used: number;
  readonly limit: number;
  /** Above 100 when overdrawn. */
  readonly percent: number;
  readonly unit: "USD" | "tokens";
}

/** Of each period the budget that is used up most. */
export interface BudgetStatuses {
  readonly hourly: BudgetStatus | null;
  readonly daily: BudgetStatus | null;
  readonly weekly: BudgetStatus | null;
  readonly monthly: BudgetStatus | null;
  readonly session: BudgetStatus | null;
}

export type SessionStateName =
  | "idle"
  | "working"
  | "compacting"
  | "waiting_permission"
  | "question"
  | "retry"
  | "error"
  /** Its server is lost: figures are the last known ones. */
  | "unavailable";

export interface SessionStatus {
  readonly schemaVersion: 1;
  readonly sessionID: string;
  readonly title: string;
  readonly server: string;
  readonly parentID: string | null;
  readonly rootID: string;
  readonly state: SessionStateName;
  /** `providerID/modelID`. */
  readonly model: string | null;
  readonly usage: {
    /** The session alone. */
    readonly session: TokensStatus &
      CostStatus & { readonly turns: number | null; readonly isEstimate: boolean };
    /** With all sessions it started. */
    readonly tree: TokensStatus &
      CostStatus & { readonly sessions: number; readonly isEstimate: boolean };
    /** The last turn of which a step has ended. */
    readonly lastTurn: {
      readonly input: number;
      readonly output: number;
      readonly totalTokens: number;
      readonly cost: number | null;
    } | null;
    readonly budgets: BudgetStatuses;
  };
  /** Tokens in the context window now. */
  readonly context: {
    readonly used: number;
    readonly limit: number | null;
    readonly percent: number | null;
    readonly isEstimate: boolean;
  } | null;
  readonly forecast: {
    readonly usdPerHour: number | null;
    readonly tokensPerMinute: number | null;
    readonly turnsUntilContextFull: number | null;
    /** Milliseconds since the epoch. */
    readonly budgetReachedMs: number | null;
  };
}

export interface SessionListEntry extends CostStatus {
  readonly sessionID: string;
  readonly serverID: string;
  readonly server: string;
  readonly title: string;
  readonly directory: string;
  readonly parentID: string | null;
  readonly rootID: string;
  readonly state: SessionStateName;
  readonly model: string | null;
  readonly updatedMs: number;
  /** It and all below it; tokens and cost are theirs. */
  readonly sessions: number;
  readonly totalTokens: number;
  readonly contextPercent: number | null;
}

export interface SessionList {
  readonly schemaVersion: 1;
  readonly sessions: readonly SessionListEntry[];
  /** Sessions that the limit left out. */
  readonly more: number;
}

export interface UsageSum extends TokensStatus, CostStatus {
  /** Answers of a model. */
  readonly messages: number;
  /** US dollars beyond `cost` that were spent and the servers have forgotten. */
  readonly alsoSpentUSD: number;
}

export interface UsageReport {
  readonly schemaVersion: 1;
  readonly period: {
    readonly name: "today" | "7d" | "30d" | "all";
    /** Milliseconds since the epoch; null: from the beginning. */
    readonly fromMs: number | null;
    readonly untilMs: number;
    readonly timeZone: string;
  };
  readonly total: UsageSum;
  readonly by: UsageGrouping;
  /** The most expensive first, or by time the oldest. */
  readonly groups: readonly (UsageSum & { readonly key: string; readonly name: string })[];
  readonly moreGroups: number;
  readonly budgets: BudgetStatuses;
  readonly forecast: {
    readonly usdPerHour: number | null;
    readonly tokensPerMinute: number | null;
    readonly endOfDayUSD: number | null;
    readonly endOfMonthUSD: number | null;
  };
}
