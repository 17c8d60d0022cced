import type { ContextKey } from "../../src/platform/ids.ts";

/** All context keys; a missing key is a compile error. */
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
