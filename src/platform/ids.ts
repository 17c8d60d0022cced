/**
 * Names this extension shares with the part of its manifest that is written by hand; `test/unit/manifest.test.ts`
 * compares them. Commands and settings have tables, which the rest of the manifest is generated from.
 *
 * The room `platform/` is a thin typed shell over the VS Code API: it decides nothing.
 */

/** The extension itself, as VS Code knows it: publisher and name of the manifest. */
export const EXTENSION_ID = "opencode-sessions.opencode-sessions";

/** Prefix of every id; `opencode.*` belongs to others. */
export const PREFIX = "opencodeSessions";

export { COMMAND_IDS, type CommandID } from "./commandIDs.ts";

export const VIEW_CONTAINER_ID = "opencodeSessions";
export const SESSIONS_VIEW_ID = "opencodeSessions.sessions";
/** The view of what waits for a person. */
export const ATTENTION_VIEW_ID = "opencodeSessions.attention";
/** The page of the active session in the side bar, a webview. */
export const SESSION_VIEW_ID = "opencodeSessions.session";
/** Type of the webview panel of a session's page, which its serializer is registered for; a name from its first version. */
export const SESSION_PANEL_TYPE = "opencodeSessions.breakdown";
/** The view of what was used, a webview. */
export const USAGE_VIEW_ID = "opencodeSessions.usage";
/** Type of the usage panel, which its serializer is registered for. */
export const USAGE_PANEL_TYPE = "opencodeSessions.usagePanel";
/** URI scheme of transcripts. */
export const SESSION_SCHEME = "opencode-session";
/** URI scheme of the other read-only documents of a session: its to-do list, texts of changed files. */
export const SESSION_TEXT_SCHEME = "opencode-session-text";

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
  /** A server still has session sharing. */
  readonly "opencodeSessions.canShare": boolean;
  readonly "opencodeSessions.managedServer": "stopped" | "starting" | "running";
  /** Whether the OpenCode program is on this machine. */
  readonly "opencodeSessions.program": "found" | "missing";
  readonly "opencodeSessions.demo": "stopped" | "running";
  readonly "opencodeSessions.scope": "workspace" | "all";
  readonly "opencodeSessions.showsArchived": boolean;
  readonly "opencodeSessions.isFiltered": boolean;
  /** Something waits for a person, on any server. */
  readonly "opencodeSessions.needsAttention": boolean;
  /** Among it something that can be dismissed. */
  readonly "opencodeSessions.hasDismissable": boolean;
}

export type ContextKey = keyof ContextKeyValues;

/** The same keys as a list; a key missing here does not compile. */
export const CONTEXT_KEYS = Object.keys({
  "opencodeSessions.viewState": true,
  "opencodeSessions.hasServers": true,
  "opencodeSessions.hasSessions": true,
  "opencodeSessions.hasClusters": true,
  "opencodeSessions.hasActiveSession": true,
  "opencodeSessions.canShare": true,
  "opencodeSessions.managedServer": true,
  "opencodeSessions.program": true,
  "opencodeSessions.demo": true,
  "opencodeSessions.scope": true,
  "opencodeSessions.showsArchived": true,
  "opencodeSessions.isFiltered": true,
  "opencodeSessions.needsAttention": true,
  "opencodeSessions.hasDismissable": true,
} satisfies Record<ContextKey, true>);

/**
 * Words of a tree item's `contextValue`, separated by spaces; menus ask `viewItem =~ /\bword\b/`.
 * A row has one of `server`, `project`, `session`; the rest says what is so about it.
 */
export const ROW_WORDS = [
  "server",
  "project",
  "session",
  "child",
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
  "demo",
  "connected",
  /** Of a session: what is so about it, beside what it does. */
  "busy",
  /** A session below it runs or waits for an answer. */
  "busyBelow",
  /** Known to have used no tokens. */
  "empty",
  /** Its server has an address on this machine's network. */
  "address",
  "archived",
  "shared",
  "reverted",
  "pinned",
  /** A project whose directory is known. */
  "directory",
  /** In the view of changed files: the session or a turn of it. */
  "scope",
  "lost",
  "unauthorized",
  /** Of a server: plain HTTP to another machine, which nobody has allowed yet. */
  "unencrypted",
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
