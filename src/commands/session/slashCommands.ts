import * as vscode from "vscode";

import { sessionModel } from "../../core/state/lookup.ts";
import { showStatus } from "../../platform/messages.ts";
import { capabilityRefusal, whyOutOfReach } from "../../viewModels/documents/readiness.ts";
import { cleanTitle } from "../../viewModels/text/format.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import { choose, enterText } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";
import { modelFor } from "../pickModel.ts";
import { gatewayOf, sessionTarget } from "../target.ts";

/** Makes the agent examine the project and write its AGENTS.md. */
export async function initSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Generate AGENTS.md"));
  refuseFor(capabilityRefusal(target.server, "init"));
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const own = sessionModel(context.store.state, target.ref);
  const model = await modelFor(
    target,
    gateway,
    own,
    vscode.l10n.t("Which model should write AGENTS.md?"),
  );
  showStatus(vscode.l10n.t("Generating AGENTS.md…"), 5000);
  answerAbout(context, target, await gateway.init(target.session, model));
}

/** Lets the user pick one of the server's slash commands and runs it in a session, after the running turn. */
export async function runSlashCommand(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(
    context,
    argument,
    vscode.l10n.t("Run Slash Command in Session"),
  );
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  const gateway = gatewayOf(context, target.server);
  const commands = valueOf(await gateway.slashCommands(target.session.directory));
  if (commands.length === 0) throw new Refusal(vscode.l10n.t("The server has no commands."));
  const items = commands.map(({ name, description }) => ({
    label: `/${cleanTitle(name)}`,
    detail: cleanTitle(description, 200),
    name,
  }));
  const picked = await choose(items, {
    title: vscode.l10n.t("Run Slash Command in “{0}”", target.title),
    matchOnDetail: true,
  });
  const commandArguments = await enterText({
    title: picked.label,
    prompt: vscode.l10n.t("Arguments (optional)"),
  });
  // The state may have changed while the user was typing.
  refuseFor(whyOutOfReach(context.store.state, target.ref));
  showStatus(vscode.l10n.t("Running {0}…", picked.label), 5000);
  answerAbout(
    context,
    target,
    await gateway.runCommand(target.session, picked.name, { text: commandArguments.trim() }),
  );
}
