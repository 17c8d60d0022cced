/**
 * Names shared with the hand-written part of the manifest; `test/unit/manifest.test.ts` compares them. The rest of
 * the manifest is generated from the tables of commands and settings.
 *
 * The room `platform/` is a thin typed wrapper around the VS Code API, without any logic of its own.
 */

/** The extension's ID in VS Code: publisher and name from the manifest. */
export const EXTENSION_ID = "opencode-sessions.opencode-sessions";

/** Prefix of all IDs; `opencode.*` belongs to other extensions. */
export const PREFIX = "opencodeSessions";

export { COMMAND_IDS, type CommandID } from "./commandIDs.ts";

export const SESSIONS_VIEW_ID = "opencodeSessions.sessions";
/** The view of what needs the user's attention. */
export const ATTENTION_VIEW_ID = "opencodeSessions.attention";
/** The active session's page in the side bar, a webview. */
export const SESSION_VIEW_ID = "opencodeSessions.session";
/** Type of the webview panel of a session's page, also used by its serializer. The name is historical. */
export const SESSION_PANEL_TYPE = "opencodeSessions.breakdown";
/** The usage view, a webview. */
export const USAGE_VIEW_ID = "opencodeSessions.usage";
/** Type of the usage panel, also used by its serializer. */
export const USAGE_PANEL_TYPE = "opencodeSessions.usagePanel";
/** URI scheme of transcripts. */
export const SESSION_SCHEME = "opencode-session";
/** URI scheme of a session's other read-only documents: its to-do list, contents of changed files. */
export const SESSION_TEXT_SCHEME = "opencode-session-text";

/**
 * Context keys for `when` clauses and their possible values. `viewState` is the reason why the tree is empty, so
 * that the welcome view can show it.
 */
export interface ContextKeyValues {
  readonly "opencodeSessions.viewState": string;
  readonly "opencodeSessions.hasServers": boolean;
  readonly "opencodeSessions.hasSessions": boolean;
  readonly "opencodeSessions.hasClusters": boolean;
  readonly "opencodeSessions.hasActiveSession": boolean;
  /** At least one server still supports sharing sessions. */
  readonly "opencodeSessions.canShare": boolean;
  readonly "opencodeSessions.managedServer": "stopped" | "starting" | "running";
  /** Whether the OpenCode program is installed on this machine. */
  readonly "opencodeSessions.program": "found" | "missing";
  readonly "opencodeSessions.demo": "stopped" | "running";
  readonly "opencodeSessions.scope": "workspace" | "all";
  readonly "opencodeSessions.showsArchived": boolean;
  readonly "opencodeSessions.isFiltered": boolean;
  /** Something needs the user's attention, on any server. */
  readonly "opencodeSessions.needsAttention": boolean;
  /** Some of it can be dismissed. */
  readonly "opencodeSessions.hasDismissable": boolean;
}

export type ContextKey = keyof ContextKeyValues;
