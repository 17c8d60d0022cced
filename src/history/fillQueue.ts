import type { LedgerPlace } from "../core/ledger/table.ts";
import { type Log, loggable } from "../core/log.ts";
import { ok, type Result } from "../core/result.ts";
import type { Session } from "../core/state/session.ts";
import type { ServerState, State } from "../core/state/state.ts";
import type { UsageFill, UsageProblem } from "../core/usage/usageSource.ts";
import type { FailureTexts, FillOutcome, FillProgress } from "./fill.ts";
import { type PlaceFinder, type ServerHistory, serverPlace } from "./placeFinder.ts";
import { runLedgerJob } from "./runLedgerJob.ts";
import { fillFromServer, type HistoryReader } from "./serverFill.ts";
import type { UsageLedger } from "./usageLedger.ts";

export interface FillQueueOptions {
  readonly ledger: UsageLedger;
  readonly folder: string;
  readonly worker: string;
  readonly places: PlaceFinder;
  readonly getState: () => State;
  /** Pages of a server's messages; undefined while it is not connected. */
  readonly reader: (serverID: string) => Pick<HistoryReader, "listMessages"> | undefined;
  readonly now: () => number;
  readonly log: Log;
  /** What is running, or what went wrong, has changed. */
  readonly onChange: () => void;
}

/** Minimum time between two fills of one server: a multiple of what the last one took, within limits. */
const PAUSE_FACTOR = 20;
const PAUSE_MS = { least: 2_000, most: 60_000 } as const;
/** Delay before retrying a ledger that another window was filling. */
const BUSY_MS = 3_000;
const MOST_BUSY = 40;
/** Number of sessions by which a server's database is recognised: any one of them suffices. */
const MAX_LISTED_SESSIONS = 500;

/** Fills the ledger from one server after another, with a pause between two fills from the same one. */
export class FillQueue {
  readonly #options: FillQueueOptions;
  /** When each is due. By a monotonic clock: a jump of the system time must not delay a fill. */
  readonly #due = new Map<string, number>();
  /** When each may be filled from again, by the same clock. */
  readonly #restedMs = new Map<string, number>();
  readonly #failures = new Map<string, string>();
  readonly #busy = new Map<string, number>();
  /** Callers waiting for the end of a server's fill. */
  readonly #waiting = new Map<string, (() => void)[]>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running: { readonly control: AbortController; readonly done: Promise<void> } | undefined;
  #fill: UsageFill | undefined;
  #isDisposed = false;

  constructor(options: FillQueueOptions) {
    this.#options = options;
  }

  get fill(): UsageFill | undefined {
    return this.#fill;
  }

