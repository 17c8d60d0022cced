import * as vscode from "vscode";

import { loggable } from "../../core/log.ts";
import { getServer, getSession } from "../../core/state/lookup.ts";
import type { Session, SessionRef } from "../../core/state/session.ts";
import { untilState } from "../../core/state/untilState.ts";
import type { Gateway } from "../../server/gateway.ts";
import type { CommandContext } from "../commandContext.ts";
import { sessionTarget } from "../target.ts";

/**
 * Makes a session the window's active one: status bar, tree mark and charts follow. Without an argument, uses
 * the row selected in the tree by the click that runs this.
 */
export async function activateSession(context: CommandContext, argument: unknown): Promise<void> {
  const row = argument ?? (await context.tree.selection.whenKnown());
  const target = await sessionTarget(context, row, vscode.l10n.t("Make Active Session"));
  activate(context, target.ref);
}

/** Makes a session active; terminals attached to its server follow if the setting says so. */
export function activate(
  context: CommandContext,
  ref: SessionRef,
  { mayAsk = false }: { readonly mayAsk?: boolean } = {},
): void {
  context.activeSession.pick(ref);
  const server = getServer(context.store.state, ref.serverID);
  const gateway = context.servers.gateway(ref.serverID);
  if (server === undefined || gateway === undefined) return;
  context.tuiFollower.follow(server, gateway, ref.sessionID, mayAsk);
  void markSessionViewed(context, gateway, server.sessions.get(ref.sessionID));
}

/** How long a session that was just made may take to appear among its server's sessions. */
const ARRIVAL_MS = 5000;

/** Makes a session active that was just made, once its server has reported it. */
export async function activateNew(context: CommandContext, ref: SessionRef): Promise<void> {
  const { store } = context;
  await untilState(store, () => getSession(store.state, ref) !== undefined, {
    limitMs: ARRIVAL_MS,
  });
  activate(context, ref);
}

/** Marks what ended unseen as viewed, for every client of a server that keeps track. */
async function markSessionViewed(
  { log }: CommandContext,
  gateway: Gateway,
  session: Session | undefined,
): Promise<void> {
  if (session?.isUnread !== true) return;
  const marked = await gateway.markViewed(session);
  if (!marked.ok) log.warn("commands", `marking a session as seen: ${loggable(marked.error)}`);
}

/** Whether a session is the window's active one. */
export function isActive({ activeSession }: CommandContext, ref: SessionRef): boolean {
  const { current } = activeSession;
  return current?.sessionID === ref.sessionID && current.serverID === ref.serverID;
}
