import * as vscode from "vscode";

import { sessionModel } from "../core/lookup.ts";
import { capabilityRefusal, whyOutOfReach } from "../viewModels/readiness.ts";
import { cleanTitle } from "../viewModels/format.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal, valueOf } from "./failure.ts";
import { modelFor } from "./pickModel.ts";
import { gatewayOf, sessionTarget } from "./target.ts";

/** Lets the agent look at the project and write its AGENTS.md. */
export async function initSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Write AGENTS.md"));
  if (target === undefined) return;
  refuseFor(capabilityRefusal(target.server, "init"));
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const own = sessionModel(context.store.state, target.ref);
  const model = await modelFor(
    target,
    gateway,
    own,
    vscode.l10n.t("Which model shall write AGENTS.md?"),
  );
  if (model === undefined) return;
  vscode.window.setStatusBarMessage(vscode.l10n.t("Writing AGENTS.md…"), 5000);
  answerAbout(context, target, await gateway.init(target.session, model));
}

/** Lets a person pick one of the server's slash commands and runs it in a session, after the turn that runs. */
export async function runSlashCommand(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Run a Command"));
  if (target === undefined) return;
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const commands = valueOf(await gateway.slashCommands(target.session.directory));
  if (commands.length === 0) throw new Refusal(vscode.l10n.t("The server has no commands."));
  const items = commands.map(({ name, description }) => ({
    label: `/${cleanTitle(name)}`,
    detail: cleanTitle(description, 200),
    name,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t("Run a Command in “{0}”", target.title),
    matchOnDetail: true,
  });
  if (picked === undefined) return;
  const commandArguments = await vscode.window.showInputBox({
    title: picked.label,
    prompt: vscode.l10n.t("Arguments; may stay empty"),
  });
  if (commandArguments === undefined) return;
  // Time has passed while a person was typing.
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  vscode.window.setStatusBarMessage(vscode.l10n.t("Running {0}…", picked.label), 5000);
  answerAbout(
    context,
    target,
    await gateway.runCommand(target.session, picked.name, commandArguments.trim()),
  );
}
