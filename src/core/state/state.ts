import type { Capabilities } from "./capabilities.ts";
import type { NamespaceState } from "./cluster.ts";
import type { ContextUse } from "./context.ts";
import type { Endpoint } from "./endpoint.ts";
import type { ServerErrorReason } from "../errors.ts";
import type { Message } from "./message.ts";
import type { Model, ModelRef } from "./model.ts";
import type { PendingRequest } from "./request.ts";
import type { Session, SessionKey } from "./session.ts";
import type { TodoProgress } from "./todo.ts";
import type { ModelPrice, Tokens, Usage } from "../usage/usage.ts";

/**
 * Everything known about all servers. Immutable: the reducer creates a new one that shares unchanged parts, so `===`
 * on any part shows whether it changed.
 */
export interface State {
  /** By server ID, in the order the servers were found. */
  readonly servers: ReadonlyMap<string, ServerState>;
  /** Only messages of watched sessions: those with open charts or transcripts. */
  readonly messages: ReadonlyMap<SessionKey, SessionMessages>;
  /** Namespaces of Kubernetes clusters added by the user, by `namespaceKey`, in their order. */
  readonly clusters: ReadonlyMap<string, NamespaceState>;
}

/** State of the connection to a server. A lost server is a state, never a message box. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  /** The stream is open and the snapshot is loaded. */
  | { readonly kind: "connected"; readonly sinceMs: number }
  /** Was connected or reachable before; its last figures are kept. `nextRetryMs`: time of the next attempt. */
  | {
      readonly kind: "lost";
      readonly sinceMs: number;
      readonly reason: ServerErrorReason;
      readonly message: string;
      readonly nextRetryMs: number | undefined;
    }
  /** Waits for the user: a password is required or was rejected, or plain HTTP to another machine must be allowed. */
  | {
      readonly kind: "unauthorized";
      readonly needs: "password" | "plainHTTP";
      readonly sinceMs: number;
      readonly message: string;
    };

export interface ServerState {
  readonly endpoint: Endpoint;
  readonly connection: ConnectionState;
  /** The server's own version, once it has answered. */
  readonly version: string | undefined;
  /** A label. Servers with the same one may share a database; what they can do is in `capabilities`. */
  readonly generation: string | undefined;
  readonly capabilities: Capabilities;
  /** Name of the machine the server runs on, if known. */
  readonly hostname: string | undefined;
  readonly projects: ReadonlyMap<string, Project>;
  /** The server's model catalogue by `modelKey`. */
  readonly models: ReadonlyMap<string, Model>;
  readonly sessions: ReadonlyMap<string, Session>;
  /** The ledger's costs of sessions with answers whose cost was not recorded, by session ID. */
  readonly costs: ReadonlyMap<string, Usage>;
  /**
   * The ledger's prices by `modelKey`: the last ones in any catalogue, overridden by the user's own. They take
   * precedence over those in `models`, so that a price no longer in a catalogue counts here as in the ledger.
   */
  readonly prices: ReadonlyMap<string, ModelPrice>;
  /** Direct children by parent session ID, oldest first. */
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** Own + descendants, only for sessions with children; computed from own figures, never accumulated from events. */
  readonly trees: ReadonlyMap<string, TreeUsage>;
  /** Live state, only of sessions with activity or with details that aren't in the session list. */
  readonly live: ReadonlyMap<string, Live>;
  /** When the last complete session list was taken, milliseconds since the epoch by the local clock. */
  readonly snapshotMs: number | undefined;
}

/** A project as reported by the server. `worktree` is "/" for directories without version control. */
export interface Project {
  readonly id: string;
  readonly worktree: string;
  readonly name: string | undefined;
}

/** Sum over a session and all its descendants. */
export interface TreeUsage {
  readonly usage: Usage;
  /** Number of descendants. */
  readonly descendants: number;
  /** Pending requests of the session and its descendants (requests, not sessions). */
  readonly requests: number;
  /** Number of running sessions in the tree, including this one. */
  readonly working: number;
  /** True if any part is estimated from text deltas. */
  readonly isEstimate: boolean;
}

