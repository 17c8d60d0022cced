import { t } from "../../core/language.ts";
import { getServer, getSession } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { SessionFacts } from "./breakdown.ts";

/** Why there is no breakdown to show. `isOver`: waiting won't help. */
export interface BreakdownAbsence {
  readonly isOver: boolean;
  readonly message: string;
}

/** Explains why a session is unknown, e.g. after a reload while servers are still being found. */
export function breakdownAbsence(state: State, ref: SessionRef): BreakdownAbsence {
  const server = getServer(state, ref.serverID);
  if (server === undefined)
    return { isOver: false, message: t("Waiting for the server to be found…") };
  const { name } = server.endpoint;
  switch (server.connection.kind) {
    case "connecting":
      return { isOver: false, message: t`Connecting to ${name}…` };
    case "lost":
      return {
        isOver: false,
        message: t`${name} cannot be reached (${server.connection.message}). It is retried automatically.`,
      };
    case "unauthorized":
      return {
        isOver: true,
        message:
          server.connection.needs === "plainHTTP"
            ? t`${name} is not connected, because the connection is not encrypted.`
            : t`${name} requires a password.`,
      };
    case "connected":
      return { isOver: true, message: t`This session no longer exists on ${name}.` };
  }
}

/** What is known of a session. */
export interface KnownSession {
  /** The last state that contains the session. */
  readonly state: State;
  /** When the session was first found missing; undefined while it exists. */
  readonly goneMs: number | undefined;
}

/** What is known of a session in a new state, given what was known before; undefined if it has never been known. */
export function knownSession(
  before: KnownSession | undefined,
  state: State,
  ref: SessionRef,
  nowMs: number,
): KnownSession | undefined {
  if (getSession(state, ref) !== undefined) return { state, goneMs: undefined };
  return before === undefined ? undefined : { ...before, goneMs: before.goneMs ?? nowMs };
}

/**
 * The last facts about a session that has been gone since `goneMs`: its figures stay, and `freshness` shows what
 * happened to it. `state`: the current one.
 */
export function lastFacts<Facts extends SessionFacts>(
  facts: Facts,
  state: State,
  goneMs: number,
): Facts {
  const server = getServer(state, facts.ref.serverID);
  const isDeleted = server?.connection.kind === "connected";
  return {
    ...facts,
    stateKind: "unavailable",
    stateLabel: t("Unavailable"),
    stateMessage: undefined,
    compactRefusal: isDeleted ? t("The session was deleted.") : t("The server is not connected."),
    freshness: isDeleted
      ? { kind: "removed" }
      : {
          kind: "stale",
          sinceMs: goneMs,
          message:
            server === undefined ? t("it is no longer in the list of servers") : t("connecting"),
        },
  };
}
