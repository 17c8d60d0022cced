import * as vscode from "vscode";

import { getServer, getSession } from "../core/state/lookup.ts";
import { parseSessionKey, type Session, type SessionRef } from "../core/state/session.ts";
import type { ServerState } from "../core/state/state.ts";
import type { Gateway } from "../server/gateway.ts";
import { SESSION_SCHEME, SESSION_TEXT_SCHEME } from "../platform/ids.ts";
import { parseDocumentQuery } from "../viewModels/documents/documentTarget.ts";
import { cleanTitle } from "../viewModels/text/format.ts";
import {
  parseProjectElement,
  projectDirectory,
  serverIDOf,
} from "../viewModels/tree/treeElements.ts";
import { choose } from "./ask.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { refuseLostRow } from "./lostRow.ts";
import { pickSession } from "./session/pickSession.ts";

/** The session a command is about, in its current state. */
export interface SessionTarget {
  readonly ref: SessionRef;
  readonly session: Session;
  readonly server: ServerState;
  /** Shortened for a one-line message. */
  readonly title: string;
}

/**
 * The session a command is about: the row, ref or document it was given (from a row's menu or an editor's
 * title bar), else the selected row while the tree is in use, else the active session, else the one the user
 * picks. Never that of whichever editor happens to be open. Refuses if the session or the row is gone.
 */
export async function sessionTarget(
  context: CommandContext,
  argument: unknown,
  placeHolder: string,
): Promise<SessionTarget> {
  refuseLostRow(argument);
  const { inUse } = context.tree.selection;
  const named = refOf(context, argument) ?? (inUse === undefined ? undefined : parseElement(inUse));
  if (named !== undefined) return namedTarget(context, named);
  const active = context.activeSession.current;
  if (active !== undefined && getSession(context.store.state, active) !== undefined) {
    return namedTarget(context, active);
  }
  return namedTarget(context, await pickSession(context, placeHolder));
}

/**
 * The sessions a command is about: all selected rows if it was invoked on one of several, else the one found
 * by `sessionTarget`. Sessions that are gone are left out; refuses if none is left.
 */
export async function sessionTargets(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
  placeHolder: string,
): Promise<readonly SessionTarget[]> {
  const rows = isSelection(argument)
    ? context.tree.selection.all
    : Array.isArray(selected)
      ? selected.filter((row): row is string => typeof row === "string")
      : [];
  if (rows.length <= 1) {
    return [await sessionTarget(context, argument, placeHolder)];
  }
  const targets = rows.flatMap((row) => {
    const ref = parseElement(row);
    return ref === undefined || getSession(context.store.state, ref) === undefined
      ? []
      : [namedTarget(context, ref)];
  });
  if (targets.length === 0) throw new Refusal(vscode.l10n.t("No session is selected."));
  return targets;
}

/** Whether a key was pressed in the tree, so that the selection is meant. */
function isSelection(argument: unknown): boolean {
  return (
    typeof argument === "object" &&
    argument !== null &&
    "from" in argument &&
    argument.from === "selection"
  );
}

export function namedTarget({ store }: CommandContext, ref: SessionRef): SessionTarget {
  const session = getSession(store.state, ref);
  const server = getServer(store.state, ref.serverID);
  if (session === undefined || server === undefined) {
    throw new Refusal(vscode.l10n.t("This session no longer exists."));
  }
  return { ref, session, server, title: cleanTitle(session.title, 60) };
}

/**
 * The ref an argument names: a tree element, a ref, a document of a session, or `{from: "selection"}`;
 * undefined if it names none.
 */
export function refOf(
  { documents, tree }: CommandContext,
  argument: unknown,
): SessionRef | undefined {
  if (typeof argument === "string") return parseElement(argument);
  if (typeof argument !== "object" || argument === null) return undefined;
  if (isSelection(argument)) {
    const { current } = tree.selection;
    return current === undefined ? undefined : parseElement(current);
  }
  if (argument instanceof vscode.Uri) {
    // VS Code's name for a webview does not identify its session.
    return argument.scheme === "webview-panel" ? documents.pages.active : refOfDocument(argument);
  }
  if ("serverID" in argument && "sessionID" in argument) {
    const { serverID, sessionID } = argument;
    if (typeof serverID === "string" && typeof sessionID === "string") {
      return { serverID, sessionID };
    }
  }
  return undefined;
}

/** The message an argument names besides its session, as the buttons of a conversation do. */
export function messageIDOf(argument: unknown): string | undefined {
  if (typeof argument !== "object" || argument === null || !("messageID" in argument)) {
    return undefined;
  }
  return typeof argument.messageID === "string" ? argument.messageID : undefined;
}

function refOfDocument({ scheme, query }: vscode.Uri): SessionRef | undefined {
  if (scheme === SESSION_SCHEME || scheme === SESSION_TEXT_SCHEME) {
    return parseDocumentQuery(query)?.ref;
  }
  return undefined;
}

function parseElement(element: string): SessionRef | undefined {
  return serverIDOf(element) === undefined ? parseSessionKey(element) : undefined;
}

/**
 * The server a command is about: that of the given row, else the only suitable one, else the one the user
 * picks. Refuses with `none` if there is none.
 */
export async function serverTarget(
  context: CommandContext,
  argument: unknown,
  question: {
    readonly placeHolder: string;
    readonly none: string;
    readonly isFit?: (server: ServerState) => boolean;
  },
): Promise<ServerState> {
  const { state } = context.store;
  const serverID =
    (typeof argument === "string" ? serverIDOf(argument) : undefined) ??
    refOf(context, argument)?.serverID;
  const named = serverID === undefined ? undefined : getServer(state, serverID);
  if (named !== undefined) return named;
  const isFit = question.isFit ?? (() => true);
  const servers = [...state.servers.values()].filter((server) => isFit(server));
  const [only, ...others] = servers;
  if (only === undefined) throw new Refusal(question.none);
  if (others.length === 0) return only;
  const items = servers.map((server) => ({
    label: cleanTitle(server.endpoint.name),
    ...(server.endpoint.isTunnel === true ? {} : { description: server.endpoint.url }),
    server,
  }));
  const { placeHolder } = question;
  return (await choose(items, { placeHolder, matchOnDescription: true })).server;
}

/** The project whose row a command was invoked on; includes its directory if known. */
export function projectOf(
  { store }: CommandContext,
  argument: unknown,
): { readonly server: ServerState; readonly directory: string | undefined } | undefined {
  const parsed =
    typeof argument === "string" ? parseProjectElement(store.state, argument) : undefined;
  if (parsed === undefined) return undefined;
  const { server, group } = parsed;
  return { server, directory: projectDirectory(server, group) };
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
