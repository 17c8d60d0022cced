import * as vscode from "vscode";

import { getServer, getSession } from "../core/lookup.ts";
import { parseSessionKey, type Session, type SessionRef } from "../core/session.ts";
import type { ServerState } from "../core/state.ts";
import type { Gateway } from "../server/gateway.ts";
import { cleanTitle } from "../viewModels/format.ts";
import { serverIDOf } from "../viewModels/treeElements.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { pickSession } from "./pickSession.ts";

/** A session a command is about, as it stands. */
export interface SessionTarget {
  readonly ref: SessionRef;
  readonly session: Session;
  readonly server: ServerState;
  /** Fit for a message of one line. */
  readonly title: string;
}

/**
 * The session a command is about: the row or ref it was given, the selected row for a key in the tree, else
 * the active session, else the one a person picks. Undefined when nothing is picked; refuses when the
 * session is gone.
 */
export async function sessionTarget(
  context: CommandContext,
  argument: unknown,
  placeHolder: string,
): Promise<SessionTarget | undefined> {
  const named = refOf(context, argument);
  if (named !== undefined) return known(context, named);
  const active = context.activeSession.current;
  if (active !== undefined && getSession(context.store.state, active) !== undefined) {
    return known(context, active);
  }
  const picked = await pickSession(context, placeHolder);
  return picked === undefined ? undefined : known(context, picked);
}

function known({ store }: CommandContext, ref: SessionRef): SessionTarget {
  const session = getSession(store.state, ref);
  const server = getServer(store.state, ref.serverID);
  if (session === undefined || server === undefined) {
    throw new Refusal(vscode.l10n.t("This session no longer exists."));
  }
  return { ref, session, server, title: cleanTitle(session.title, 60) };
}

/** The ref an argument names: a tree element, a ref, or `{from: "selection"}`; undefined when it names none. */
export function refOf({ tree }: CommandContext, argument: unknown): SessionRef | undefined {
  if (typeof argument === "string") return parseElement(argument);
  if (typeof argument !== "object" || argument === null) return undefined;
  if ("from" in argument && argument.from === "selection") {
    return tree.selection === undefined ? undefined : parseElement(tree.selection);
  }
  if ("serverID" in argument && "sessionID" in argument) {
    const { serverID, sessionID } = argument;
    if (typeof serverID === "string" && typeof sessionID === "string") {
      return { serverID, sessionID };
    }
  }
  return undefined;
}

function parseElement(element: string): SessionRef | undefined {
  return serverIDOf(element) === undefined ? parseSessionKey(element) : undefined;
}

/**
 * The server a command is about: the one of the row it was given, else the only one that is fit, else the
 * one a person picks among those that are. Refuses with `none` when there is none.
 */
export async function serverTarget(
  context: CommandContext,
  argument: unknown,
  question: {
    readonly placeHolder: string;
    readonly none: string;
    readonly isFit?: (server: ServerState) => boolean;
  },
): Promise<ServerState | undefined> {
  const { state } = context.store;
  const serverID =
    (typeof argument === "string" ? serverIDOf(argument) : undefined) ??
    refOf(context, argument)?.serverID;
  const named = serverID === undefined ? undefined : getServer(state, serverID);
  if (named !== undefined) return named;
  const isFit = question.isFit ?? (() => true);
  const servers = [...state.servers.values()].filter((server) => isFit(server));
  if (servers.length === 0) throw new Refusal(question.none);
  if (servers.length === 1) return servers[0];
  const items = servers.map((server) => ({
    label: cleanTitle(server.endpoint.name),
    description: server.endpoint.url,
    server,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    placeHolder: question.placeHolder,
    matchOnDescription: true,
  });
  return picked?.server;
}

/** The gateway of a server; refuses while the server is not connected. */
export function gatewayOf({ servers }: CommandContext, server: ServerState): Gateway {
  const gateway = servers.gateway(server.endpoint.serverID);
  if (gateway === undefined) {
    throw new Refusal(
      vscode.l10n.t("The server “{0}” is not connected.", cleanTitle(server.endpoint.name)),
    );
  }
  return gateway;
}
