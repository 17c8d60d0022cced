import type { SessionAction } from "../../core/state/actions.ts";
import type { EventSink, IsWatched } from "../adapter.ts";
import type { CompactionWaits } from "./compactionWaits.ts";
import type { Inbox } from "./inbox.ts";

/** What outlives one stream: the stream has no replay, and the next one starts in the present. */
export interface StreamMemory {
  readonly inbox: Inbox;
  readonly compactions: CompactionWaits;
  /** Number of the last durable event seen of each watched session. */
  readonly positions: Map<string, number>;
}

/** What the readers of one stream's events share. */
export interface V2Stream {
  readonly serverID: string;
  readonly memory: StreamMemory;
  readonly sink: EventSink;
  readonly isWatched: IsWatched;
  /** Our clock, in ms. */
  readonly now: () => number;
  /** Passes on an action about a session of this server. */
  readonly emit: (action: SessionAction) => void;
}

/** An event with its envelope parsed. */
export interface V2Event {
  readonly type: string;
  readonly sessionID: string | undefined;
  readonly data: Readonly<Record<string, unknown>>;
  /** By the server's clock, in ms. */
  readonly createdMs: number;
  readonly directory: string | undefined;
}
