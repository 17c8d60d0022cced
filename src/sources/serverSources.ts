import { isDeepStrictEqual } from "node:util";
import { isPasswordFor } from "../core/credentialPolicy.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import type { MergedServer } from "./mergeServers.ts";
import { mergeServers } from "./mergeServers.ts";
import type { ServerSource, SourceProblem, SourceReport } from "./source.ts";

/** Told whenever the list or the problems changed, with both as they are now. */
export type SourcesListener = (
  endpoints: readonly Endpoint[],
  problems: readonly SourceProblem[],
) => void;

/**
 * All sources as one list of servers: each server once, in the order of the sources. Owns the sources it is
 * given: starts and disposes them. Holds passwords in memory only, while their source vouches for them.
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

  /** Sources in order of precedence: for one URL the first one's name, user and directory count. */
  constructor(sources: readonly ServerSource[]) {
    this.#sources = sources;
    this.#firstLooks = new Promise((resolve) => {
      this.#noteFirstLooks = resolve;
    });
  }

  /** Begins to look; listeners are called later. */
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

  /** Servers known now. */
  endpoints(): readonly Endpoint[] {
    return this.#endpoints;
  }

  /** What a person should know of the places that were looked at. */
  problems(): readonly SourceProblem[] {
    return this.#problems;
  }

  /** Resolves when every source has had its first look (or on dispose): only then an empty list means that there is nothing. */
  whenLooked(): Promise<void> {
    return this.#firstLooks;
  }

  /** Gives a function that ends the listening. */
  onDidChange(listener: SourcesListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * The password a source knows for this server; undefined when a person must be asked. Sources that know
   * passwords are asked again first, because port, password and process change when such a server restarts. A password is only
   * given for the URL and user it belongs to: an endpoint that has moved since gets none.
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

  /** Lets every source look again; resolves when all of them have. */
  async refresh(): Promise<void> {
    await Promise.all(this.#sources.map((source) => source.refresh()));
  }

  /** Stops all sources; nobody is told anything any more. Safe to call twice. */
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
