import { parentOf, rootOf, sessionModel } from "./lookup.ts";
import { modelKey } from "./model.ts";
import { contextUse, treeUsage } from "./selectors.ts";
import type { SessionRef } from "./session.ts";
import { isShown } from "./shown.ts";
import type { SessionList, SessionListEntry } from "../agents/publicAPI.ts";
import { costStatus, stateStatus } from "../agents/sessionStatus.ts";
import type { State } from "./state.ts";
import { totalTokens } from "../usage/usage.ts";

export interface SessionListOptions {
  /** Maximum number of entries; the most recently changed are kept. */
  readonly limit: number;
  /** Also list sessions started by a task. */
  readonly includesChildren: boolean;
  /** Also list archived sessions. */
  readonly includesArchived: boolean;
  /** Only sessions in this folder. */
  readonly directory?: string | undefined;
}

/** The sessions of all servers, most recently changed first; one that several servers have appears as in the tree. */
export function sessionList(state: State, options: SessionListOptions): SessionList {
  const wanted: { readonly ref: SessionRef; readonly updatedMs: number }[] = [];
  for (const [serverID, { sessions }] of state.servers) {
    for (const session of sessions.values()) {
      if (!options.includesChildren && session.parentID !== undefined) continue;
      if (!options.includesArchived && (session.archivedMs ?? 0) > 0) continue;
      if (options.directory !== undefined && session.directory !== options.directory) continue;
      const ref = { serverID, sessionID: session.id };
      if (isShown(state, ref)) wanted.push({ ref, updatedMs: session.updatedMs });
    }
  }
  wanted.sort((a, b) => b.updatedMs - a.updatedMs);
  const shown = wanted.slice(0, options.limit);
  return {
    schemaVersion: 1,
    sessions: shown.flatMap(({ ref }) => entryOf(state, ref) ?? []),
    more: wanted.length - shown.length,
  };
}

function entryOf(state: State, ref: SessionRef): SessionListEntry | undefined {
  const server = state.servers.get(ref.serverID);
  const session = server?.sessions.get(ref.sessionID);
  if (server === undefined || session === undefined) return undefined;
  const tree = treeUsage(state, ref);
  const model = sessionModel(state, ref);
  return {
    sessionID: ref.sessionID,
    serverID: ref.serverID,
    server: server.endpoint.name,
    title: session.title,
    directory: session.directory,
    parentID: parentOf(state, ref)?.sessionID ?? session.parentID ?? null,
    rootID: rootOf(state, ref).sessionID,
    state: stateStatus(state, ref),
    model: model === undefined ? null : modelKey(model),
    updatedMs: session.updatedMs,
    sessions: tree.descendants + 1,
    totalTokens: totalTokens(tree.usage.tokens),
    ...costStatus(tree.usage),
    contextPercent: contextUse(state, ref)?.percent ?? null,
  };
}
