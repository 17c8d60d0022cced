import { descendantsOf, parentOf } from "../../src/core/state/lookup.ts";
import { ownUsage, treeUsage } from "../../src/core/state/selectors.ts";
import { sessionKey, type SessionRef } from "../../src/core/state/session.ts";
import { shownRef } from "../../src/core/state/shown.ts";
import type { State } from "../../src/core/state/state.ts";
import { addUsage, NO_USAGE, type Usage } from "../../src/core/usage/usage.ts";

/**
 * The combined usage of several trees. Each session counts once, even if given twice, by a twin server on
 * the same database, or below another given session.
 *
 * For a session that two generations of OpenCode continued separately, the larger figure of each kind
 * counts. Both copies include the shared history, so it is never counted twice. The result is exact if only
 * one copy continued, else a lower bound: what the smaller one added can't be separated.
 */
export function usageOfTrees(state: State, refs: readonly SessionRef[]): Usage {
  const chosen = new Map<string, SessionRef>();
  for (const ref of refs) {
    const shown = shownRef(state, ref) ?? ref;
    chosen.set(sessionKey(shown.serverID, shown.sessionID), shown);
  }
  const trees = [...chosen.values()].filter((ref) => !hasAncestor(state, ref, chosen));
  const copies = new Map<string, number>();
  for (const { sessionID } of trees) copies.set(sessionID, (copies.get(sessionID) ?? 0) + 1);

  let sum = NO_USAGE;
  const diverged = new Map<string, Usage>();
  for (const ref of trees) {
    if (copies.get(ref.sessionID) === 1) {
      sum = addUsage(sum, treeUsage(state, ref).usage);
      continue;
    }
    for (const { sessionID } of [ref, ...descendantsOf(state, ref)]) {
      const own = ownUsage(state, { serverID: ref.serverID, sessionID }).usage;
      const other = diverged.get(sessionID);
      diverged.set(sessionID, other === undefined ? own : largerOf(own, other));
    }
  }
  for (const usage of diverged.values()) sum = addUsage(sum, usage);
  return sum;
}

function hasAncestor(
  state: State,
  ref: SessionRef,
  among: ReadonlyMap<string, SessionRef>,
): boolean {
  const seen = new Set<string>();
  let at = parentOf(state, ref);
  while (at !== undefined && !seen.has(at.sessionID)) {
    if (among.has(sessionKey(at.serverID, at.sessionID))) return true;
    seen.add(at.sessionID);
    at = parentOf(state, at);
  }
  return false;
}

function largerOf(a: Usage, b: Usage): Usage {
  return {
    tokens: {
      input: Math.max(a.tokens.input, b.tokens.input),
      output: Math.max(a.tokens.output, b.tokens.output),
      reasoning: Math.max(a.tokens.reasoning, b.tokens.reasoning),
      cache: {
        read: Math.max(a.tokens.cache.read, b.tokens.cache.read),
        write: Math.max(a.tokens.cache.write, b.tokens.cache.write),
      },
    },
    recordedUSD: Math.max(a.recordedUSD, b.recordedUSD),
    estimatedUSD: Math.max(a.estimatedUSD, b.estimatedUSD),
    unpricedTokens: Math.max(a.unpricedTokens, b.unpricedTokens),
  };
}
