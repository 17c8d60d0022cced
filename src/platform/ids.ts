/**
 * Every name this extension shares with its manifest, once. `test/unit/manifest.test.ts` compares the
 * lists with package.json both ways, so a name that is missing on either side fails there.
 *
 * The room `platform/` is a thin typed shell over the VS Code API: it decides nothing.
 */

/** Prefix of every id; `opencode.*` belongs to others. */
export const PREFIX = "opencodeSessions";

export const COMMAND_IDS = [
  "opencodeSessions.compactSession",
  "opencodeSessions.switchSession",
  "opencodeSessions.activateSession",
  "opencodeSessions.openBreakdown",
  "opencodeSessions.openInTerminal",
  "opencodeSessions.goToParent",
  "opencodeSessions.revealActiveSession",
  "opencodeSessions.copySessionID",
  "opencodeSessions.copyServerURL",
  "opencodeSessions.addServer",
  "opencodeSessions.editServer",
  "opencodeSessions.removeServer",
  "opencodeSessions.enterPassword",
  "opencodeSessions.reconnectServer",
  "opencodeSessions.startManagedServer",
  "opencodeSessions.stopManagedServer",
  "opencodeSessions.refresh",
  "opencodeSessions.showAllProjects",
  "opencodeSessions.showWorkspaceOnly",
  "opencodeSessions.showArchived",
  "opencodeSessions.hideArchived",
  "opencodeSessions.sortSessions",
  "opencodeSessions.filterSessions",
  "opencodeSessions.clearFilter",
  "opencodeSessions.showLog",
  "opencodeSessions.openSettings",
] as const;

export type CommandID = (typeof COMMAND_IDS)[number];

export const VIEW_CONTAINER_ID = "opencodeSessions";
export const SESSIONS_VIEW_ID = "opencodeSessions.sessions";
/** Type of the breakdown's webview panel, which its serializer is registered for. */
export const BREAKDOWN_PANEL_TYPE = "opencodeSessions.breakdown";
/** URI scheme of the read-only documents that show a compaction's summary. */
export const SUMMARY_SCHEME = "opencode-sessions-summary";

/** Settings, without the prefix. */
export const SETTING_KEYS = [
  "servers",
  "opencodePath",
  "localDiscovery.enabled",
  "managedServer.autoStart",
  "followInTui",
  "compact.confirm",
] as const;

export type SettingKey = (typeof SETTING_KEYS)[number];

/**
 * Context keys of `when` clauses with the values each may have. `viewState` says why the tree is empty,
 * so that the welcome text can say it too.
 */
export interface ContextKeyValues {
  readonly "opencodeSessions.viewState": string;
  readonly "opencodeSessions.hasServers": boolean;
  readonly "opencodeSessions.hasSessions": boolean;
  readonly "opencodeSessions.hasActiveSession": boolean;
  readonly "opencodeSessions.managedServer": "stopped" | "starting" | "running";
  readonly "opencodeSessions.scope": "workspace" | "all";
  readonly "opencodeSessions.showsArchived": boolean;
  readonly "opencodeSessions.isFiltered": boolean;
}

export type ContextKey = keyof ContextKeyValues;

/** The same keys as a list; a key missing here does not compile. */
export const CONTEXT_KEYS = Object.keys({
  "opencodeSessions.viewState": true,
  "opencodeSessions.hasServers": true,
  "opencodeSessions.hasSessions": true,
  "opencodeSessions.hasActiveSession": true,
  "opencodeSessions.managedServer": true,
  "opencodeSessions.scope": true,
  "opencodeSessions.showsArchived": true,
  "opencodeSessions.isFiltered": true,
} satisfies Record<ContextKey, true>);

/**
 * Words of a tree item's `contextValue`, separated by spaces; menus ask `viewItem =~ /\bword\b/`.
 * A row has one of `server`, `project`, `session`; the rest says what is so about it.
 */
export const ROW_WORDS = [
  "server",
  "project",
  "session",
  /** A session with a parent. */
  "child",
  /** The window's active session. */
  "active",
  /** Neither busy nor compacting nor queued: may be compacted. */
  "idle",
  /** A server found by the setting, which can be edited and removed. */
  "settings",
  "local",
  "managed",
  "connected",
  "lost",
  "unauthorized",
] as const;
