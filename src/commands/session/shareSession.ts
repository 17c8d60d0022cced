import * as vscode from "vscode";

import { showStatus } from "../../platform/messages.ts";
import { capabilityRefusal, whyOutOfReach } from "../../viewModels/documents/readiness.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import { confirm } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { gatewayOf, sessionTarget } from "../target.ts";

/** Makes a session readable for everyone who has its link, and copies the link. */
export async function shareSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Share Session"));
  refuseFor(capabilityRefusal(target.server, "share"));
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  if (target.session.shareURL !== undefined) {
    await copy(target.session.shareURL);
    return;
  }
  await confirm(
    vscode.l10n.t("Share “{0}”?", target.title),
    vscode.l10n.t(
      "Its messages, including everything tools read and wrote, are uploaded to OpenCode's service, now and as it continues. Anyone with the link can read them.",
    ),
    vscode.l10n.t("Share"),
  );
  const gateway = gatewayOf(context, target.server);
  await copy(answerAbout(context, target, await gateway.share(target.session)));
}

/** Stops sharing a session. */
export async function unshareSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Stop Sharing Session"));
  refuseFor(capabilityRefusal(target.server, "share"));
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  answerAbout(context, target, await gateway.unshare(target.session));
  showStatus(vscode.l10n.t("The link no longer works."), 5000);
}

/** Copies the link of a shared session. */
export async function copyShareLink(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Copy Session Share Link"));
  const { shareURL } = target.session;
  if (shareURL === undefined) {
    throw new Refusal(vscode.l10n.t("“{0}” is not shared.", target.title));
  }
  await copy(shareURL);
}

async function copy(url: string): Promise<void> {
  await vscode.env.clipboard.writeText(url);
  showStatus(vscode.l10n.t("Copied {0}", url), 5000);
}
