import { isDeepStrictEqual } from "node:util";
import { isPasswordFor } from "../core/credentialPolicy.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import type { MergedServer } from "./mergeServers.ts";
import { mergeServers } from "./mergeServers.ts";
import type { ServerSource, SourceProblem, SourceReport } from "./source.ts";

/** Called whenever the list or the problems change, with the current state of both. */
export type SourcesListener = (
  endpoints: readonly Endpoint[],
  problems: readonly SourceProblem[],
) => void;

/**
 * All sources as one list of servers: each server once, in the order of the sources. Owns its sources: starts
 * and disposes them. Keeps passwords in memory only, as long as their source vouches for them.
 */
export class ServerSources {
  readonly #sources: readonly ServerSource[];
  readonly #reports = new Map<string, SourceReport>();
  readonly #listeners = new Set<SourcesListener>();
  readonly #firstLooks: Promise<void>;
  #noteFirstLooks: () => void = () => undefined;
  #isStarted = false;
  #isDisposed = false;
  #servers: readonly MergedServer[] = [];
  #endpoints: readonly Endpoint[] = [];
  #problems: readonly SourceProblem[] = [];

  /** Sources in order of precedence: for one URL, the first one's name, user and directory win. */
  constructor(sources: readonly ServerSource[]) {
    this.#sources = sources;
    this.#firstLooks = new Promise((resolve) => {
      this.#noteFirstLooks = resolve;
    });
  }

  /** Starts all sources; listeners are called later. */
  start(): void {
    if (this.#isStarted || this.#isDisposed) return;
    this.#isStarted = true;
    for (const source of this.#sources) {
      source.start((report) => {
        this.#take(source.id, report);
      });
    }
    if (this.#sources.length === 0) this.#noteFirstLooks();
  }

  /** The servers known now. */
  endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** Problems the user should know about in the places that were searched. */
  problems(): readonly SourceProblem[] {
    return this.#problems;
  }

  /** Resolves after every source's first scan (or on dispose): only then does an empty list mean none. */
  whenLooked(): Promise<void> {
    return this.#firstLooks;
  }

  /** Returns a function that removes the listener. */
  onDidChange(listener: SourcesListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The password a source knows for this server; undefined if the user must be asked. Sources that know
   * passwords are refreshed first, because port, password and process change when such a server restarts. A
   * password is only returned for the URL and user it belongs to: an endpoint that has moved since gets none.
   */
  async passwordOf(endpoint: Endpoint): Promise<string | undefined> {
    const sourceIDs = this.#find(endpoint)?.sourceIDs ?? [];
    await Promise.all(
      this.#sources
        .filter(({ id, knowsPasswords }) => knowsPasswords && sourceIDs.includes(id))
        .map((source) => source.refresh()),
    );
    return this.#find(endpoint)?.password;
  }

  /** Makes every source scan again; resolves when all of them have. */
  async refresh(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.refresh()));
  }

  /** Stops all sources; listeners are not called any more. Safe to call twice. */
  async dispose(): Promise<void> {
    this.#isDisposed = true;
    this.#listeners.clear();
    this.#noteFirstLooks();
    await Promise.all(this.#sources.map(async (source) => source.dispose()));
  }

  #find(endpoint: Endpoint): MergedServer | undefined {
    return this.#servers.find(
      (server) =>
        server.endpoint.serverID === endpoint.serverID && isPasswordFor(server.endpoint, endpoint),
    );
  }

  #take(sourceID: string, report: SourceReport): void {
    if (this.#isDisposed) return;
    this.#reports.set(sourceID, report);
    this.#servers = mergeServers(
      this.#sources.map(({ id }) => ({
        sourceID: id,
        servers: this.#reports.get(id)?.servers ?? [],
      })),
    );
    const endpoints = this.#servers.map((server) => server.endpoint);
    const problems = this.#sources.flatMap(({ id }) => this.#reports.get(id)?.problems ?? []);
    const hasChanged =
      !isDeepStrictEqual(endpoints, this.#endpoints) ||
      !isDeepStrictEqual(problems, this.#problems);
    if (hasChanged) {
      this.#endpoints = endpoints;
      this.#problems = problems;
      for (const listener of [...this.#listeners]) listener(endpoints, problems);
    }
    if (this.#reports.size === this.#sources.length) this.#noteFirstLooks();
  }
}
