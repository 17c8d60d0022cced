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
 * All that is known, for all servers. Immutable: the reducer makes a new one, sharing what did not
 * change, so `===` on any part tells whether it changed.
 */
export interface State {
  /** By server id, in the order the servers were found. */
  readonly servers: ReadonlyMap<string, ServerState>;
  /** Messages of watched sessions only: open charts and transcripts. */
  readonly messages: ReadonlyMap<SessionKey, SessionMessages>;
  /** Namespaces of Kubernetes clusters a person has added, by `namespaceKey`, in their order. */
  readonly clusters: ReadonlyMap<string, NamespaceState>;
}

/** Where the connection to a server stands. A lost server is a state, never a message box. */
export type ConnectionState =
  | { readonly kind: "connecting" }
  /** The stream is open and the snapshot is in. */
  | { readonly kind: "connected"; readonly sinceMs: number }
  /** Was connected or reachable before; figures are kept and age. `nextRetryMs`: time of the next attempt. */
  | {
      readonly kind: "lost";
      readonly sinceMs: number;
      readonly reason: ServerErrorReason;
      readonly message: string;
      readonly nextRetryMs: number | undefined;
    }
  /** Waits for a person: a password is needed or was refused, or plain HTTP to another machine must be allowed. */
  | {
      readonly kind: "unauthorized";
      readonly needs: "password" | "plainHTTP";
      readonly sinceMs: number;
      readonly message: string;
    };

export interface ServerState {
  readonly endpoint: Endpoint;
  readonly connection: ConnectionState;
  /** The server's own version, once it answered. */
  readonly version: string | undefined;
  /** `OpenCode 1` or `OpenCode 2`: for a label only. */
  readonly generation: string | undefined;
  readonly capabilities: Capabilities;
  /** Name of the machine the server runs on, where known. */
  readonly hostname: string | undefined;
  readonly projects: ReadonlyMap<string, Project>;
  /** The server's model catalogue by `modelKey`. */
  readonly models: ReadonlyMap<string, Model>;
  readonly sessions: ReadonlyMap<string, Session>;
  /** What the ledger knows of sessions with answers whose cost was not recorded, by session id. */
  readonly costs: ReadonlyMap<string, Usage>;
  /**
   * The ledger's prices by `modelKey`: those last told by any catalogue, and a person's own before them. They go before
   * those in `models`, so that a price that left a catalogue counts here as in the ledger.
   */
  readonly prices: ReadonlyMap<string, ModelPrice>;
  /** Direct children by parent session id, oldest first. */
  readonly children: ReadonlyMap<string, readonly string[]>;
  /** Own + descendants, only for sessions with children; derived from own figures, never added up from events. */
  readonly trees: ReadonlyMap<string, TreeUsage>;
  /** What moves: only sessions with something going on or known beyond the list. */
  readonly live: ReadonlyMap<string, Live>;
  /** When the last complete session list was taken, milliseconds since the epoch, our clock. */
  readonly snapshotMs: number | undefined;
}

/** A project as the server names it. `worktree` is "/" for directories without version control. */
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
  /** Descendants and self that are waiting for an answer (requests, not sessions). */
  readonly requests: number;
  /** Sessions of the tree at work now, self included. */
  readonly working: number;
  /** True when any part is an estimate from text deltas. */
  readonly isEstimate: boolean;
}

/** What the server says a session is doing; `unknown` when it could not be asked since the stream was lost. */
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

/** Whether the server says that a turn runs; not where it is unknown. */
export function isAtWork(
  activity: Activity,
): activity is Extract<Activity, { kind: "working" | "retry" }> {
  return activity.kind === "working" || activity.kind === "retry";
}

/** A tool call at work. */
export interface RunningTool {
  readonly callID: string;
  readonly tool: string;
  readonly title: string | undefined;
  readonly startedMs: number | undefined;
  /** For a task tool: the sub-session. */
  readonly childSessionID: string | undefined;
}

/** Moving facts of one session. */
export interface Live {
  readonly activity: Activity;
  /** Set while a compaction runs. */
  readonly compaction: { readonly sinceMs: number; readonly isAuto: boolean } | undefined;
  /** The last compaction of the turn at work, or of the last one: asked for by a person, or the server's own. */
  readonly turnCompaction: "manual" | "auto" | undefined;
  /** The last turn's error; cleared when a new turn begins. */
  readonly error: { readonly message: string; readonly atMs: number } | undefined;
  /** Whether somebody stopped the last turn; cleared when a new turn begins. */
  readonly wasInterrupted: boolean;
  readonly requests: readonly PendingRequest[];
  readonly tools: readonly RunningTool[];
  /** Steps that ended after the last totals came, by part id: they overlay the totals until new ones arrive. */
  readonly steps: ReadonlyMap<string, StepUsage>;
  /** The latest step the totals are known to hold. Step ids ascend in time, so older ones are in as well. */
  readonly countedStepID: string | undefined;
  /** Text that streams in a step whose tokens are not known yet. */
  readonly streamedCharacters: number;
  /** Model and agent of the step at work. */
  readonly model: ModelRef | undefined;
  readonly agent: string | undefined;
  readonly context: ContextUse | undefined;
  /** Figures of the last finished step. */
  readonly lastStep: StepUsage | undefined;
  readonly todo: TodoProgress | undefined;
  /** Prompts accepted and not begun, where the server tells or it can be seen. */
  readonly queuedPrompts: number;
  /** Messages in the session, where they have been counted. */
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
  /** Why loading stopped, where it did. */
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
