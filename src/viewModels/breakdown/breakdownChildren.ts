import { getLive, getSession } from "../../core/state/lookup.ts";
import { contextUse, ownUsage, treeUsage } from "../../core/state/selectors.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { type SessionState, sessionState } from "../../core/state/sessionState.ts";
import { shownChildren } from "../../core/state/shown.ts";
import type { State } from "../../core/state/state.ts";
import type { Usage } from "../../core/usage/usage.ts";
import { cleanTitle } from "../text/format.ts";
import { stateLabel } from "../tree/stateLabel.ts";

/** A descendant of the session the breakdown is about. */
export interface BreakdownChild {
  readonly sessionID: string;
  /** 1 for a direct child. */
  readonly depth: number;
  readonly title: string;
  /** As the server has it, for exports. */
  readonly serverTitle: string;
  readonly agent: string | undefined;
  readonly stateKind: SessionState["kind"];
  readonly stateLabel: string;
  readonly own: Usage;
  readonly tree: Usage;
  /** Whether any figure of its tree is still an estimate. */
  readonly isEstimate: boolean;
  readonly contextTokens: number | undefined;
  readonly contextPercent: number | undefined;
  readonly updatedMs: number;
}

/** Maximum descendants sent to the table at once; the rest are only counted. */
export const MAX_CHILDREN = 1000;

/** All descendants, each after its parent, oldest first; `hidden` counts those beyond the limit. */
export function breakdownChildren(
  state: State,
  ref: SessionRef,
): { readonly children: readonly BreakdownChild[]; readonly hidden: number } {
  const children: BreakdownChild[] = [];
  const seen = new Set([ref.sessionID]);
  const visit = (parent: SessionRef, depth: number): void => {
    for (const child of shownChildren(state, parent)) {
      if (children.length >= MAX_CHILDREN) return;
      if (seen.has(child.sessionID)) continue;
      seen.add(child.sessionID);
      const row = childOf(state, child, depth);
      if (row !== undefined) children.push(row);
      visit(child, depth + 1);
    }
  };
  visit(ref, 1);
  const { descendants } = treeUsage(state, ref);
  return { children, hidden: Math.max(0, descendants - children.length) };
}

function childOf(state: State, ref: SessionRef, depth: number): BreakdownChild | undefined {
  const session = getSession(state, ref);
  if (session === undefined) return undefined;
  const activity = sessionState(state, ref);
  const tree = treeUsage(state, ref);
  const context = contextUse(state, ref);
  return {
    sessionID: session.id,
    depth,
    title: cleanTitle(session.title, 200),
    serverTitle: session.title,
    agent: getLive(state, ref).agent ?? session.agent,
    stateKind: activity.kind,
    stateLabel: stateLabel(activity),
    own: ownUsage(state, ref).usage,
    tree: tree.usage,
    isEstimate: tree.isEstimate,
    contextTokens: context?.contextTokens,
    contextPercent: context?.percent,
    updatedMs: session.updatedMs,
  };
}
