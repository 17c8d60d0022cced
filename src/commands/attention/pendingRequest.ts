import * as vscode from "vscode";

import { t } from "../../core/language.ts";
import { getLive, getServer, getSession, rootOf } from "../../core/state/lookup.ts";
import type { PendingRequest } from "../../core/state/request.ts";
import type { Result } from "../../core/result.ts";
import { type SessionRef, sessionKey } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { Gateway } from "../../server/gateway.ts";
import { namesOf } from "../../viewModels/attention/attentionRow.ts";
import { type Pending, pendingBelow } from "../../viewModels/conversation/requests.ts";
import { requestHeadline } from "../../viewModels/documents/requestText.ts";
import { choose } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";
import { refOf } from "../target.ts";

/**
 * The request a command is about: the one the argument names, else the one waiting in the tree of the named
 * session, else the one the user picks from all waiting. Refuses, with the reason, if it is already settled.
 */
export async function pendingTarget(context: CommandContext, argument: unknown): Promise<Pending> {
  const { state } = context.store;
  const ref = refOf(context, argument);
  const requestID = requestIDOf(argument);
  if (ref !== undefined && requestID !== undefined) return pendingOf(context, ref, requestID);
  const waiting = ref === undefined ? allPending(context) : pendingBelow(state, ref);
  const [only, ...others] = waiting;
  if (only === undefined) {
    throw new Refusal(
      ref === undefined
        ? vscode.l10n.t("No session is waiting for an answer.")
        : vscode.l10n.t(
            "Nothing is waiting for an answer here. It was answered, or the turn was stopped.",
          ),
    );
  }
  return others.length === 0 ? only : pickPending(state, waiting);
}

/** The request the argument names; refuses, with the reason, if it is already settled. */
export function pendingOf(
  { store: { state } }: CommandContext,
  ref: SessionRef,
  requestID: string,
): Pending {
  const request = findRequest(state, ref, requestID);
  if (request === undefined) throw new Refusal(whySettled(state, ref));
  return { ref, request };
}

/** The request id from an item of the view, or from a notification's button. */
function requestIDOf(argument: unknown): string | undefined {
  if (typeof argument !== "object" || argument === null) return undefined;
  if ("requestID" in argument && typeof argument.requestID === "string") return argument.requestID;
  if (!("request" in argument)) return undefined;
  const { request } = argument;
  return typeof request === "object" && request !== null && "id" in request
    ? String(request.id)
    : undefined;
}

function findRequest(state: State, ref: SessionRef, requestID: string): PendingRequest | undefined {
  return getLive(state, ref).requests.find(({ id }) => id === requestID);
}

function allPending({ attention }: CommandContext): readonly Pending[] {
  return attention.items.flatMap((item) =>
    item.kind === "permission" || item.kind === "question"
      ? { ref: { serverID: item.serverID, sessionID: item.sessionID }, request: item.request }
      : [],
  );
}

async function pickPending(state: State, waiting: readonly Pending[]): Promise<Pending> {
  const items = waiting.map((pending) => {
    const { session, root, server } = namesOf(state, pending.ref);
    const icon = pending.request.kind === "permission" ? "shield" : "question";
    return {
      label: requestHeadline(pending.request),
      iconPath: new vscode.ThemeIcon(icon),
      description: root === undefined ? session : t`${session} in ${root}`,
      detail: server,
      pending,
    };
  });
  const { pending } = await choose(items, {
    title: vscode.l10n.t("Answer Request"),
    placeHolder: vscode.l10n.t("Which one?"),
    matchOnDescription: true,
  });
  return pending;
}

/** Why a request can no longer be answered, in one sentence. */
function whySettled(state: State, ref: SessionRef): string {
  const title = namesOf(state, ref).session;
  if (getSession(state, ref) === undefined) {
    return vscode.l10n.t("The session that asked no longer exists.");
  }
  return vscode.l10n.t(
    "The request of “{0}” was already answered elsewhere, or its turn has ended.",
    title,
  );
}

/** Checks that the request is still waiting; throws the reason if not. */
function assertWaiting({ store }: CommandContext, { ref, request }: Pending): void {
  if (findRequest(store.state, ref, request.id) === undefined) {
    throw new Refusal(whySettled(store.state, ref));
  }
}

/**
 * Sends an answer. Checks the request once more first: a server accepts answers for sessions that are gone,
 * and acts on them (OpenCode 1, observed). If it was settled elsewhere, says so and re-reads the server, so
 * that the list is correct again.
 */
export async function sendAnswer(
  context: CommandContext,
  pending: Pending,
  send: (gateway: Gateway) => Promise<Result<undefined>>,
): Promise<void> {
  assertWaiting(context, pending);
  const { serverID } = pending.ref;
  const server = getServer(context.store.state, serverID);
  const gateway = context.servers.gateway(serverID);
  if (server?.connection.kind !== "connected" || gateway === undefined) {
    throw new Refusal(
      vscode.l10n.t("The answer was not sent: the server “{0}” is not connected.", serverID),
    );
  }
  const result = await send(gateway);
  if (!result.ok && result.error.reason === "notFound") {
    void context.servers.refresh();
    throw new Refusal(whySettled(context.store.state, pending.ref));
  }
  valueOf(result);
  context.activeSession.pick(rootOf(context.store.state, pending.ref));
  const { sessionID } = pending.ref;
  context.log.info("commands", `answered a request of ${sessionKey(serverID, sessionID)}`);
}
