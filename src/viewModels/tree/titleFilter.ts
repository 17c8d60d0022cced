import type { ServerState, State } from "../../core/state/state.ts";

/** Which sessions a filter leaves in the tree. */
export interface TitleMatches {
  /** By server: the sessions that match, and all above them. */
  readonly shown: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether a session or one above it matches itself: then all below it stays. */
  isBelowMatch(server: ServerState, sessionID: string): boolean;
  readonly needle: string;
  /** What each server's part was made from. */
  readonly madeFrom: ReadonlyMap<string, ServerMatches>;
}

/** Where a label holds the text, whatever its case; undefined where it does not. */
export function foundIn(label: string, text: string): readonly [number, number] | undefined {
  const needle = text.trim().toLowerCase();
  const lower = label.toLowerCase();
  // Lower case is longer for some letters: then places in it are not those of the label.
  const at = needle === "" || lower.length !== label.length ? -1 : lower.indexOf(needle);
  return at < 0 ? undefined : [at, at + needle.length];
}

interface ServerMatches {
  readonly sessions: ServerState["sessions"];
  readonly matching: ReadonlySet<string>;
  readonly shown: ReadonlySet<string>;
}

/**
 * Finds the sessions whose title holds the text, whatever its case, or whose id is the text. Gives
 * undefined for an empty text. Servers whose sessions did not change are taken over from `previous`.
 */
export function matchTitles(
  state: State,
  text: string,
  previous?: TitleMatches,
): TitleMatches | undefined {
  const needle = text.trim().toLowerCase();
  if (needle === "") return undefined;
  const madeFrom = new Map<string, ServerMatches>();
  const shown = new Map<string, ReadonlySet<string>>();
  for (const [serverID, server] of state.servers) {
    const known = previous?.needle === needle ? previous.madeFrom.get(serverID) : undefined;
    const matches = known?.sessions === server.sessions ? known : matchServer(server, needle);
    madeFrom.set(serverID, matches);
    shown.set(serverID, matches.shown);
  }
  return {
    shown,
    needle,
    madeFrom,
    isBelowMatch: (server, sessionID) => {
      const matching = madeFrom.get(server.endpoint.serverID)?.matching;
      if (matching === undefined || matching.size === 0) return false;
      const seen = new Set<string>();
      let at: string | undefined = sessionID;
      while (at !== undefined && !seen.has(at)) {
        if (matching.has(at)) return true;
        seen.add(at);
        at = server.sessions.get(at)?.parentID;
      }
      return false;
    },
  };
}

function matchServer(server: ServerState, needle: string): ServerMatches {
  const matching = new Set<string>();
  const shown = new Set<string>();
  for (const session of server.sessions.values()) {
    if (!session.title.toLowerCase().includes(needle) && session.id.toLowerCase() !== needle) {
      continue;
    }
    matching.add(session.id);
    let at: string | undefined = session.id;
    while (at !== undefined && !shown.has(at)) {
      shown.add(at);
      at = server.sessions.get(at)?.parentID;
    }
  }
  return { sessions: server.sessions, matching, shown };
}