/** A session's activity as reported by the server; `unknown` if it couldn't be read since the stream was lost. */
export type Activity =
  | { readonly kind: "idle" }
  | { readonly kind: "unknown" }
  | { readonly kind: "working"; readonly sinceMs: number }
  | {
      readonly kind: "retry";
      readonly sinceMs: number;
      readonly attempt: number;
      readonly message: string;
      readonly nextMs: number | undefined;
    };

/** Whether the server reports a running turn; false if unknown. */
export function hasRunningTurn(
  activity: Activity,
): activity is Extract<Activity, { kind: "working" | "retry" }> {
  return activity.kind === "working" || activity.kind === "retry";
}

/** A running tool call. */
export interface RunningTool {
  readonly callID: string;
  readonly tool: string;
  readonly title: string | undefined;
  readonly startedMs: number | undefined;
  /** For a task tool: the sub-session. */
  readonly childSessionID: string | undefined;
}

/** Live state of one session. */
export interface Live {
  readonly activity: Activity;
  /** Set while a compaction runs. */
  readonly compaction: { readonly sinceMs: number; readonly isAuto: boolean } | undefined;
  /** The last compaction of the running or last turn: requested by the user, or automatic. */
  readonly turnCompaction: "manual" | "auto" | undefined;
  /** The last turn's error; cleared when a new turn starts. */
  readonly error: { readonly message: string; readonly atMs: number } | undefined;
  /** Whether somebody stopped the last turn; cleared when a new turn starts. */
  readonly wasInterrupted: boolean;
  readonly requests: readonly PendingRequest[];
  readonly tools: readonly RunningTool[];
  /** Steps that ended after the last totals arrived, by step ID: added to the totals until new ones arrive. */
  readonly steps: ReadonlyMap<string, StepUsage>;
  /** The latest step the totals are known to include. Step IDs ascend over time, so older ones are included too. */
  readonly countedStepID: string | undefined;
  /** Characters streamed in a step whose tokens are not known yet. */
  readonly streamedCharacters: number;
  /** Model and agent of the running or last step. */
  readonly model: ModelRef | undefined;
  readonly agent: string | undefined;
  readonly context: ContextUse | undefined;
  /** Figures of the last finished step. */
  readonly lastStep: StepUsage | undefined;
  readonly todo: TodoProgress | undefined;
  /** Prompts accepted but not started, if the server reports them or they can be inferred. */
  readonly queuedPrompts: number;
  /** Number of messages in the session, if counted. */
  readonly messageCount: number | undefined;
}

/** Tokens and recorded cost of one step. */
export interface StepUsage {
  readonly messageID: string;
  readonly costUSD: number;
  readonly tokens: Tokens;
}

/** Messages of a watched session, oldest first. */
export interface SessionMessages {
  readonly messages: readonly Message[];
  /** Whether the beginning of the session has been reached. */
  readonly isComplete: boolean;
  /** Why loading failed, if it did. */
  readonly error: string | undefined;
}

export const IDLE: Activity = { kind: "idle" };
export const UNKNOWN_ACTIVITY: Activity = { kind: "unknown" };

export const NO_LIVE: Live = {
  activity: IDLE,
  compaction: undefined,
  turnCompaction: undefined,
  error: undefined,
  wasInterrupted: false,
  requests: [],
  tools: [],
  steps: new Map(),
  countedStepID: undefined,
  streamedCharacters: 0,
  model: undefined,
  agent: undefined,
  context: undefined,
  lastStep: undefined,
  todo: undefined,
  queuedPrompts: 0,
  messageCount: undefined,
};

export const INITIAL_STATE: State = {
  servers: new Map(),
  messages: new Map(),
  clusters: new Map(),
};
