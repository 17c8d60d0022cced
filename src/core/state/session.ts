import type { ModelRef } from "./model.ts";
import type { Tokens } from "../usage/usage.ts";

/** Identifies a session: the same ID on two servers gives two refs. */
export interface SessionRef {
  readonly serverID: string;
  readonly sessionID: string;
}

/** A `SessionRef` as one string, `sessionID@serverID`: the tree item's ID. */
export type SessionKey = `${string}@${string}`;

/** Makes the key of a ref. */
export function sessionKey(serverID: string, sessionID: string): SessionKey {
  return `${sessionID}@${serverID}`;
}

/** Parses a key; undefined if it isn't one. Session IDs never contain an `@`; server IDs may. */
export function parseSessionKey(key: string): SessionRef | undefined {
  const at = key.indexOf("@");
  if (at <= 0 || at === key.length - 1) return undefined;
  return { sessionID: key.slice(0, at), serverID: key.slice(at + 1) };
}

/** Files changed by a session, as summarised by the server. */
export interface FileChanges {
  readonly files: number;
  readonly additions: number;
  readonly deletions: number;
}

/** A session as reported by its server. Times are in milliseconds since the epoch, by the server's clock. */
export interface Session {
  readonly id: string;
  /** The session that started this one as a task; forks have none. */
  readonly parentID: string | undefined;
  readonly projectID: string;
  readonly directory: string;
  /** As on the server: may be empty, long, or contain any characters. */
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
  /** The session this one was forked from, if the server reports it. */
  readonly forkOfID: string | undefined;
  /** Finished and not viewed since, on servers that keep track of that. */
  readonly isUnread: boolean;
}

/** The newest change of a list of sessions: “now” by their server's clock, since ours may be hours off. */
export function newestUpdateMs(sessions: readonly Session[]): number {
  return sessions.reduce((ms, { updatedMs }) => Math.max(ms, updatedMs), 0);
}

/** A session's own cumulative figures: recorded cost in US dollars and billed tokens. */
export interface SessionTotals {
  readonly costUSD: number;
  readonly tokens: Tokens;
}
