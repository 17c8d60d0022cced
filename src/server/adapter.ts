import type { ServerAction } from "../core/state/actions.ts";
import type { Capabilities } from "../core/state/capabilities.ts";
import type { Result } from "../core/result.ts";
import type { ServerFolders } from "./databaseFile.ts";
import type { Gateway } from "./gateway.ts";

/** What an event mapper emits. `action` carries facts; the other members ask the connection to do something. */
export interface EventSink {
  action(action: ServerAction): void;
  /** The server confirmed that the stream is open: everything from now on will be reported. */
  connected(): void;
  /** The stream reported too little about a session: read it again. */
  stale(sessionID: string): void;
  /** The stream lost track: everything must be read again. */
  resync(): void;
  /** A session's context changed in a way only its messages show, e.g. after a compaction. */
  contextChanged(sessionID: string): void;
  /** Messages of a watched session changed at a server time in a way the stream does not spell out: reload them. */
  messagesChanged(sessionID: string, atMs: number): void;
}

/**
 * Turns the bytes of one event stream into actions. The only code that knows the shape of events. Keeps state
 * between chunks; one mapper serves one connection attempt.
 */
export interface EventMapper {
  push(chunk: Uint8Array): void;
}

/** Whether anyone is viewing a session's messages, so that their text is worth reading. */
export type IsWatched = (sessionID: string) => boolean;

/** One generation of OpenCode. Nothing beyond it knows the wire format. */
export interface ServerAdapter {
  /** A label; see `ServerState.generation`. */
  readonly generation: string;
  readonly capabilities: Capabilities;
  readonly gateway: Gateway;
  readonly eventsPath: string;
  /** Silence after which the stream counts as dead. The server always sends something more often than this. */
  readonly silenceMs: number;
  /**
   * Whether events may be missing right after the stream confirms itself. OpenCode 1.18 confirms before it starts
   * listening (observed under load: 0.4 s of events reached streams that were already open, but not the new one).
   */
  readonly opensWithGap: boolean;
  /** True when one answer covers what is running in all directories. */
  readonly reportsAllActivities: boolean;
  /**
   * Where the server keeps its files on its machine. Only set for servers whose stream doesn't report what
   * other processes do to the database, so that it has to be watched.
   */
  readonly folders?: (signal?: AbortSignal) => Promise<Result<ServerFolders>>;
  createMapper(sink: EventSink, isWatched: IsWatched): EventMapper;
  /**
   * Fills the gap in a watched session's messages since the last stream mentioned it. Resolves with false if
   * it can't, in which case nothing was passed on and the messages must be reloaded.
   */
  readonly replay?: (
    sessionID: string,
    take: (action: ServerAction) => void,
    signal: AbortSignal,
  ) => Promise<boolean>;
}
