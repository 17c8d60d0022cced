import type { ModelRef } from "./model.ts";
import type { Tokens } from "../usage/usage.ts";

/** Identity of a session: the same id on two servers is two refs. */
export interface SessionRef {
  readonly serverID: string;
  readonly sessionID: string;
}

/** A `SessionRef` as one string, `sessionID@serverID`: the tree item's id. */
export type SessionKey = `${string}@${string}`;

/** Makes the key of a ref. */
export function sessionKey(serverID: string, sessionID: string): SessionKey {
  return `${sessionID}@${serverID}`;
}

/** Reads a key back; undefined when it is none. Session ids never hold an `@`, server ids may. */
export function parseSessionKey(key: string): SessionRef | undefined {
  const at = key.indexOf("@");
  if (at <= 0 || at === key.length - 1) return undefined;
  return { sessionID: key.slice(0, at), serverID: key.slice(at + 1) };
}

/** Files touched by a session as the server summarises them. */
export interface FileChanges {
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
}

/** What a server says of a session. Times are in milliseconds since the epoch, by the server's clock. */
export interface Session {
  readonly id: string;
  /** The session that started this one by a task; forks have none. */
  readonly parentID: string | undefined;
  readonly projectID: string;
  readonly directory: string;
  /** As the server has it: may be empty, long, or hold any characters. */
  readonly title: string;
  readonly agent: string | undefined;
  readonly model: ModelRef | undefined;
  /** Own totals (children excluded) as recorded; undefined on servers without totals until they are summed. */
  readonly totals: SessionTotals | undefined;
  readonly createdMs: number;
  readonly updatedMs: number;
  readonly archivedMs: number | undefined;
  readonly changes: FileChanges | undefined;
  readonly shareURL: string | undefined;
  /** Set while messages after this one are hidden by a revert. */
  readonly revertMessageID: string | undefined;
  /** The session this one was forked from, where the server says so. */
  readonly forkOfID: string | undefined;
  /** Finished and not looked at since, on servers that keep track. */
  readonly isUnread: boolean;
}

/** A session's own cumulative figures: recorded cost in US dollars and billed tokens. */
export interface SessionTotals {
  readonly costUSD: number;
  readonly tokens: Tokens;
}
