import type { CommandID } from "../platform/ids.ts";
import { activateSession } from "./activateSession.ts";
import { addServer } from "./addServer.ts";
import { allowOnce, alwaysAllow, rejectRequest } from "./answerFromEditor.ts";
import { answerRequest } from "./answerRequest.ts";
import {
  dismissAllAttention,
  dismissAttention,
  nextAttention,
  previousAttention,
} from "./attentionSteps.ts";
import { checkServerCompatibility } from "./checkServerCompatibility.ts";
import type { CLUSTER_COMMANDS } from "./clusterCommands.ts";
import type { CommandContext } from "./commandContext.ts";
import { compactSession } from "./compactSession.ts";
import { copyServerURL } from "./copyServerURL.ts";
import { copySessionID } from "./copySessionID.ts";
import { editServer } from "./editServer.ts";
import { enterPassword } from "./enterPassword.ts";
import { filterSessions } from "./filterSessions.ts";
import { goToParent } from "./goToParent.ts";
import { openBreakdown } from "./openBreakdown.ts";
import { openInTerminal } from "./openInTerminal.ts";
import { openSettings } from "./openSettings.ts";
import { openUsage } from "./openUsage.ts";
import { reconnectServer } from "./reconnectServer.ts";
import { refresh } from "./refresh.ts";
import { refreshUsage } from "./refreshUsage.ts";
import { removeServer } from "./removeServer.ts";
import { revealActiveSession } from "./revealActiveSession.ts";
import { showLog } from "./showLog.ts";
import { sortSessions } from "./sortSessions.ts";
import { startManagedServer } from "./startManagedServer.ts";
import { stopManagedServer } from "./stopManagedServer.ts";
import { switchSession } from "./switchSession.ts";
import {
  clearFilter,
  hideArchived,
  showAllProjects,
  showArchived,
  showWorkspaceOnly,
} from "./treeToggles.ts";
import { archiveSession, unarchiveSession } from "./archiveSession.ts";
import { hideFiles, openAllDiffs, openFileDiff, showFiles } from "./changedFiles.ts";
import { deleteSession } from "./deleteSession.ts";
import { forkSession } from "./forkSession.ts";
import { goToNextSibling, goToPreviousSibling, goToRoot, revealSession } from "./goToRelative.ts";
import { newSession } from "./newSession.ts";
import { pinSession, unpinSession } from "./pinSession.ts";
import {
  choosePromptAgent,
  choosePromptModel,
  promptSession,
  sendPrompt,
} from "./promptSession.ts";
import {
  nextMessage,
  openTodo,
  openTranscript,
  previousMessage,
  readSummary,
} from "./readSession.ts";
import { renameSession } from "./renameSession.ts";
import { revertSession, unrevertSession } from "./revertSession.ts";
import { copyShareLink, shareSession, unshareSession } from "./shareSession.ts";
import { initSession, runSlashCommand } from "./slashCommands.ts";
import { startService } from "./startService.ts";
import { stopSession, stopSessionTree } from "./stopSession.ts";

/**
 * What runs for a command. `argument`: the row it was asked on, a session's ref, or nothing; `selected`: all rows that
 * are selected where it was asked, when that is one of several.
 */
export type Command = (
  context: CommandContext,
  argument: unknown,
  selected: unknown,
) => void | Promise<void>;

/** Commands for clusters are a bundle of their own. */
function inCluster(name: keyof typeof CLUSTER_COMMANDS): Command {
  return async (context, argument) =>
    (await import("./clusterCommands.ts")).CLUSTER_COMMANDS[name](context, argument);
}

