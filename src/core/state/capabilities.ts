/**
 * What a server can do. Anything else is hidden from menus, never silently emulated.
 * Each name is also the context key suffix used in menus.
 */
export const CAPABILITIES = [
  /** Sessions can be archived. Not every list of the server includes restored sessions. */
  "archive",
  "todo",
  "followTui",
  "queuedPrompts",
  /** A prompt can be sent to the running turn, which reads it before its next step. */
  "steer",
  "unread",
  "statistics",
  "deleteMessage",
  "share",
  "revert",
  "init",
  "replay",
  /** Compaction requires a model and waits for the running turn, swallowing queued prompts. */
  "compactBlocks",
  /** Prompts include the files their turn changed; otherwise these have to be requested. */
  "turnDiffs",
  /** A session's totals include the cost of answers that were reverted and overwritten. */
  "keepsReverted",
  /** Has its own copy of the sessions of servers without this, taken when it first started. Newer than theirs. */
  "importsSessions",
  /** Starts tools from files in its folders of configuration. */
  "toolFiles",
  /** Its configuration lists MCP servers under `mcp.servers`, each enabled by being there, and not under `mcp`. */
  "mcpSection",
] as const;

export type Capability = (typeof CAPABILITIES)[number];
export type Capabilities = ReadonlySet<Capability>;

export const NO_CAPABILITIES: Capabilities = new Set<Capability>();
