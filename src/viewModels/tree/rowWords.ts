import { type Capabilities, CAPABILITIES } from "../../core/state/capabilities.ts";
import type { SessionState } from "../../core/state/sessionState.ts";

/** What menus may depend on in a session's row. */
export interface RowFacts {
  readonly kind: SessionState["kind"];
  readonly isChild: boolean;
  /** Whether a session below this one runs or waits for an answer. */
  readonly isBusyBelow: boolean;
  /** At rest, and known to have used no tokens. */
  readonly isEmpty: boolean;
  /** Known never to have been compacted. */
  readonly isUncompacted: boolean;
  /** Known to have an empty to-do list. */
  readonly hasNoTodos: boolean;
  /** Whether its server has an address on this machine's network. */
  readonly hasAddress: boolean;
  readonly isActive: boolean;
  readonly isArchived: boolean;
  readonly isShared: boolean;
  readonly isReverted: boolean;
  readonly isConnected: boolean;
  readonly hasQueuedPrompts: boolean;
  /** Whether the session, or one below it, waits for an answer. */
  readonly isWaiting: boolean;
  readonly isPinned: boolean;
  readonly capabilities: Capabilities;
}

/** Thousands of rows share few values: each is built once. */
const known = new WeakMap<Capabilities, Map<string, string>>();

/**
 * The words of a session's row for `when` clauses, `viewItem =~ /\bword\b/`: `session`, `root` or `child`;
 * the state (`working`, `compacting`, `waiting_permission`, `question`, `retry`, `failed`, `unavailable`);
 * `busy`, or `idle` when it may be compacted; then any that apply: `busyBelow`, `empty`, `uncompacted`, `noTodos`,
 * `address`, `active`, `archived`, `shared`, `reverted`, `connected`, `pinned`, `waiting` if it or a session below it
 * waits for an answer; and `cap-NAME` for each of the server's capabilities.
 */
export function sessionWords(facts: RowFacts): string {
  let byKey = known.get(facts.capabilities);
  if (byKey === undefined) {
    byKey = new Map();
    known.set(facts.capabilities, byKey);
  }
  const bits =
    (facts.isChild ? 1 : 0) |
    (facts.isBusyBelow ? 2 : 0) |
    (facts.isActive ? 4 : 0) |
    (facts.isArchived ? 8 : 0) |
    (facts.isShared ? 16 : 0) |
    (facts.isReverted ? 32 : 0) |
    (facts.isConnected ? 64 : 0) |
    (facts.hasQueuedPrompts ? 128 : 0) |
    (facts.isPinned ? 256 : 0) |
    (facts.isWaiting ? 512 : 0) |
    (facts.isEmpty ? 1024 : 0) |
    (facts.hasAddress ? 2048 : 0) |
    (facts.isUncompacted ? 4096 : 0) |
    (facts.hasNoTodos ? 8192 : 0);
  const key = `${facts.kind}${bits}`;
  let words = byKey.get(key);
  if (words === undefined) {
    words = build(facts);
    byKey.set(key, words);
  }
  return words;
}

function build(facts: RowFacts): string {
  const { kind } = facts;
  const words = ["session", facts.isChild ? "child" : "root"];
  const isRunning = kind !== "idle" && kind !== "error" && kind !== "unavailable";
  if (kind === "error") words.push("failed");
  else if (kind !== "idle") words.push(kind);
  if (isRunning || facts.hasQueuedPrompts) words.push("busy");
  else if (kind !== "unavailable") words.push("idle");
  if (facts.isBusyBelow) words.push("busyBelow");
  if (facts.isEmpty) words.push("empty");
  if (facts.isUncompacted) words.push("uncompacted");
  if (facts.hasNoTodos) words.push("noTodos");
  if (facts.hasAddress) words.push("address");
  if (facts.isActive) words.push("active");
  if (facts.isArchived) words.push("archived");
  if (facts.isShared) words.push("shared");
  if (facts.isReverted) words.push("reverted");
  if (facts.isConnected) words.push("connected");
  if (facts.isWaiting) words.push("waiting");
  if (facts.isPinned) words.push("pinned");
  for (const name of CAPABILITIES) if (facts.capabilities.has(name)) words.push(`cap-${name}`);
  return words.join(" ");
}
