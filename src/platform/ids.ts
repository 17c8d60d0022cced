/**
 * Every name this extension shares with its manifest, once. `test/unit/manifest.test.ts` compares the
 * lists with package.json both ways, so a name that is missing on either side fails there.
 *
 * The room `platform/` is a thin typed shell over the VS Code API: it decides nothing.
 */

/** The extension itself, as VS Code knows it: publisher and name of the manifest. */
export const EXTENSION_ID = "opencode-sessions.opencode-sessions";

/** Prefix of every id; `opencode.*` belongs to others. */
export const PREFIX = "opencodeSessions";

export const COMMAND_IDS = [
  "opencodeSessions.compactSession",
  "opencodeSessions.switchSession",
  "opencodeSessions.activateSession",
  "opencodeSessions.openBreakdown",
  "opencodeSessions.openUsage",
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
  "opencodeSessions.checkServerCompatibility",
  "opencodeSessions.addSessionStatus",
  "opencodeSessions.removeSessionStatus",
  "opencodeSessions.startManagedServer",
  "opencodeSessions.stopManagedServer",
  "opencodeSessions.startService",
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
  "opencodeSessions.newSession",
  "opencodeSessions.promptSession",
  "opencodeSessions.sendPrompt",
  "opencodeSessions.choosePromptAgent",
  "opencodeSessions.choosePromptModel",
  "opencodeSessions.stopSession",
  "opencodeSessions.stopSessionTree",
  "opencodeSessions.renameSession",
  "opencodeSessions.forkSession",
  "opencodeSessions.shareSession",
  "opencodeSessions.unshareSession",
  "opencodeSessions.copyShareLink",
  "opencodeSessions.revertSession",
  "opencodeSessions.unrevertSession",
  "opencodeSessions.initSession",
  "opencodeSessions.runSlashCommand",
  "opencodeSessions.archiveSession",
  "opencodeSessions.unarchiveSession",
  "opencodeSessions.pinSession",
  "opencodeSessions.unpinSession",
  "opencodeSessions.deleteSession",
  "opencodeSessions.cleanUpSessions",
  "opencodeSessions.exportUsage",
  "opencodeSessions.checkHealth",
  "opencodeSessions.backUpDatabase",
  "opencodeSessions.refreshUsage",
  "opencodeSessions.snoozeBudgets",
  "opencodeSessions.openTranscript",
  "opencodeSessions.nextMessage",
  "opencodeSessions.previousMessage",
  "opencodeSessions.readSummary",
  "opencodeSessions.showFiles",
  "opencodeSessions.hideFiles",
  "opencodeSessions.openFileDiff",
  "opencodeSessions.openAllDiffs",
  "opencodeSessions.openTodo",
  "opencodeSessions.goToRoot",
  "opencodeSessions.goToNextSibling",
  "opencodeSessions.goToPreviousSibling",
  "opencodeSessions.revealSession",
  "opencodeSessions.answerRequest",
  "opencodeSessions.nextAttention",
  "opencodeSessions.previousAttention",
  "opencodeSessions.dismissAttention",
  "opencodeSessions.dismissAllAttention",
  "opencodeSessions.allowOnce",
  "opencodeSessions.alwaysAllow",
  "opencodeSessions.rejectRequest",
  "opencodeSessions.addCluster",
  "opencodeSessions.removeCluster",
  "opencodeSessions.createTask",
  "opencodeSessions.createTaskFromFile",
  "opencodeSessions.stopTask",
  "opencodeSessions.followLog",
  "opencodeSessions.openTaskSession",
  "opencodeSessions.suspendClusterObject",
  "opencodeSessions.resumeClusterObject",
  "opencodeSessions.forwardAgentPort",
  "opencodeSessions.triggerCronTask",
  "opencodeSessions.deleteClusterObject",
  "opencodeSessions.copyKubectlCommand",
  "opencodeSessions.showMissingRole",
] as const;

export type CommandID = (typeof COMMAND_IDS)[number];

