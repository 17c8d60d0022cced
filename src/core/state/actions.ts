import type { Capabilities } from "./capabilities.ts";
import type { ClusterAction } from "./clusterReducer.ts";
import type { ContextUse } from "./context.ts";
import type { Endpoint } from "./endpoint.ts";
import type { Message, MessagePart } from "./message.ts";
import type { Model, ModelRef } from "./model.ts";
import type { PendingRequest } from "./request.ts";
import type { Session, SessionTotals } from "./session.ts";
import type { Activity, ConnectionState, Project, RunningTool, StepUsage } from "./state.ts";
import type { TodoProgress } from "./todo.ts";
import type { ModelPrice, Usage } from "../usage/usage.ts";

/**
 * What has happened, in domain terms and the past tense. All figures are absolute, so applying an action
 * twice changes nothing. `atMs` is by the local clock.
 */
export type Action =
  | { readonly type: "server.found"; readonly endpoint: Endpoint }
  | { readonly type: "server.removed"; readonly serverID: string }
  | ClusterAction
  | ServerAction;

/** Actions about one server or its sessions. */
export type ServerAction = { readonly serverID: string } & (
  | { readonly type: "connection.changed"; readonly connection: ConnectionState }
  | {
      readonly type: "server.identified";
      readonly version: string;
      readonly generation: string;
      readonly capabilities: Capabilities;
    }
  | { readonly type: "hostname.known"; readonly hostname: string }
  | { readonly type: "projects.loaded"; readonly projects: readonly Project[] }
  | { readonly type: "models.loaded"; readonly models: readonly Model[] }
  /** The ledger's costs of all sessions with answers whose cost was not recorded, and the prices it uses. */
  | {
      readonly type: "costs.known";
      readonly costs: ReadonlyMap<string, Usage>;
      readonly prices: ReadonlyMap<string, ModelPrice>;
    }
  /** All sessions at one point in time: unlisted ones are gone. Their activity arrives by `activities.loaded`. */
  | {
      readonly type: "snapshot.loaded";
      readonly sessions: readonly Session[];
      readonly atMs: number;
    }
  /** What sessions are doing and waiting for; unlisted ones in the scope are idle. */
  | {
      readonly type: "activities.loaded";
      readonly scope: ActivityScope;
      readonly activities: ReadonlyMap<string, Activity>;
      readonly requests: readonly PendingRequest[];
      /** Sessions whose activity the stream reported after the request was sent: the stream is newer. */
      readonly except: ReadonlySet<string>;
      /** Pending requests that the stream opened or closed after the request was sent. */
      readonly requestsExcept: ReadonlySet<string>;
    }
  /** The activity of these sessions could not be read or wasn't requested: what is known may be outdated. */
  | {
      readonly type: "activities.unknown";
      readonly sessionIDs: readonly string[];
    }
  | SessionAction
);

/** Which sessions a response covers: all, those of one directory, or only those it names. */
export type ActivityScope =
  | { readonly kind: "all" }
  | { readonly kind: "directory"; readonly directory: string }
  | { readonly kind: "named" };

/** Actions about one session. Ignored for unknown sessions, except for `session.upserted`. */
export type SessionAction =
  | {
      readonly type: "session.upserted";
      readonly session: Session;
      /** `read`: the response to a request, accurate at that time; `event`: reported by the stream. */
      readonly origin: "read" | "event";
    }
  | {
      /** Some fields changed, on servers that only report changes. */
      readonly type: "session.changed";
      readonly sessionID: string;
      readonly changes: Partial<Omit<Session, "id">>;
    }
  | { readonly type: "session.removed"; readonly sessionID: string }
  | {
      readonly type: "session.totals";
      readonly sessionID: string;
      readonly totals: SessionTotals;
    }
  | { readonly type: "activity.changed"; readonly sessionID: string; readonly activity: Activity }
  | {
      readonly type: "step.started";
      readonly sessionID: string;
      readonly messageID: string;
      /** When its message was created, milliseconds since the epoch by the server's clock. */
      readonly createdMs: number;
      readonly model: ModelRef | undefined;
      readonly agent: string | undefined;
    }
  | { readonly type: "text.streamed"; readonly sessionID: string; readonly characters: number }
  | {
      readonly type: "step.ended";
      readonly sessionID: string;
      /** Identifies the step: a repeated ID counts once. */
      readonly stepID: string;
      readonly step: StepUsage;
      /** All sessions were being read when the step ended: the totals that were read may include it. */
      readonly mayBeInTotals?: true;
    }
  | { readonly type: "context.known"; readonly sessionID: string; readonly context: ContextUse }
  | {
      readonly type: "compaction.started";
      readonly sessionID: string;
      readonly isAuto: boolean;
      readonly atMs: number;
    }
  | {
      readonly type: "compaction.ended";
      readonly sessionID: string;
      /** Undefined if it succeeded. */
      readonly error: string | undefined;
    }
  | { readonly type: "request.opened"; readonly request: PendingRequest }
  | { readonly type: "request.closed"; readonly sessionID: string; readonly requestID: string }
  | { readonly type: "tool.running"; readonly sessionID: string; readonly tool: RunningTool }
  | { readonly type: "tool.ended"; readonly sessionID: string; readonly callID: string }
  | ({ readonly type: "todo.changed"; readonly sessionID: string } & TodoProgress)
  | {
      readonly type: "session.failed";
      readonly sessionID: string;
      readonly message: string;
      readonly atMs: number;
    }
  /** Somebody stopped the running turn: its end needs no notification. */
  | { readonly type: "turn.interrupted"; readonly sessionID: string }
  | {
      readonly type: "prompts.queued";
      readonly sessionID: string;
      readonly count: number;
    }
  | {
      readonly type: "messages.counted";
      readonly sessionID: string;
      readonly count: number;
    }
  /**
   * A page of a watched session's messages; `isComplete` if there are no older ones. `reachesMs`: the page includes
   * everything up to this server time, so known messages between its newest one and then are gone.
   */
  | {
      readonly type: "messages.loaded";
      readonly sessionID: string;
      readonly messages: readonly Message[];
      readonly isComplete: boolean;
      readonly reachesMs?: number;
      readonly error: string | undefined;
    }
  /** `hasParts` is false if the message comes without its parts; known parts are kept. */
  | {
      readonly type: "message.upserted";
      readonly sessionID: string;
      readonly message: Message;
      readonly hasParts: boolean;
    }
  | {
      readonly type: "part.upserted";
      readonly sessionID: string;
      readonly messageID: string;
      readonly part: MessagePart;
    }
  /** Text to append to a part. */
  | {
      readonly type: "part.streamed";
      readonly sessionID: string;
      readonly messageID: string;
      readonly partID: string;
      readonly text: string;
    }
  | { readonly type: "message.removed"; readonly sessionID: string; readonly messageID: string }
  /** The session is no longer watched: its messages are discarded. */
  | { readonly type: "messages.dropped"; readonly sessionID: string };
