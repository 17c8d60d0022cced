import type { SessionKey } from "./session.ts";

/** What differs between two states, so that views redraw only that. */
export interface Changes {
  /**
   * Sessions whose own or tree figures, state or facts changed; ancestors of a changed session are
   * included. Sessions that a snapshot brought are not listed one by one: `structure` says that they came.
   */
  readonly sessions: ReadonlySet<SessionKey>;
  /** Servers whose own facts changed: connection, version, catalogue, projects. */
  readonly servers: ReadonlySet<string>;
  /** Whether a server or session came, went or moved in the tree. */
  readonly structure: boolean;
  /** Watched sessions whose messages changed. */
  readonly messages: ReadonlySet<SessionKey>;
  /** Namespaces and objects of clusters that came, changed or went, by `namespaceKey` and `clusterKey`. */
  readonly clusters: ReadonlySet<string>;
}
