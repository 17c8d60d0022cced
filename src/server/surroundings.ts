import { hostname } from "node:os";
import { isLoopbackURL, type Endpoint } from "../core/endpoint.ts";
import type { Session } from "../core/session.ts";
import type { ServerAdapter } from "./adapter.ts";
import { Limiter } from "./limiter.ts";
import type { Link } from "./link.ts";

/** Asking a directory what runs there makes the server load it, so only those in use are asked. */
const RECENT_MS = 24 * 3_600_000;
const MOST_DIRECTORIES = 12;
/** Catalogues differ between directories only by their configuration. */
const MOST_CATALOGUES = 4;

/**
 * What stands around the sessions: projects, model catalogues, and what runs and waits in the directories
 * in use. Loaded after every snapshot, without holding it up.
 */
export class Surroundings {
  private readonly link: Link;
  private readonly endpoint: Endpoint;
  private readonly limiter = new Limiter(4);
  private readonly abort = new AbortController();
  /** Sessions the stream spoke of while activities were asked for. */
  private spokenOf: Set<string> | undefined;

  constructor(link: Link, endpoint: Endpoint) {
    this.link = link;
    this.endpoint = endpoint;
  }

  /** The stream told a session's activity. */
  noteActivity(sessionID: string): void {
    this.spokenOf?.add(sessionID);
  }

  async load(adapter: ServerAdapter, sessions: readonly Session[]): Promise<void> {
    const { serverID, dispatch } = this.link;
    const { gateway } = adapter;
    const { signal } = this.abort;
    dispatch({
      type: "hostname.known",
      serverID,
      hostname: isLoopbackURL(this.endpoint.url) ? hostname() : new URL(this.endpoint.url).hostname,
    });
    const recent = this.directoriesInUse(sessions);
    const directories = adapter.tellsAllActivities ? [undefined] : [undefined, ...recent];
    this.spokenOf = new Set();
    const loading = [
      this.limiter.run(async () => {
        const projects = await gateway.projects(signal);
        if (projects.ok) dispatch({ type: "projects.loaded", serverID, projects: projects.value });
      }),
      ...directories.map((directory) => this.loadActivities(adapter, directory)),
      ...[undefined, ...recent.slice(0, MOST_CATALOGUES)].map((directory) =>
        this.limiter.run(async () => {
          const models = await gateway.models(directory, signal);
          if (models.ok) dispatch({ type: "models.loaded", serverID, models: models.value });
        }),
      ),
    ];
    await Promise.all(loading);
    this.spokenOf = undefined;
  }

  dispose(): void {
    this.abort.abort();
  }

  private loadActivities(adapter: ServerAdapter, directory: string | undefined): Promise<void> {
    return this.limiter.run(async () => {
      const { serverID, dispatch } = this.link;
      const answer = await adapter.gateway.activities(directory, this.abort.signal);
      if (!answer.ok) return;
      const { activities } = answer.value;
      const requests = answer.value.requests.map((request) => {
        return { ...request, wasPending: true } as const;
      });
      if (directory !== undefined || adapter.tellsAllActivities) {
        const except = new Set(this.spokenOf);
        dispatch({ type: "activities.loaded", serverID, directory, activities, requests, except });
        for (const [sessionID, count] of answer.value.queuedPrompts ?? []) {
          if (!except.has(sessionID)) {
            dispatch({ type: "prompts.queued", serverID, sessionID, count });
          }
        }
        return;
      }
      // The server's own directory, whose name is not known here: only those it names are spoken of.
      for (const [sessionID, activity] of activities) {
        dispatch({ type: "activity.changed", serverID, sessionID, activity });
      }
      for (const request of requests) dispatch({ type: "request.opened", serverID, request });
    });
  }

  /** Directories of sessions that moved lately or seem to be at work, newest first. */
  private directoriesInUse(sessions: readonly Session[]): readonly string[] {
    const live = this.link.getServer()?.live;
    const newest = new Map<string, number>();
    const sinceMs = Date.now() - RECENT_MS;
    for (const session of sessions) {
      const facts = live?.get(session.id);
      const isAtWork =
        facts !== undefined && (facts.activity.kind !== "idle" || facts.requests.length > 0);
      if (session.directory === "" || (session.updatedMs < sinceMs && !isAtWork)) continue;
      const known = newest.get(session.directory) ?? 0;
      newest.set(session.directory, Math.max(known, session.updatedMs));
    }
    return [...newest]
      .sort((a, b) => b[1] - a[1])
      .slice(0, MOST_DIRECTORIES)
      .map(([directory]) => directory);
  }
}
