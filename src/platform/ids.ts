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

export const VIEW_CONTAINER_ID = "opencodeSessions";
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

/** The same keys as a list; a missing key is a compile error. */
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
 * Words in a tree item's `contextValue`, separated by spaces; menus test `viewItem =~ /\bword\b/`. A row has one
 * of `server`, `project`, `session`; the other words describe its state.
 */
export const ROW_WORDS = [
  "server",
  "project",
  "session",
  "child",
  "active",
  /** Not busy, not compacting and without queued prompts: may be compacted. */
  "idle",
  /** The session or one of its descendants is waiting for an answer. */
  "waiting",
  /** In the attention view: a request (`asks`), or an item that can be dismissed (`news`). */
  "asks",
  "news",
  /** A server from the settings, which can be edited and removed. */
  "settings",
  "local",
  "managed",
  "demo",
  "connected",
  /** Sessions: further properties. */
  "busy",
  /** A descendant is running or waiting for an answer. */
  "busyBelow",
  /** At rest, and known to have used no tokens. */
  "empty",
  /** Known to have no compaction, and no to-dos: without the word it may have some. */
  "uncompacted",
  "noTodos",
  /** Its server has an address on this machine's network. */
  "address",
  "archived",
  "shared",
  "reverted",
  "pinned",
  /** A project whose directory is known. */
  "directory",
  /** In the view of changed files: the session or one of its turns. */
  "scope",
  "lost",
  "unauthorized",
  /** A server on another machine over plain HTTP, which the user hasn't allowed yet. */
  "unencrypted",
  /** Clusters: the kind of row, and its state. */
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
  /** Permissions confirmed by the cluster. */
  "mayCreate",
  "mayPatch",
  "mayDelete",
  "mayLog",
  "mayForward",
] as const;
