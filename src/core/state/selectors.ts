import { getLive, getServer, getSession } from "./lookup.ts";
import type { SessionRef } from "./session.ts";
import type { State, TreeUsage } from "./state.ts";
import { leafTree, NO_TREE } from "./trees.ts";
import { NO_USAGE } from "../usage/usage.ts";
import { type OwnUsage, ownUsageOf } from "../usage/usageOf.ts";

/** A session's own figures, children excluded. */
export function ownUsage(state: State, ref: SessionRef): OwnUsage {
  const server = getServer(state, ref.serverID);
  const session = getSession(state, ref);
  if (server === undefined || session === undefined) return { usage: NO_USAGE, isEstimate: false };
  return ownUsageOf(server, session, server.live.get(ref.sessionID));
}

/** Usage of a session and all its descendants. */
export function treeUsage(state: State, ref: SessionRef): TreeUsage {
  const server = getServer(state, ref.serverID);
  if (server === undefined) return NO_TREE;
  return server.trees.get(ref.sessionID) ?? leafTree(server, ref.sessionID) ?? NO_TREE;
}

/** Current context tokens relative to the model's window. `percent` is unrounded and may exceed 100. */
export interface ContextFill {
  readonly contextTokens: number;
  readonly contextLimit: number | undefined;
  readonly percent: number | undefined;
  readonly isEstimate: boolean;
}

/** How full a session's context is; undefined until a step has reported it. */
export function contextUse(state: State, ref: SessionRef): ContextFill | undefined {
  const { context } = getLive(state, ref);
  if (context === undefined) return undefined;
  const contextLimit = getServer(state, ref.serverID)?.models.get(context.modelKey)?.contextLimit;
  return {
    contextTokens: context.contextTokens,
    contextLimit,
    percent: contextLimit === undefined ? undefined : (context.contextTokens / contextLimit) * 100,
    isEstimate: context.isEstimate,
  };
}
