import type { SessionKey } from "./session.ts";

/** What differs between two states, so that views redraw only that. */
export interface Changes {
  /**
   * Sessions whose own or tree figures, state or details changed, including their ancestors. Sessions added by a
   * snapshot are not listed individually: `structure` covers them.
   */
  readonly sessions: ReadonlySet<SessionKey>;
  /** Servers whose own details changed: connection, version, catalogue, projects. */
  readonly servers: ReadonlySet<string>;
  /** Whether a server or session was added, removed or moved in the tree. */
  readonly structure: boolean;
  /** Watched sessions whose messages changed. */
  readonly messages: ReadonlySet<SessionKey>;
  /** Cluster namespaces and objects that were added, changed or removed, by `namespaceKey` and `clusterKey`. */
  readonly clusters: ReadonlySet<string>;
}
