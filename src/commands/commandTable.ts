import type { CommandID } from "../platform/ids.ts";
import { activateSession } from "./activateSession.ts";
import { addServer } from "./addServer.ts";
import { answerRequest } from "./answerRequest.ts";
import {
  dismissAllAttention,
  dismissAttention,
  nextAttention,
  previousAttention,
} from "./attentionSteps.ts";
import { checkServerCompatibility } from "./checkServerCompatibility.ts";
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
import { reconnectServer } from "./reconnectServer.ts";
import { refresh } from "./refresh.ts";
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

/** What runs for a command. `argument`: the row it was asked on, a session's ref, or nothing. */
export type Command = (context: CommandContext, argument: unknown) => void | Promise<void>;

/** Every command there is. One that is missing does not compile. */
export const COMMANDS: Readonly<Record<CommandID, Command>> = {
  "opencodeSessions.compactSession": compactSession,
  "opencodeSessions.switchSession": switchSession,
  "opencodeSessions.activateSession": activateSession,
  "opencodeSessions.openBreakdown": openBreakdown,
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
  "opencodeSessions.startManagedServer": startManagedServer,
  "opencodeSessions.stopManagedServer": stopManagedServer,
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
};
