import * as vscode from "vscode";

import { reachProgramUnchanged } from "../../core/shellArguments.ts";
import { agentOfServerID } from "../../core/state/cluster.ts";
import type { ServerState } from "../../core/state/state.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";
import { gatewayOf, sessionTarget } from "../target.ts";

/**
 * Opens the session in its own terminal, attached to its server. The password is passed in the terminal's
 * environment, so that no process list shows it.
 */
export async function openInTerminal(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Open Session in Terminal"));
  const { ref, server, session, title } = target;
  const gateway = gatewayOf(context, server);
  const { args } = gateway.attachCommand(session, server.endpoint.url);
  if (!reachProgramUnchanged(args, process.platform)) {
    throw new Refusal(
      vscode.l10n.t("The name of this session's folder cannot be passed to a program on Windows."),
    );
  }
  await context.terminals.show(ref, async () => {
    const { url, password, close } = await addressFor(context, server);
    const attach = gateway.attachCommand(session, url);
    const cwd = await existingFolder(attach.cwd);
    const options = {
      name: title,
      iconPath: new vscode.ThemeIcon("comment-discussion"),
      shellPath:
        attach.program === "opencode" ? context.configuration.read().opencodePath : attach.program,
      shellArgs: [...attach.args],
      env: password === undefined ? {} : { [attach.passwordVariable]: password },
      // Not restored after a reload: the server's address and password would be stale.
      isTransient: true,
      ...(cwd === undefined ? {} : { cwd }),
    };
    return { options, ...(close === undefined ? {} : { closed: close }) };
  });
}

interface Address {
  readonly url: string;
  readonly password: string | undefined;
  readonly close?: () => void;
}

/**
 * The address at which local programs reach a server. For an agent that only this process can reach, opens a
 * port that is protected by a password and closed with the terminal.
 */
async function addressFor(context: CommandContext, { endpoint }: ServerState): Promise<Address> {
  const { serverID, url, isTunnel } = endpoint;
  const agent = isTunnel === true ? agentOfServerID(serverID) : undefined;
  if (agent === undefined) return { url, password: await context.servers.passwordOf(endpoint) };
  const clusters = await context.clusters.gateway();
  const port = valueOf(await clusters.attach(agent));
  return {
    url: port.url,
    password: port.password,
    close: () => {
      void clusters.closeForward(port.url);
    },
  };
}

/** The session's directory if it exists on this machine; a terminal cannot start anywhere else. */
async function existingFolder(path: string): Promise<vscode.Uri | undefined> {
  const uri = vscode.Uri.file(path);
  try {
    const { type } = await vscode.workspace.fs.stat(uri);
    return (type & vscode.FileType.Directory) === 0 ? undefined : uri;
  } catch {
    return undefined;
  }
}
