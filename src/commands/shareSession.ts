import * as vscode from "vscode";

import { capabilityRefusal, whyOutOfReach } from "../viewModels/readiness.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { gatewayOf, sessionTarget } from "./target.ts";

/** Makes a session readable for everybody who has its link, and copies that. */
export async function shareSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Share Session"));
  if (target === undefined) return;
  refuseFor(capabilityRefusal(target.server, "share"));
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  if (target.session.shareURL !== undefined) {
    await copy(target.session.shareURL);
    return;
  }
  const share = vscode.l10n.t("Share");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t("Share “{0}”?", target.title),
    {
      modal: true,
      detail: vscode.l10n.t(
        "Its messages, with all that tools have read and written, are uploaded to OpenCode's service, now and as it goes on. Whoever has the link can read them.",
      ),
    },
    share,
  );
  if (answer !== share) return;
  const gateway = gatewayOf(context, target.server);
  await copy(answerAbout(context, target, await gateway.share(target.session)));
}

/** Takes a shared session back. */
export async function unshareSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Stop Sharing"));
  if (target === undefined) return;
  refuseFor(capabilityRefusal(target.server, "share"));
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  answerAbout(context, target, await gateway.unshare(target.session));
  vscode.window.setStatusBarMessage(vscode.l10n.t("The link no longer works."), 5000);
}

/** Copies the link of a shared session. */
export async function copyShareLink(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Copy Share Link"));
  if (target === undefined) return;
  const { shareURL } = target.session;
  if (shareURL === undefined) {
    throw new Refusal(vscode.l10n.t("“{0}” is not shared.", target.title));
  }
  await copy(shareURL);
}

async function copy(url: string): Promise<void> {
  await vscode.env.clipboard.writeText(url);
  vscode.window.setStatusBarMessage(vscode.l10n.t("Copied {0}", url), 5000);
}
