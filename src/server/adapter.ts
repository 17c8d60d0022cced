import type { ServerAction } from "../core/state/actions.ts";
import type { Capabilities } from "../core/state/capabilities.ts";
import type { Result } from "../core/result.ts";
import type { ServerFolders } from "./databaseFile.ts";
import type { Gateway } from "./gateway.ts";

/** What an event mapper says. `action` carries facts; the rest asks the connection for something. */
export interface EventSink {
  action(action: ServerAction): void;
  /** The server confirmed that the stream is open: what happens from now on will be told. */
  connected(): void;
  /** The stream said too little of a session: read it again. */
  stale(sessionID: string): void;
  /** The stream lost track: everything has to be read again. */
  resync(): void;
  /** The context of a session changed in a way only its messages tell, as after a compaction. */
  contextChanged(sessionID: string): void;
  /** Messages of a watched session changed at a server time in a way the stream does not spell out: load them anew. */
  messagesChanged(sessionID: string, atMs: number): void;
}

/**
 * Turns the bytes of one event stream into actions. The only code that knows the shape of events. Keeps
 * what it needs between chunks; one mapper serves one connection attempt.
 */
export interface EventMapper {
  push(chunk: Uint8Array): void;
}

/** Tells whether somebody looks at a session's messages, so that text is worth reading. */
export type IsWatched = (sessionID: string) => boolean;

/** One generation of OpenCode: its wire format stops here. */
export interface ServerAdapter {
  /** For a label only. */
  readonly generation: string;
  readonly capabilities: Capabilities;
  readonly gateway: Gateway;
  readonly eventsPath: string;
  /** Silence after which the stream counts as dead; the server speaks more often than that. */
  readonly silenceMs: number;
  /**
   * Whether events may be missing just after the stream has confirmed itself. OpenCode 1.18 confirms before it listens
   * (observed under load: 0.4 s of events went to streams that were open already, and not to the new one).
   */
  readonly opensWithGap: boolean;
  /** True when one answer tells what runs in all directories. */
  readonly tellsAllActivities: boolean;
  /**
   * Where the server keeps things on its machine; only on servers whose stream is silent about what other
   * processes do to the database, so that it has to be watched.
   */
  readonly folders?: (signal?: AbortSignal) => Promise<Result<ServerFolders>>;
  createMapper(sink: EventSink, isWatched: IsWatched): EventMapper;
  /**
   * Fills the gap in a watched session's messages since the last stream spoke of it. Resolves with false
   * where it cannot, and nothing was passed on: then they are to be loaded anew.
   */
  readonly replay?: (
    sessionID: string,
    take: (action: ServerAction) => void,
    signal: AbortSignal,
  ) => Promise<boolean>;
}