  get problems(): readonly UsageProblem[] {
    const { servers } = this.#options.getState();
    return [...this.#failures].flatMap(([serverID, message]) => {
      const name = servers.get(serverID)?.endpoint.name;
      return name === undefined ? [] : [{ severity: "warning", message: `${name}: ${message}` }];
    });
  }

  /** Fills from a server after `delayMs`; `isUrgent` skips the pause after the last fill. */
  request(serverID: string, delayMs: number, isUrgent = false): void {
    if (this.#isDisposed) return;
    const nowMs = performance.now();
    const earliestMs = isUrgent ? 0 : (this.#restedMs.get(serverID) ?? 0);
    const dueMs = Math.max(nowMs + delayMs, earliestMs);
    const known = this.#due.get(serverID);
    if (known !== undefined && known <= dueMs) return;
    this.#due.set(serverID, dueMs);
    this.#schedule();
  }

  /** Fills from a server now; resolves when that has ended, whatever the outcome. */
  fillNow(serverID: string): Promise<void> {
    if (this.#isDisposed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.set(serverID, [...(this.#waiting.get(serverID) ?? []), resolve]);
      this.request(serverID, 0, true);
    });
  }

  /** Ends the running fill and drops those that are due. */
  cancel(): void {
    for (const serverID of this.#due.keys()) this.#resolveWaiting(serverID);
    this.#due.clear();
    this.#running?.control.abort();
  }

  /** A server is gone: drops its due fill and its problem. */
  forget(serverID: string): void {
    if (this.#due.delete(serverID)) this.#resolveWaiting(serverID);
    this.#failures.delete(serverID);
  }

  async dispose(): Promise<void> {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.cancel();
    await this.#running?.done;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#isDisposed || this.#running !== undefined || this.#due.size === 0) return;
    const dueMs = Math.min(...this.#due.values());
    this.#timer = setTimeout(
      () => {
        const [next] = [...this.#due].sort(([, a], [, b]) => a - b);
        if (next !== undefined) this.#begin(next[0]);
      },
      Math.max(0, dueMs - performance.now()),
    );
  }

  #begin(serverID: string): void {
    this.#due.delete(serverID);
    const { servers } = this.#options.getState();
    if (servers.get(serverID)?.connection.kind !== "connected") {
      // It is filled from when it comes back.
      this.#resolveWaiting(serverID);
      this.#schedule();
      return;
    }
    const startMs = performance.now();
    const control = new AbortController();
    const done = this.#run(serverID, control.signal)
      .catch((error: unknown) => {
        this.#fail(serverID, {
          message: error instanceof Error ? error.message : "unknown",
          logged: loggable(error),
        });
      })
      .then(() => {
        const nowMs = performance.now();
        const pauseMs = Math.min(
          PAUSE_MS.most,
          Math.max(PAUSE_MS.least, (nowMs - startMs) * PAUSE_FACTOR),
        );
        this.#restedMs.set(serverID, nowMs + pauseMs);
        this.#running = undefined;
        this.#setFill(undefined);
        if (!this.#due.has(serverID)) this.#resolveWaiting(serverID);
        this.#schedule();
      });
    this.#running = { control, done };
  }

  async #run(serverID: string, signal: AbortSignal): Promise<void> {
    const server = this.#options.getState().servers.get(serverID);
    if (server?.connection.kind !== "connected") return;
    const history = await this.#options.places.find(server);
    const isKnown = this.#options.ledger.table.sessions.some(
      ({ placeID }) => placeID === history.place.id,
    );
    // The server neither has a history nor ever had one.
    if (server.sessions.size === 0 && !isKnown) return;
    const startedMs = performance.now();
    const outcome = await this.#fillFrom(server, history, signal);
    await this.#options.ledger.refresh();
    const tookMs = Math.round(performance.now() - startedMs);
    this.#options.log.debug(
      "ledger",
      `${server.endpoint.name}: ${outcomeText(outcome)} in ${String(tookMs)} ms`,
    );
    if (outcome.kind === "busy") {
      const times = (this.#busy.get(serverID) ?? 0) + 1;
      this.#busy.set(serverID, times);
      if (times <= MOST_BUSY) this.request(serverID, BUSY_MS, true);
      return;
    }
    this.#busy.delete(serverID);
    if (outcome.kind === "damaged") {
      this.#options.ledger.replaceDamaged(outcome.message, outcome.inode);
      this.request(serverID, 0, true);
      return;
    }
    if (outcome.kind === "unavailable") this.#fail(serverID, outcome);
    else if (outcome.kind !== "cancelled" && this.#failures.delete(serverID)) {
      this.#options.onChange();
    }
  }

  async #fillFrom(
    server: ServerState,
    { place, database }: ServerHistory,
    signal: AbortSignal,
  ): Promise<FillOutcome> {
    const onProgress = (progress: FillProgress): void => {
      this.#setFill({ name: place.name, progress });
    };
    this.#setFill({ name: place.name, progress: undefined });
    if (database !== undefined) {
      const { folder, worker, places, log } = this.#options;
      const sessionIDs = newestSessionIDs(server);
      const formerPlaceID = serverPlace(server).id;
      const outcome = await runLedgerJob(
        { kind: "fill", folder, database, place, formerPlaceID, sessionIDs },
        { worker, signal, onProgress },
      );
      if (outcome.kind !== "unavailable") return outcome;
      const { logged } = outcome;
      log.info("ledger", `${server.endpoint.name}: reading through its API instead, ${logged}`);
      if (outcome.reason === "otherDatabase") places.refuse(server, database);
    }
    return await this.#fillFromServer(server, place, signal, onProgress);
  }

  async #fillFromServer(
    server: ServerState,
    place: LedgerPlace,
    signal: AbortSignal,
    onProgress: (progress: FillProgress) => void,
  ): Promise<FillOutcome> {
    const { serverID } = server.endpoint;
    const pages = this.#options.reader(serverID);
    if (pages === undefined) return { kind: "cancelled" };
    return await fillFromServer({
      ledger: this.#options.ledger,
      reader: {
        // The store holds what a list would contain, and what the stream has reported since.
        listSessions: (): Promise<Result<readonly Session[]>> => {
          const now = this.#options.getState().servers.get(serverID);
          return Promise.resolve(ok([...(now ?? server).sessions.values()]));
        },
        listMessages: (sessionID, page, abort) => pages.listMessages(sessionID, page, abort),
      },
      place: this.#options.places.known(serverID)?.place ?? place,
      keepsReverted: server.capabilities.has("keepsReverted"),
      now: this.#options.now,
      signal,
      onProgress,
    });
  }

  #resolveWaiting(serverID: string): void {
    const waiting = this.#waiting.get(serverID) ?? [];
    this.#waiting.delete(serverID);
    for (const resolve of waiting) resolve();
  }

  /** Reported once, until the reason changes or a fill has succeeded meanwhile. */
  #fail(serverID: string, { message, logged }: FailureTexts): void {
    if (this.#failures.get(serverID) === message) return;
    this.#options.log.warn("ledger", `not filled: ${logged}`);
    this.#failures.set(serverID, message);
    this.#options.onChange();
  }

  #setFill(fill: UsageFill | undefined): void {
    if (fill === undefined && this.#fill === undefined) return;
    this.#fill = fill;
    this.#options.onChange();
  }
}

/** For the log: its kind and figures. */
function outcomeText(outcome: FillOutcome): string {
  return outcome.kind === "filled"
    ? `filled, ${String(outcome.sessions)} sessions with ${String(outcome.rows)} answers`
    : outcome.kind;
}

function newestSessionIDs({ sessions }: ServerState): readonly string[] {
  return [...sessions.values()]
    .sort((a, b) => b.updatedMs - a.updatedMs)
    .slice(0, MAX_LISTED_SESSIONS)
    .map(({ id }) => id);
}
