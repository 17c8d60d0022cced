import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { loggable } from "../core/log.ts";
import { isLoopbackURL, type Endpoint } from "../core/state/endpoint.ts";
import type { Result } from "../core/result.ts";
import { sameSession } from "../core/state/sameSession.ts";
import type { Session } from "../core/state/session.ts";
import { hasRunningTurn, type ServerState } from "../core/state/state.ts";
import { findDatabase, type ServerFolders } from "./databaseFile.ts";
import type { ConnectionContext } from "./connectionContext.ts";

/** Time for a burst of writes to settle, and minimum time between two looks: a change is seen within 2 s. */
const SETTLE_MS = 250;
const INTERVAL_MS = 1_400;
/** Renames, archives and deletions don't update the time in their row: only a full list shows them. */
const FULL_LIST_MS = 60_000;
/** A running turn writes totals without updating the row's time: how far back to look for such rows. */
const OVERLAP_MS = 10 * 60_000;
/** Maximum number of sessions whose messages are read for their context after one look. */
const MOST_CONTEXTS = 8;
const LOOK = "database changes";
const FULL_LIST = "database list";

export interface DatabaseWatchOptions {
  readonly context: ConnectionContext;
  readonly endpoint: Endpoint;
  /** Where the server says it keeps its files. */
  readonly folders: () => Promise<Result<ServerFolders>>;
  /** Reads all sessions. */
  readonly listAll: () => Promise<void>;
  /** The context of a session may differ from what is known. */
  readonly contextChanged: (sessionID: string) => void;
  /** Minimum time between two full lists. */
  readonly fullListMs?: number;
}

/**
 * Notices what other processes do to a server's database: a plain terminal or `opencode run` works on the
 * same file, and the server's stream doesn't report it. Watches the file's journal, which every write
 * touches, and reads what has changed since. The server's own writes touch it too, so looks are paced, and
 * each costs one short list. Nothing is polled. Ends with the life it was created for.
 */
export class DatabaseWatch {
  readonly #options: DatabaseWatchOptions;
  #lastLookMs = Number.NEGATIVE_INFINITY;
  #lastFullMs = Number.NEGATIVE_INFINITY;
  #isLooking = false;
  #hasChanged = false;

  constructor(options: DatabaseWatchOptions) {
    this.#options = options;
  }

  /** Starts watching if the server is on this machine and its database is found. */
  async start(): Promise<void> {
    const { context, endpoint, folders } = this.#options;
    const { life, log } = context;
    const { url, pid, name, origin } = endpoint;
    if (!isLoopbackURL(url) || origin === "kubernetes") return;
    this.#lastFullMs = performance.now();
    const file = await findDatabase(pid, folders);
    if (life.isOver) return;
    if (file === undefined) {
      log.debug(
        "database",
        `${name}: its database file is unknown, so changes by other processes go unnoticed`,
      );
      return;
    }
    const journal = `${basename(file)}-wal`;
    let watcher: FSWatcher;
    try {
      watcher = watch(dirname(file), { signal: life.signal }, (_event, changed) => {
        if (changed === journal) this.#noteChange();
      });
    } catch (error) {
      log.warn("database", `${name}: its file cannot be watched, ${loggable(error)}`);
      return;
    }
    watcher.on("error", (error) => {
      log.warn("database", `${name}: its file is no longer watched, ${loggable(error)}`);
      watcher.close();
    });
    log.debug("database", `${name}: watching ${file}`);
  }

  #noteChange(): void {
    const { context, fullListMs = FULL_LIST_MS, listAll } = this.#options;
    const { life } = context;
    this.#hasChanged = true;
    const nowMs = performance.now();
    if (!life.isScheduled(LOOK) && !this.#isLooking) {
      const delayMs = Math.max(SETTLE_MS, this.#lastLookMs + INTERVAL_MS - nowMs);
      life.schedule(LOOK, delayMs, () => this.#check(() => this.#readChanges()));
    }
    if (life.isScheduled(FULL_LIST)) return;
    const delayMs = Math.max(SETTLE_MS, this.#lastFullMs + fullListMs - nowMs);
    life.schedule(FULL_LIST, delayMs, () => {
      this.#lastFullMs = performance.now();
      return this.#check(listAll);
    });
  }

  async #check(task: () => Promise<void>): Promise<void> {
    this.#isLooking = true;
    this.#hasChanged = false;
    this.#lastLookMs = performance.now();
    await task();
    this.#isLooking = false;
    // Anything written meanwhile may have come too late for the answer.
    if (this.#hasChangedMeanwhile()) this.#noteChange();
  }

  /** Not inlined: changes may come during any await. */
  #hasChangedMeanwhile(): boolean {
    return this.#hasChanged;
  }

  async #readChanges(): Promise<void> {
    const { context, contextChanged } = this.#options;
    const { gateway, getServer, life, serverID } = context;
    const before = getServer();
    if (before === undefined) return;
    const sinceMs = Math.max(0, newestMs(before) - OVERLAP_MS);
    const listed = await gateway.listSessionsSince(sinceMs, life.signal);
    const now = getServer();
    if (!listed.ok || now === undefined) return;
    const changed = listed.value.filter((session) => isUnreported(session, before, now));
    for (const session of changed) {
      life.dispatch({ type: "session.upserted", serverID, session, origin: "read" });
    }
    for (const { id } of changed.slice(0, MOST_CONTEXTS)) contextChanged(id);
  }
}

function newestMs({ sessions }: ServerState): number {
  let newest = 0;
  for (const { updatedMs } of sessions.values()) if (updatedMs > newest) newest = updatedMs;
  return newest;
}

/**
 * Whether a row says something that the stream doesn't. False for a session that is running in the server
 * itself, and for one that the stream mentioned while the list was being read.
 */
function isUnreported(session: Session, before: ServerState, now: ServerState): boolean {
  const known = now.sessions.get(session.id);
  if (known !== before.sessions.get(session.id)) return false;
  const live = now.live.get(session.id);
  if (live !== undefined && (hasRunningTurn(live.activity) || live.steps.size > 0)) return false;
  return known === undefined || !sameSession(known, session);
}
