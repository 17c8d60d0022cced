import type { ServerState, State } from "../../core/state/state.ts";

/** The sessions a filter leaves in the tree. */
export interface TitleMatches {
  /** By server: the sessions that match, and all their ancestors. */
  readonly shown: ReadonlyMap<string, ReadonlySet<string>>;
  /** Whether a session or one of its ancestors matches; if so, everything below it stays. */
  isBelowMatch(server: ServerState, sessionID: string): boolean;
  readonly needle: string;
  /** What each server's matches were made from. */
  readonly madeFrom: ReadonlyMap<string, ServerMatches>;
}

/** Where a label contains the text, ignoring case; undefined if it doesn't. */
export function foundIn(label: string, text: string): readonly [number, number] | undefined {
  const needle = text.trim().toLowerCase();
  const lower = label.toLowerCase();
  // Lower-casing makes some letters longer; positions then differ from those in the label.
  const at = needle === "" || lower.length !== label.length ? -1 : lower.indexOf(needle);
  return at < 0 ? undefined : [at, at + needle.length];
}

interface ServerMatches {
  readonly sessions: ServerState["sessions"];
  readonly matching: ReadonlySet<string>;
  readonly shown: ReadonlySet<string>;
}

/**
 * Finds the sessions whose title contains the text, ignoring case, or whose id is the text. Returns
 * undefined for an empty text. Matches of servers whose sessions didn't change are reused from `previous`.
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
