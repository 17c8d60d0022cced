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
  /** The sessions of all connected servers, most recently changed first. */
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
  /** Sub-sessions as well; default false. */
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
  /** All five kinds together. */
  readonly totalTokens: number;
}

/** Recorded by the server; estimated from list prices; partial: only a part has a price, so at least so much. */
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
  /** Whether a part of what was used has no known price: more than `used` was spent, nobody knows how much. */
  readonly isLowerBound: boolean;
}

/** Of each period the budget that is used up most. */
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
  /** Its server is lost: figures are the last known ones. */
  | "unavailable";

export interface SessionStatus {
  readonly schemaVersion: 1;
  readonly sessionID: string;
  readonly title: string;
  readonly server: string;
  /** The session that started this one, where one did. */
  readonly parentID: string | null;
  /** The topmost session of its tree; its own id for one without a parent. */
  readonly rootID: string;
  /** Null where it could not be read. */
  readonly state: SessionStateName | null;
  /** Model used last, `providerID/modelID`. */
  readonly model: string | null;
  readonly usage: {
    /** The session alone. `isEstimate`: text that still streams is counted by its length. */
    readonly session: TokensStatus &
      CostStatus & { readonly turns: number | null; readonly isEstimate: boolean };
    /** With all sessions it started. */
    readonly tree: TokensStatus &
      CostStatus & { readonly sessions: number; readonly isEstimate: boolean };
    /** The last turn of which a step has ended: the running one, or before its first step the one before. */
    readonly lastTurn: (Pick<TokensStatus, "input" | "output" | "totalTokens"> & CostStatus) | null;
    /** Of those that are about this session. */
    readonly budgets: BudgetStatuses;
  };
  /** Tokens in the context window now: another figure than those billed. */
  readonly context: {
    readonly used: number;
    readonly limit: number | null;
    readonly percent: number | null;
    readonly isEstimate: boolean;
  } | null;
  /** The rate is that of the whole tree. */
  readonly forecast: RateStatus & {
    readonly turnsUntilContextFull: number | null;
    /** When the first of the budgets will be used up, milliseconds since the epoch. */
    readonly budgetReachedMs: number | null;
  };
}

/** How fast money and tokens are used up: null when too little has happened lately, the cost also where nothing of it has a price. */
export interface RateStatus {
  readonly usdPerHour: number | null;
  /** How far the cost can be trusted. */
  readonly usdPerHourState: CostState | null;
  readonly tokensPerMinute: number | null;
}

/** What a day and a month will have cost: null where too little is known. */
export interface ProjectionStatus {
  readonly endOfDayUSD: number | null;
  readonly endOfDayState: CostState | null;
  readonly endOfMonthUSD: number | null;
  readonly endOfMonthState: CostState | null;
}

/** One session in few words. */
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
  /** It and all below it; tokens and cost are theirs. */
  readonly sessions: number;
  readonly totalTokens: number;
  readonly contextPercent: number | null;
}

export interface SessionList {
  readonly schemaVersion: 1;
  /** Changed last first. */
  readonly sessions: readonly SessionListEntry[];
  /** Sessions that the limit left out. */
  readonly more: number;
}

/** What some answers of models come to. */
export interface UsageSum extends TokensStatus, CostStatus {
  /** Answers of a model, each once however often it was copied by a fork. */
  readonly messages: number;
  /** US dollars beyond `cost` that were spent and the servers have forgotten: deleted, or reverted; null when nothing of it has a price. */
  readonly alsoSpentUSD: number | null;
  readonly alsoSpentState: CostState;
}

export interface UsageGroup extends UsageSum {
  /** Id of a session or project, `providerID/modelID`, name of an agent, beginning of a piece of time. */
  readonly key: string;
  /** What a person calls it. */
  readonly name: string;
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
  readonly groups: readonly UsageGroup[];
  /** Groups that the limit left out. */
  readonly moreGroups: number;
  readonly budgets: BudgetStatuses;
  readonly forecast: RateStatus & ProjectionStatus;
}
