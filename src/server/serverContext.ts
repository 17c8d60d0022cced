import { hostname } from "node:os";
import { coalesced } from "../core/coalesced.ts";
import { Limiter } from "../core/limiter.ts";
import type { ActivityScope, ServerAction } from "../core/state/actions.ts";
import { isLoopbackURL, type Endpoint } from "../core/state/endpoint.ts";
import { newestUpdateMs, type Session } from "../core/state/session.ts";
import { hasRunningTurn } from "../core/state/state.ts";
import type { ServerAdapter } from "./adapter.ts";
import type { ConnectionContext } from "./connectionContext.ts";

/** Asking a directory what is running there makes the server load it, so only those in use are asked. */
const RECENT_MS = 24 * 3_600_000;
const MOST_DIRECTORIES = 12;
/** Catalogues differ between directories only through their configuration. */
const MOST_CATALOGUES = 4;

/**
 * What surrounds the sessions: projects, model catalogues, and what is running and waiting in the directories
 * in use. Loaded after every snapshot, without delaying it.
 */
export class ServerContext {
  readonly #context: ConnectionContext;
  readonly #adapter: ServerAdapter;
  readonly #endpoint: Endpoint;
  readonly #limiter = new Limiter(4);
  #sessions: readonly Session[] = [];
  /** What the stream mentioned while activities were being requested: that is newer than the answers. */
  #activitiesSince = new Set<string>();
  #requestsSince = new Set<string>();
  readonly #loadOnce = coalesced(() => this.#loadAll());

  constructor(context: ConnectionContext, adapter: ServerAdapter, endpoint: Endpoint) {
    this.#context = context;
    this.#adapter = adapter;
    this.#endpoint = endpoint;
  }

  /** The stream reported something. */
  note(action: ServerAction): void {
    if (action.type === "activity.changed") this.#activitiesSince.add(action.sessionID);
    else if (action.type === "request.opened") this.#requestsSince.add(action.request.id);
    else if (action.type === "request.closed") this.#requestsSince.add(action.requestID);
  }

  /** Loads all of it for these sessions; one load at a time. */
  load(sessions: readonly Session[]): Promise<void> {
    this.#sessions = sessions;
    return this.#loadOnce();
  }

  async #loadAll(): Promise<void> {
    const { serverID, gateway, life } = this.#context;
    const { url } = this.#endpoint;
    life.dispatch({
      type: "hostname.known",
      serverID,
      hostname: isLoopbackURL(url) ? hostname() : new URL(url).hostname,
    });
    this.#activitiesSince = new Set();
    this.#requestsSince = new Set();
    const recent = this.#directoriesInUse();
    const asked = this.#adapter.reportsAllActivities ? [undefined] : [undefined, ...recent.asked];
    await Promise.all([
      this.#limiter.run(async () => {
        const projects = await gateway.projects(life.signal);
        if (!projects.ok) return;
        life.dispatch({ type: "projects.loaded", serverID, projects: projects.value });
      }),
      ...asked.map((directory) => this.#limiter.run(() => this.#loadActivities(directory))),
      ...[undefined, ...recent.asked.slice(0, MOST_CATALOGUES)].map((directory) =>
        this.#limiter.run(async () => {
          const models = await gateway.models(directory, life.signal);
          if (models.ok) life.dispatch({ type: "models.loaded", serverID, models: models.value });
        }),
      ),
    ]);
    if (this.#adapter.reportsAllActivities) return;
    this.#activitiesUnknown((directory) => recent.left.has(directory));
  }

  async #loadActivities(directory: string | undefined): Promise<void> {
    const { serverID, gateway, life } = this.#context;
    const answer = await gateway.activities(directory, life.signal);
    const isPartial = directory === undefined && !this.#adapter.reportsAllActivities;
    if (!answer.ok) {
      if (!isPartial) this.#activitiesUnknown((at) => directory === undefined || at === directory);
      return;
    }
    const { activities, requests, queuedPrompts = new Map<string, number>() } = answer.value;
    life.dispatch({
      type: "activities.loaded",
      serverID,
      // The server's own directory, whose name isn't known here: only the sessions it names are covered.
      scope: isPartial ? { kind: "named" } : scopeOf(directory),
      activities,
      requests: requests.map((request) => ({ ...request, wasPending: true })),
      except: new Set(this.#activitiesSince),
      requestsExcept: new Set(this.#requestsSince),
    });
    for (const [sessionID, count] of queuedPrompts) {
      if (this.#activitiesSince.has(sessionID)) continue;
      life.dispatch({ type: "prompts.queued", serverID, sessionID, count });
    }
  }

  /** Activity in some directories is unknown. Sessions unchanged for a long time still count as idle. */
  #activitiesUnknown(isIn: (directory: string) => boolean): void {
    const { serverID, life } = this.#context;
    const sessionIDs = this.#sessionsInUse()
      .filter(({ id, directory }) => isIn(directory) && !this.#activitiesSince.has(id))
      .map(({ id }) => id);
    if (sessionIDs.length > 0) life.dispatch({ type: "activities.unknown", serverID, sessionIDs });
  }

  /** Sessions with recent activity, or that seem to be running, newest first. */
  #sessionsInUse(): readonly Session[] {
    const nowMs = newestUpdateMs(this.#sessions);
    return this.#sessions
      .filter(({ id, updatedMs }) => updatedMs >= nowMs - RECENT_MS || this.#seemsRunning(id))
      .sort((a, b) => b.updatedMs - a.updatedMs);
  }

  #seemsRunning(sessionID: string): boolean {
    const live = this.#context.getServer()?.live.get(sessionID);
    return live !== undefined && (hasRunningTurn(live.activity) || live.requests.length > 0);
  }

  /** Their directories: asks the newest and all with a session that seems to be running, leaves the others. */
  #directoriesInUse(): {
    readonly asked: readonly string[];
    readonly left: ReadonlySet<string>;
  } {
    const asked = new Set<string>();
    const left = new Set<string>();
    for (const { id, directory } of this.#sessionsInUse()) {
      if (directory === "" || asked.has(directory)) continue;
      if (asked.size < MOST_DIRECTORIES || this.#seemsRunning(id)) {
        asked.add(directory);
        left.delete(directory);
      } else left.add(directory);
    }
    return { asked: [...asked], left };
  }
}

function scopeOf(directory: string | undefined): ActivityScope {
  return directory === undefined ? { kind: "all" } : { kind: "directory", directory };
}
