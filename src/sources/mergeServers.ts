import { isPasswordFor } from "../core/credentialPolicy.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import type { FoundServer } from "./source.ts";

/** One server, regardless of how many sources found it. */
export interface MergedServer {
  readonly endpoint: Endpoint;
  /** Known from one of its sources; only valid for the endpoint's URL and user name. */
  readonly password: string | undefined;
  /** The sources that found it. */
  readonly sourceIDs: readonly string[];
}

/** A source's servers with the source's id. */
export interface SourceServers {
  readonly sourceID: string;
  readonly servers: readonly FoundServer[];
}

/**
 * Merges the servers found by several sources, given in order of precedence: the first that names a URL provides
 * its identity, name, user and directory. Later ones add what it lacks: the process id, and the password if it
 * belongs to that same address and user. A managed server keeps its origin, so that it can be stopped.
 */
export function mergeServers(sources: readonly SourceServers[]): readonly MergedServer[] {
  const merged = new Map<string, MergedServer>();
  for (const { sourceID, servers } of sources) {
    for (const { endpoint, password } of servers) {
      const key = addressKey(endpoint.url);
      const first = merged.get(key);
      const server = { endpoint, password, sourceIDs: [sourceID] };
      merged.set(key, first === undefined ? server : joinServers(first, server));
    }
  }
  return [...merged.values()];
}

function joinServers(first: MergedServer, later: MergedServer): MergedServer {
  const hasUsablePassword =
    first.password === undefined && isPasswordFor(later.endpoint, first.endpoint);
  return {
    endpoint: {
      ...first.endpoint,
      origin: later.endpoint.origin === "managed" ? "managed" : first.endpoint.origin,
      pid: first.endpoint.pid ?? later.endpoint.pid,
      directory: first.endpoint.directory ?? later.endpoint.directory,
    },
    password: hasUsablePassword ? later.password : first.password,
    sourceIDs: [...first.sourceIDs, ...later.sourceIDs],
  };
}

/** Normalises a URL's host, so that equal places have equal keys: `localhost` and 127.0.0.1 are the same server. */
export function addressKey(url: string): string {
  return url.replace(/^(https?:\/\/)localhost(?=[:/]|$)/, "$1127.0.0.1");
}
