import { LayeredMap } from "./layeredMap.ts";
import type { Session } from "./session.ts";
import { hasRunningTurn, type Live, type ServerState, type TreeUsage } from "./state.ts";
import { NO_USAGE, type Tokens, type Usage } from "../usage/usage.ts";
import { ownUsageOf } from "../usage/usageOf.ts";

/** Inserts a child among its siblings, oldest first. */
export function addToTree(
  siblings: readonly string[],
  childID: string,
  sessions: ReadonlyMap<string, Session>,
): readonly string[] {
  const created = sessions.get(childID)?.createdMs ?? Number.MAX_SAFE_INTEGER;
  let at = siblings.length;
  while (at > 0 && (sessions.get(siblings[at - 1] ?? "")?.createdMs ?? 0) > created) at--;
  return [...siblings.slice(0, at), childID, ...siblings.slice(at)];
}

/** The tree figures of a session without children. */
export function leafTree(server: ServerState, sessionID: string): TreeUsage | undefined {
  const session = server.sessions.get(sessionID);
  if (session === undefined) return undefined;
  const live = server.live.get(sessionID);
  const own = ownUsageOf(server, session, live);
  return {
    usage: own.usage,
    descendants: 0,
    requests: live?.requests.length ?? 0,
    working: isWorking(live) ? 1 : 0,
    isEstimate: own.isEstimate,
  };
}

function isWorking(live: Live | undefined): boolean {
  return live !== undefined && (hasRunningTurn(live.activity) || live.compaction !== undefined);
}

/** The tree figures of a session that doesn't exist. */
export const NO_TREE: TreeUsage = {
  usage: NO_USAGE,
  descendants: 0,
  requests: 0,
  working: 0,
  isEstimate: false,
};

/** A running sum. Adds up tens of thousands of sessions without allocating an object for each. */
class TreeSum {
  readonly #server: ServerState;
  readonly #hasLive: boolean;
  #input = 0;
  #output = 0;
  #reasoning = 0;
  #cacheRead = 0;
  #cacheWrite = 0;
  #recordedUSD = 0;
  #estimatedUSD = 0;
  #unpricedTokens = 0;
  #descendants = 0;
  #requests = 0;
  #working = 0;
  #isEstimate = false;

  constructor(server: ServerState) {
    this.#server = server;
    this.#hasLive = server.live.size > 0;
  }

  addSession(session: Session): void {
    const { totals } = session;
    const live = this.#hasLive ? this.#server.live.get(session.id) : undefined;
    // Fast path: most sessions are idle and all their cost is recorded.
    const isRecorded = totals !== undefined && totals.costUSD > 0;
    if (live === undefined && isRecorded && !this.#server.costs.has(session.id)) {
      this.#addTokens(totals.tokens);
      this.#recordedUSD += totals.costUSD;
      return;
    }
    const own = ownUsageOf(this.#server, session, live);
    this.#addUsage(own.usage);
    this.#isEstimate ||= own.isEstimate;
    this.#requests += live?.requests.length ?? 0;
    if (isWorking(live)) this.#working++;
  }

  addChildSession(session: Session): void {
    this.addSession(session);
    this.#descendants++;
  }

  addChildTree(tree: TreeUsage): void {
    this.#addUsage(tree.usage);
    this.#isEstimate ||= tree.isEstimate;
    this.#requests += tree.requests;
    this.#working += tree.working;
    this.#descendants += tree.descendants + 1;
  }

  finish(): TreeUsage {
    return {
      usage: {
        tokens: {
          input: this.#input,
          output: this.#output,
          reasoning: this.#reasoning,
          cache: { read: this.#cacheRead, write: this.#cacheWrite },
        },
        recordedUSD: this.#recordedUSD,
        estimatedUSD: this.#estimatedUSD,
        unpricedTokens: this.#unpricedTokens,
      },
      descendants: this.#descendants,
      requests: this.#requests,
      working: this.#working,
      isEstimate: this.#isEstimate,
    };
  }

  #addUsage(usage: Usage): void {
    this.#addTokens(usage.tokens);
    this.#recordedUSD += usage.recordedUSD;
    this.#estimatedUSD += usage.estimatedUSD;
    this.#unpricedTokens += usage.unpricedTokens;
  }

  #addTokens(tokens: Tokens): void {
    this.#input += tokens.input;
    this.#output += tokens.output;
    this.#reasoning += tokens.reasoning;
    this.#cacheRead += tokens.cache.read;
    this.#cacheWrite += tokens.cache.write;
  }
}

