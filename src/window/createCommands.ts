import * as vscode from "vscode";

import { createSetup } from "../agents/openCodeSetup.ts";
import { sendAnswer } from "../commands/attention/answerRequest.ts";
import { openAgentRow } from "../commands/cluster/clusterCommands.ts";
import type { CommandContext } from "../commands/commandContext.ts";
import { registerCommands } from "../commands/registerCommands.ts";
import { sendPrompt } from "../commands/session/promptSession.ts";
import { TuiFollower } from "../commands/session/tuiFollower.ts";
import { reportFailure } from "../commands/reportFailure.ts";
import type { WindowServers } from "./createServers.ts";
import type { WindowState } from "./createState.ts";
import type { ViewActions, WindowViews } from "./createViews.ts";

/** What the user can request. */
export interface WindowCommands extends ViewActions {
  dispose(): void;
}

/** Registers the commands, with everything they have access to. */
export function createCommands(
  context: vscode.ExtensionContext,
  { store, configuration, passwords, activeSession, log }: WindowState,
  servers: WindowServers,
  views: WindowViews,
): WindowCommands {
  const commandContext: CommandContext = {
    store,
    ...servers.controls,
    ...views.controls,
    activeSession,
    usage: servers.usage,
    tuiFollower: new TuiFollower(configuration, (error) => {
      reportFailure(log, vscode.l10n.t("Following in the terminal"), error);
    }),
    configuration,
    passwords,
    agents: createSetup(context),
    log,
  };
  const registration = registerCommands(commandContext);
  return {
    openServer: (element, how) => {
      if (servers.loadedClusters() === undefined) return;
      openAgentRow(commandContext, element, how).catch((error: unknown) => {
        reportFailure(log, vscode.l10n.t("Open agent"), error);
      });
    },
    sendPrompt: (ref, input) => sendPrompt(commandContext, ref, input),
    sendAnswer: (...answer) => sendAnswer(commandContext, ...answer),
    dispose: () => {
      registration.dispose();
    },
  };
}
