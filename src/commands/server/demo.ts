import * as vscode from "vscode";

import { DEMO_STORIES } from "../../core/demoScript.ts";
import { ServerError } from "../../core/errors.ts";
import { getServer } from "../../core/state/lookup.ts";
import { PREFIX } from "../../platform/ids.ts";
import { showWarning } from "../../platform/messages.ts";
import { openSetting } from "../../platform/openSetting.ts";
import type { CommandContext } from "../commandContext.ts";
import { expectTrust, Refusal, valueOf } from "../failure.ts";
import { untilState } from "../../core/state/untilState.ts";
import { withProgress } from "../withProgress.ts";

/** How long the demo's server may take to connect. */
const CONNECT_MS = 20_000;

/** Starts the demo and its sessions; explains how to install OpenCode if it is missing. */
export async function startDemo(context: CommandContext): Promise<void> {
  expectTrust(vscode.l10n.t("The demo starts a program, so trust this workspace first."));
  const title = vscode.l10n.t("Starting the demo…");
  const started = await withProgress(title, (signal) => context.demo.start(signal));
  if (!started.ok && ServerError.is(started.error, "notFound")) return explainInstall();
  const { serverID, directory } = valueOf(started);
  const connection = () => getServer(context.store.state, serverID)?.connection.kind;
  await untilState(context.store, () => connection() === "connected", { limitMs: CONNECT_MS });
  const server = getServer(context.store.state, serverID);
  const gateway = context.servers.gateway(serverID);
  if (server === undefined || gateway === undefined) {
    throw new Refusal(vscode.l10n.t("The demo started, but connecting to it failed."));
  }
  if (server.sessions.size > 0) return;
  for (const { title: name, prompt } of DEMO_STORIES) {
    const session = valueOf(await gateway.createSession({ directory, title: name }));
    valueOf(await gateway.prompt(session, { text: prompt }));
  }
  await vscode.commands.executeCommand(`${PREFIX}.sessions.focus`);
}

/** Ends the demo and removes everything it has written. */
export async function stopDemo({ demo }: CommandContext): Promise<void> {
  await withProgress(vscode.l10n.t("Stopping the demo…"), () => demo.stop());
}

/** Opens OpenCode's installation page. */
export async function installProgram(): Promise<void> {
  await vscode.env.openExternal(vscode.Uri.parse("https://opencode.ai/docs/#install"));
}

/** Opens the setting that names the OpenCode program. */
export async function setProgramPath(): Promise<void> {
  await openSetting("opencodePath");
}

async function explainInstall(): Promise<void> {
  const install = vscode.l10n.t("How to Install");
  const setPath = vscode.l10n.t("Set Path…");
  const answer = await showWarning(
    vscode.l10n.t(
      "The demo needs OpenCode, which was not found on this machine. It is free, and the demo needs no account.",
    ),
    install,
    setPath,
  );
  if (answer === install) await installProgram();
  if (answer === setPath) await setProgramPath();
}
