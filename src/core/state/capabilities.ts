/**
 * What a server can do. What it cannot do is absent from menus, never emulated in silence.
 * Each name is also the context key suffix the menus use.
 */
export const CAPABILITIES = [
  /** Sessions can be put away. Taken back they are shown again, but not by every list of the server. */
  "archive",
  "todo",
  "followTui",
  "queuedPrompts",
  /** A prompt can be given to the running turn, which reads it before its next step. */
  "steer",
  "unread",
  "statistics",
  "deleteMessage",
  "share",
  "revert",
  "init",
  "replay",
  /** Compaction wants a model and waits for the running turn, swallowing queued prompts. */
  "compactBlocks",
  /** Prompts carry the files their turn changed; elsewhere they are asked for. */
  "turnDiffs",
  /** A session's totals keep the money of answers that were reverted and overwritten. */
  "keepsReverted",
] as const;

export type Capability = (typeof CAPABILITIES)[number];
export type Capabilities = ReadonlySet<Capability>;

export const NO_CAPABILITIES: Capabilities = new Set<Capability>();