/**
 * Updates the tree sums after some sessions changed. A parent's sum is always recomputed as own + sum of its
 * children's trees in order, so it depends only on the figures and never drifts. `dirty` contains the touched
 * sessions and all their ancestors.
 */
export function recomputeTrees(
  server: ServerState,
  touched: ReadonlySet<string>,
): { readonly trees: ReadonlyMap<string, TreeUsage>; readonly dirty: ReadonlySet<string> } {
  const dirty = withAncestors(server, touched);
  // Everything in `trees` from here on is up to date; missing entries are computed, children first.
  const trees = new LayeredMap(server.trees);
  for (const id of dirty) trees.delete(id);
  const computeTree = (id: string, session: Session, childIDs: readonly string[]): TreeUsage => {
    // Placeholder while the tree is computed, so that cycles in bad data end.
    trees.set(id, NO_TREE);
    const sum = new TreeSum(server);
    sum.addSession(session);
    for (const childID of childIDs) {
      const child = server.sessions.get(childID);
      if (child === undefined) continue;
      const grandchildIDs = server.children.get(childID);
      if (grandchildIDs === undefined) sum.addChildSession(child);
      else sum.addChildTree(trees.get(childID) ?? computeTree(childID, child, grandchildIDs));
    }
    const tree = sum.finish();
    trees.set(id, tree);
    return tree;
  };
  for (const id of dirty) {
    const session = server.sessions.get(id);
    const childIDs = server.children.get(id);
    if (session !== undefined && childIDs !== undefined && !trees.has(id)) {
      computeTree(id, session, childIDs);
    }
  }
  return { trees, dirty };
}

/** Some sessions and all their ancestors. */
export function withAncestors(server: ServerState, ids: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  for (const id of ids) {
    let at: string | undefined = id;
    // Ends cycles in bad data: each session is added once.
    while (at !== undefined && !found.has(at)) {
      found.add(at);
      at = server.sessions.get(at)?.parentID;
    }
  }
  return found;
}

/** Sessions by their parent's ID, oldest first. */
export type ChildSessions = ReadonlyMap<string, readonly Session[]>;

/** Groups all sessions by their parent. */
export function childSessionsOf(sessions: ReadonlyMap<string, Session>): ChildSessions {
  const groups = new Map<string, Session[]>();
  for (const session of sessions.values()) {
    if (session.parentID === undefined) continue;
    const siblings = groups.get(session.parentID);
    if (siblings === undefined) groups.set(session.parentID, [session]);
    else siblings.push(session);
  }
  for (const siblings of groups.values()) {
    if (siblings.length > 1) siblings.sort((a, b) => a.createdMs - b.createdMs);
  }
  return groups;
}

/**
 * Computes all tree sums at once, from the roots down. Each session is visited and looked up only once, which matters
 * for tens of thousands. Sessions in a cycle have no root and get no tree.
 */
export function allTrees(
  server: ServerState,
  childSessions: ChildSessions,
): ReadonlyMap<string, TreeUsage> {
  const trees = new Map<string, TreeUsage>();
  const computeTree = (session: Session, children: readonly Session[]): TreeUsage => {
    const sum = new TreeSum(server);
    sum.addSession(session);
    for (const child of children) {
      const grandchildren = childSessions.get(child.id);
      if (grandchildren === undefined) sum.addChildSession(child);
      else sum.addChildTree(computeTree(child, grandchildren));
    }
    const tree = sum.finish();
    trees.set(session.id, tree);
    return tree;
  };
  for (const [id, children] of childSessions) {
    const session = server.sessions.get(id);
    if (session === undefined) continue;
    const isRoot = session.parentID === undefined || !server.sessions.has(session.parentID);
    if (isRoot) computeTree(session, children);
  }
  return trees;
}
