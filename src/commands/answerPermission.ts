import * as vscode from "vscode";

import type { PermissionReply, PermissionRequest } from "../core/request.ts";
import { namesOf } from "../viewModels/attentionRow.ts";
import {
  alwaysText,
  fitsMessageBox,
  permissionDetails,
  requestHeadline,
} from "../viewModels/requestText.ts";
import type { CommandContext } from "./commandContext.ts";
import { assertWaiting, type Pending, sendAnswer } from "./pendingRequest.ts";

type PendingPermission = Pending & { readonly request: PermissionRequest };

/**
 * Shows what a session wants to do, in full, and asks: once, always or not. Short things stand in a message
 * box; a diff, or what is too long for one, is opened in an editor and stays in sight while it is decided.
 */
export async function answerPermission(
  context: CommandContext,
  pending: PendingPermission,
): Promise<void> {
  const reply = fitsMessageBox(pending.request)
    ? await askInBox(context, pending)
    : await askBesideDocument(context, pending);
  if (reply !== undefined) await sendPermissionAnswer(context, pending, reply);
}

/** Sends an answer; a rejection asks for its reason first, which the model is told. */
export async function sendPermissionAnswer(
  context: CommandContext,
  pending: PendingPermission,
  reply: PermissionReply,
): Promise<void> {
  const { request } = pending;
  assertWaiting(context, pending);
  let reason: string | undefined;
  if (reply === "reject") {
    const typed = await vscode.window.showInputBox({
      title: vscode.l10n.t("Reject: {0}", requestHeadline(request)),
      prompt: vscode.l10n.t("What shall the session do instead? Without a reason its turn ends."),
      placeHolder: vscode.l10n.t("Reason (optional)"),
      ignoreFocusOut: true,
    });
    if (typed === undefined) return;
    reason = typed.trim() === "" ? undefined : typed;
  }
  await sendAnswer(context, pending, (gateway) => gateway.replyPermission(request, reply, reason));
  const told = {
    once: vscode.l10n.t("Allowed once: {0}", requestHeadline(request)),
    always: vscode.l10n.t("Allowed always: {0}", request.always.join(", ")),
    reject: vscode.l10n.t("Rejected: {0}", requestHeadline(request)),
  };
  vscode.window.setStatusBarMessage(told[reply], 4_000);
}

async function askInBox(
  { store }: CommandContext,
  { ref, request }: PendingPermission,
): Promise<PermissionReply | undefined> {
  const once = vscode.l10n.t("Allow Once");
  const always = vscode.l10n.t("Always Allow");
  const reject = vscode.l10n.t("Reject…");
  const answer = await vscode.window.showInformationMessage(
    question(store.state, ref),
    { modal: true, detail: permissionDetails(request) },
    once,
    ...(request.always.length === 0 ? [] : [always]),
    reject,
  );
  if (answer === once) return "once";
  if (answer === always) return "always";
  return answer === reject ? "reject" : undefined;
}

interface ReplyItem extends vscode.QuickPickItem {
  readonly reply: PermissionReply;
}

/**
 * Opens the document, which has the answers as buttons of its editor, and offers them at once. Whoever reads
 * on first, which takes the offer away, decides by the buttons.
 */
async function askBesideDocument(
  { store, documents }: CommandContext,
  { ref, request }: PendingPermission,
): Promise<PermissionReply | undefined> {
  await documents.openRequest(ref, request);
  const always = alwaysText(request);
  const items: ReplyItem[] = [
    { label: vscode.l10n.t("$(check) Allow Once"), reply: "once" },
    ...(always === undefined
      ? []
      : [
          {
            label: vscode.l10n.t("$(check-all) Always Allow"),
            detail: always,
            reply: "always",
          } as const,
        ]),
    { label: vscode.l10n.t("$(circle-slash) Reject…"), reply: "reject" },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title: question(store.state, ref),
    placeHolder: vscode.l10n.t(
      "{0}. To read on, click into the editor: its buttons at the top decide, too.",
      requestHeadline(request),
    ),
  });
  return picked?.reply;
}

function question(state: CommandContext["store"]["state"], ref: Pending["ref"]): string {
  const { session, root, server } = namesOf(state, ref);
  return root === undefined
    ? vscode.l10n.t("“{0}” on {1} asks for permission.", session, server)
    : vscode.l10n.t("“{0}” in “{1}” on {2} asks for permission.", session, root, server);
}