/** Every command there is. One that is missing does not compile. */
export const COMMANDS: Readonly<Record<CommandID, Command>> = {
  "opencodeSessions.compactSession": compactSession,
  "opencodeSessions.switchSession": switchSession,
  "opencodeSessions.activateSession": activateSession,
  "opencodeSessions.openBreakdown": openBreakdown,
  "opencodeSessions.openUsage": openUsage,
  "opencodeSessions.openInTerminal": openInTerminal,
  "opencodeSessions.goToParent": goToParent,
  "opencodeSessions.revealActiveSession": revealActiveSession,
  "opencodeSessions.copySessionID": copySessionID,
  "opencodeSessions.copyServerURL": copyServerURL,
  "opencodeSessions.addServer": addServer,
  "opencodeSessions.editServer": editServer,
  "opencodeSessions.removeServer": removeServer,
  "opencodeSessions.enterPassword": enterPassword,
  "opencodeSessions.reconnectServer": reconnectServer,
  "opencodeSessions.checkServerCompatibility": checkServerCompatibility,
  "opencodeSessions.addSessionStatus": async (context, argument) =>
    (await import("./sessionStatusTools.ts")).addSessionStatus(context, argument),
  "opencodeSessions.removeSessionStatus": async (context, argument) =>
    (await import("./sessionStatusTools.ts")).removeSessionStatus(context, argument),
  "opencodeSessions.startManagedServer": startManagedServer,
  "opencodeSessions.stopManagedServer": stopManagedServer,
  "opencodeSessions.startService": startService,
  "opencodeSessions.refresh": refresh,
  "opencodeSessions.showAllProjects": showAllProjects,
  "opencodeSessions.showWorkspaceOnly": showWorkspaceOnly,
  "opencodeSessions.showArchived": showArchived,
  "opencodeSessions.hideArchived": hideArchived,
  "opencodeSessions.sortSessions": sortSessions,
  "opencodeSessions.filterSessions": filterSessions,
  "opencodeSessions.clearFilter": clearFilter,
  "opencodeSessions.showLog": showLog,
  "opencodeSessions.openSettings": openSettings,
  "opencodeSessions.answerRequest": answerRequest,
  "opencodeSessions.nextAttention": nextAttention,
  "opencodeSessions.previousAttention": previousAttention,
  "opencodeSessions.dismissAttention": dismissAttention,
  "opencodeSessions.dismissAllAttention": dismissAllAttention,
  "opencodeSessions.allowOnce": allowOnce,
  "opencodeSessions.alwaysAllow": alwaysAllow,
  "opencodeSessions.rejectRequest": rejectRequest,
  "opencodeSessions.newSession": newSession,
  "opencodeSessions.promptSession": promptSession,
  "opencodeSessions.sendPrompt": sendPrompt,
  "opencodeSessions.choosePromptAgent": choosePromptAgent,
  "opencodeSessions.choosePromptModel": choosePromptModel,
  "opencodeSessions.stopSession": stopSession,
  "opencodeSessions.stopSessionTree": stopSessionTree,
  "opencodeSessions.renameSession": renameSession,
  "opencodeSessions.forkSession": forkSession,
  "opencodeSessions.shareSession": shareSession,
  "opencodeSessions.unshareSession": unshareSession,
  "opencodeSessions.copyShareLink": copyShareLink,
  "opencodeSessions.revertSession": revertSession,
  "opencodeSessions.unrevertSession": unrevertSession,
  "opencodeSessions.initSession": initSession,
  "opencodeSessions.runSlashCommand": runSlashCommand,
  "opencodeSessions.archiveSession": archiveSession,
  "opencodeSessions.unarchiveSession": unarchiveSession,
  "opencodeSessions.pinSession": pinSession,
  "opencodeSessions.unpinSession": unpinSession,
  "opencodeSessions.deleteSession": deleteSession,
  // A bundle of its own: large, and seldom wanted.
  "opencodeSessions.cleanUpSessions": async (context) =>
    (await import("./cleanUpSessions.ts")).cleanUpSessions(context),
  "opencodeSessions.exportUsage": async (context) =>
    (await import("./exportUsage.ts")).exportUsage(context),
  "opencodeSessions.checkHealth": async (context) =>
    (await import("./checkHealth.ts")).checkHealth(context),
  "opencodeSessions.backUpDatabase": async (context) =>
    (await import("./backUpDatabase.ts")).backUpDatabase(context),
  "opencodeSessions.refreshUsage": refreshUsage,
  "opencodeSessions.snoozeBudgets": ({ usage }) => usage.snoozeBudgets(),
  "opencodeSessions.openTranscript": openTranscript,
  "opencodeSessions.nextMessage": nextMessage,
  "opencodeSessions.previousMessage": previousMessage,
  "opencodeSessions.readSummary": readSummary,
  "opencodeSessions.showFiles": showFiles,
  "opencodeSessions.hideFiles": hideFiles,
  "opencodeSessions.openFileDiff": openFileDiff,
  "opencodeSessions.openAllDiffs": openAllDiffs,
  "opencodeSessions.openTodo": openTodo,
  "opencodeSessions.goToRoot": goToRoot,
  "opencodeSessions.goToNextSibling": goToNextSibling,
  "opencodeSessions.goToPreviousSibling": goToPreviousSibling,
  "opencodeSessions.revealSession": revealSession,
  "opencodeSessions.addCluster": inCluster("addCluster"),
  "opencodeSessions.removeCluster": inCluster("removeCluster"),
  "opencodeSessions.createTask": inCluster("createTask"),
  "opencodeSessions.createTaskFromFile": inCluster("createTaskFromFile"),
  "opencodeSessions.stopTask": inCluster("stopTask"),
  "opencodeSessions.followLog": inCluster("followLog"),
  "opencodeSessions.openTaskSession": inCluster("openTaskSession"),
  "opencodeSessions.suspendClusterObject": inCluster("suspend"),
  "opencodeSessions.resumeClusterObject": inCluster("resume"),
  "opencodeSessions.forwardAgentPort": inCluster("forwardPort"),
  "opencodeSessions.triggerCronTask": inCluster("triggerCronTask"),
  "opencodeSessions.deleteClusterObject": inCluster("deleteObject"),
  "opencodeSessions.copyKubectlCommand": inCluster("copyKubectl"),
  "opencodeSessions.showMissingRole": inCluster("showMissingRole"),
};
