import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { isLoopbackURL, type Endpoint } from "../core/endpoint.ts";
import type { Result } from "../core/result.ts";
import { sameSession } from "../core/sameSession.ts";
import type { Session } from "../core/session.ts";
import type { ServerState } from "../core/state.ts";
import { findDatabase, type ServerFolders } from "./databaseFile.ts";
import type { Link } from "./link.ts";

/** Time for a burst of writes to pass, and least time between two looks: a change is seen within 2 s. */
const SETTLE_MS = 250;
const INTERVAL_MS = 1_400;
/** Renames, archives and deletions leave no later time in their row: only a full list tells of them. */
const FULL_LIST_MS = 60_000;
/** A running turn writes totals without a later time in the row; how far back such rows are looked for. */
const OVERLAP_MS = 10 * 60_000;
/** Sessions whose messages are read for their context after one look. */
const MOST_CONTEXTS = 8;

export interface DatabaseWatchOptions {
  readonly link: Link;
  readonly endpoint: () => Endpoint;
  /** Takes all sessions anew. */
  readonly listAll: () => Promise<void>;
  /** The context of a session may be another than is known. */
  readonly contextChanged: (sessionID: string) => void;
  /** Least time between two full lists. */
  readonly fullListMs?: number;
}

/**
 * Notices what other processes do to a server's database: a plain terminal or `opencode run` works on the
 * same file, and the server's stream says nothing of it. Watches the file's journal, which every write
 * touches, and reads what changed since. Writes of the server itself touch it too: looks are paced, and cost
 * one short list each. Nothing is polled.
 */
export class DatabaseWatch {
  readonly #options: DatabaseWatchOptions;
  #life = 0;
  #watcher: FSWatcher | undefined;
  #look: ReturnType<typeof setTimeout> | undefined;
  #full: ReturnType<typeof setTimeout> | undefined;
  #lastLookMs = 0;
  #lastFullMs = 0;
  #isLooking = false;
  #hasChanged = false;

  constructor(options: DatabaseWatchOptions) {
    this.#options = options;
  }

  /** Begins to watch, where the server is on this machine and its database is found. */
  async start(folders: () => Promise<Result<ServerFolders>>): Promise<void> {
    this.stop();
    const life = this.#life;
    const { link, endpoint } = this.#options;
    const { url, pid, name, origin } = endpoint();
    if (!isLoopbackURL(url) || origin === "kubernetes") return;
    this.#lastFullMs = Date.now();
    const file = await findDatabase(pid, folders);
    if (life !== this.#life) return;
    if (file === undefined) {
      link.log.debug("database", `${name}: its file is not known, other processes go unnoticed`);
      return;
    }
    const journal = `${basename(file)}-wal`;
    try {
      this.#watcher = watch(dirname(file), (_event, changed) => {
        if (changed === journal) this.#noteChange();
      });
    } catch (error) {
      const reason = error instanceof Error ? error.message : "unknown reason";
      link.log.warn("database", `${name}: its file cannot be watched, ${reason}`);
      return;
    }
    this.#watcher.on("error", (error) => {
      link.log.warn("database", `${name}: its file is watched no longer, ${error.message}`);
      this.stop();
    });
    link.log.debug("database", `${name}: watching ${file}`);
  }

  stop(): void {
    this.#life++;
    this.#watcher?.close();
    this.#watcher = undefined;
    clearTimeout(this.#look);
    clearTimeout(this.#full);
    this.#look = undefined;
    this.#full = undefined;
    this.#hasChanged = false;
  }

  #noteChange(): void {
    this.#hasChanged = true;
    const nowMs = Date.now();
    if (this.#look === undefined && !this.#isLooking) {
      const delayMs = Math.max(SETTLE_MS, this.#lastLookMs + INTERVAL_MS - nowMs);
      this.#look = setTimeout(() => {
        this.#look = undefined;
        void this.#run(() => this.#readChanges());
      }, delayMs);
    }
    this.#full ??= setTimeout(
      () => {
        this.#full = undefined;
        this.#lastFullMs = Date.now();
        void this.#run(() => this.#options.listAll());
      },
      Math.max(SETTLE_MS, this.#lastFullMs + (this.#options.fullListMs ?? FULL_LIST_MS) - nowMs),
    );
  }

  async #run(task: () => Promise<void>): Promise<void> {
    const life = this.#life;
    this.#isLooking = true;
    this.#hasChanged = false;
    this.#lastLookMs = Date.now();
    await task();
    this.#isLooking = false;
    // What was written meanwhile may have come too late for the answer.
    if (life === this.#life && this.#hasChangedMeanwhile()) this.#noteChange();
  }

  /** Not inlined: changes come during any wait. */
  #hasChangedMeanwhile(): boolean {
    return this.#hasChanged;
  }

  async #readChanges(): Promise<void> {
    const { link, contextChanged } = this.#options;
    const gateway = link.gateway();
    const before = link.getServer();
    if (gateway === undefined || before === undefined) return;
    const life = this.#life;
    const listed = await gateway.listSessionsSince(Math.max(0, newestMs(before) - OVERLAP_MS));
    const now = link.getServer();
    if (!listed.ok || now === undefined || life !== this.#life) return;
    const changed = listed.value.filter((session) => isNews(session, before, now));
    for (const session of changed) {
      const { serverID, dispatch } = link;
      dispatch({ type: "session.upserted", serverID, session, origin: "read" });
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
 * Whether a row tells something that the stream does not: not of a session that works in the server itself,
 * nor of one that the stream spoke of while the list was read.
 */
function isNews(session: Session, before: ServerState, now: ServerState): boolean {
  const known = now.sessions.get(session.id);
  if (known !== before.sessions.get(session.id)) return false;
  const live = now.live.get(session.id);
  if (live !== undefined && (live.activity.kind !== "idle" || live.steps.size > 0)) return false;
  return known === undefined || !sameSession(known, session);
}
