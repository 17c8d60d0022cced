import { t } from "../../core/language.ts";
import { shownCurrency } from "../../core/usage/currency.ts";
import { getServer } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import type { BreakdownModel } from "./breakdown.ts";

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

/**
 * The last breakdown of a session that is no longer known: its figures stay, and `freshness` shows what
 * happened to it. `lastMs`: when it was last known.
 */
export function lastBreakdown(
  model: BreakdownModel,
  state: State,
  nowMs: number,
  lastMs: number,
): BreakdownModel {
  const server = getServer(state, model.ref.serverID);
  const isDeleted = server?.connection.kind === "connected";
  return {
    ...model,
    nowMs,
    currency: shownCurrency(),
    stateKind: "unavailable",
    stateLabel: t("Unavailable"),
    stateMessage: undefined,
    compactRefusal: isDeleted ? t("The session was deleted.") : t("The server is not connected."),
    freshness: isDeleted
      ? { kind: "removed" }
      : {
          kind: "stale",
          sinceMs: lastMs,
          message:
            server === undefined ? t("it is no longer in the list of servers") : t("connecting"),
        },
  };
}
