import * as vscode from "vscode";

import type { PermissionReply } from "../core/request.ts";
import { REQUEST_SCHEME } from "../platform/ids.ts";
import { alwaysText } from "../viewModels/requestText.ts";
import { answerRequest } from "./answerRequest.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { pendingTarget } from "./pendingRequest.ts";

/*
 * The buttons of the editor that shows what a permission is about. Its address names the request.
 */

export async function allowOnce(context: CommandContext, argument: unknown): Promise<void> {
  await answer(context, argument, "once");
}

/** Says which patterns it would cover, and asks: an editor's button has no room for that. */
export async function alwaysAllow(context: CommandContext, argument: unknown): Promise<void> {
  const pending = await pendingTarget(context, requestOf(argument));
  if (pending?.request.kind !== "permission") return;
  const covered = alwaysText(pending.request);
  if (covered === undefined) {
    throw new Refusal(vscode.l10n.t("This can only be allowed once: the server offers no more."));
  }
  const always = vscode.l10n.t("Always Allow");
  const choice = await vscode.window.showInformationMessage(
    vscode.l10n.t("Allow this always?"),
    { modal: true, detail: covered },
    always,
  );
  if (choice === always) await answer(context, argument, "always");
}

export async function rejectRequest(context: CommandContext, argument: unknown): Promise<void> {
  await answer(context, argument, "reject");
}

async function answer(
  context: CommandContext,
  argument: unknown,
  reply: PermissionReply,
): Promise<void> {
  await answerRequest(context, { ...requestOf(argument), reply });
}

/** The request an editor shows: the one the button belongs to, else the active one. */
function requestOf(argument: unknown): {
  readonly serverID: string;
  readonly sessionID: string;
  readonly requestID: string;
} {
  const uri =
    argument instanceof vscode.Uri ? argument : vscode.window.activeTextEditor?.document.uri;
  const query = new URLSearchParams(uri?.scheme === REQUEST_SCHEME ? uri.query : "");
  const serverID = query.get("serverID");
  const sessionID = query.get("sessionID");
  const requestID = query.get("request");
  if (serverID === null || sessionID === null || requestID === null) {
    throw new Refusal(vscode.l10n.t("This editor shows no request."));
  }
  return { serverID, sessionID, requestID };
}