export const VIEW_CONTAINER_ID = "opencodeSessions";
export const SESSIONS_VIEW_ID = "opencodeSessions.sessions";
/** The view of what waits for a person. */
export const ATTENTION_VIEW_ID = "opencodeSessions.attention";
/** Type of the breakdown's webview panel, which its serializer is registered for. */
export const BREAKDOWN_PANEL_TYPE = "opencodeSessions.breakdown";
/** The view of what was used, a webview. */
export const USAGE_VIEW_ID = "opencodeSessions.usage";
/** Type of the usage panel, which its serializer is registered for. */
export const USAGE_PANEL_TYPE = "opencodeSessions.usagePanel";
/** The view that lists the files a session changed; there only while somebody looks at one. */
export const FILES_VIEW_ID = "opencodeSessions.files";
/** URI scheme of transcripts. */
export const SESSION_SCHEME = "opencode-session";
/** URI scheme of the other read-only documents of a session: its to-do list, texts of changed files. */
export const SESSION_TEXT_SCHEME = "opencode-session-text";
/** URI scheme of prompts that are being written. */
export const PROMPT_SCHEME = "opencode-prompt";
/** URI scheme of the read-only documents that show a compaction's summary. */
export const SUMMARY_SCHEME = "opencode-sessions-summary";
/** URI scheme of the read-only documents that show what a request is about. */
export const REQUEST_SCHEME = "opencode-sessions-request";

/** Settings, without the prefix. */
export const SETTING_KEYS = [
  "servers",
  "opencodePath",
  "localDiscovery.enabled",
  "managedServer.autoStart",
  "followInTui",
  "compact.confirm",
  "notifications",
  "autoCompact.mode",
  "autoCompact.threshold",
  "autoCompact.overrides",
  "usage.prices",
  "usage.currency",
  "usage.currencyRate",
  "budgets.limits",
  "budgets.counts",
  "budgets.stopAutomatically",
  "kubernetes.clusters",
  "kubernetes.kubeconfig",
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
  readonly "opencodeSessions.hasClusters": boolean;
  readonly "opencodeSessions.hasActiveSession": boolean;
  readonly "opencodeSessions.managedServer": "stopped" | "starting" | "running";
  readonly "opencodeSessions.scope": "workspace" | "all";
  readonly "opencodeSessions.showsArchived": boolean;
  readonly "opencodeSessions.isFiltered": boolean;
  /** Something waits for a person, on any server. */
  readonly "opencodeSessions.needsAttention": boolean;
  /** Among it something that can be dismissed. */
  readonly "opencodeSessions.hasDismissable": boolean;
  /** The view of a session's changed files is wanted. */
  readonly "opencodeSessions.showsFiles": boolean;
}

export type ContextKey = keyof ContextKeyValues;

/** The same keys as a list; a key missing here does not compile. */
export const CONTEXT_KEYS = Object.keys({
  "opencodeSessions.viewState": true,
  "opencodeSessions.hasServers": true,
  "opencodeSessions.hasSessions": true,
  "opencodeSessions.hasClusters": true,
  "opencodeSessions.hasActiveSession": true,
  "opencodeSessions.managedServer": true,
  "opencodeSessions.scope": true,
  "opencodeSessions.showsArchived": true,
  "opencodeSessions.isFiltered": true,
  "opencodeSessions.needsAttention": true,
  "opencodeSessions.hasDismissable": true,
  "opencodeSessions.showsFiles": true,
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
  /** A session where something below it, or itself, waits for an answer. */
  "waiting",
  /** In the view of what waits: a request; and what can be dismissed. */
  "asks",
  "news",
  /** A server found by the setting, which can be edited and removed. */
  "settings",
  "local",
  "managed",
  "connected",
  /** Of a session: what is so about it, beside what it does. */
  "busy",
  "parent",
  "archived",
  "shared",
  "reverted",
  "pinned",
  /** In the view of changed files: the session or a turn of it. */
  "scope",
  "lost",
  "unauthorized",
  /** In clusters: what a row stands for, and what is so about it. */
  "namespace",
  "agent",
  "task",
  "cronTask",
  "suspended",
  "awake",
  "going",
  "over",
  "pod",
  "hasSession",
  "denied",
  /** What the cluster has said may be done. */
  "mayCreate",
  "mayPatch",
  "mayDelete",
  "mayLog",
  "mayForward",
] as const;
