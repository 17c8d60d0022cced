import { getServer } from "../core/lookup.ts";
import type { SessionRef } from "../core/session.ts";
import type { State } from "../core/state.ts";
import type { BreakdownModel } from "./breakdown.ts";

/** Why there is no breakdown to show. `isOver`: waiting does not help. */
export interface BreakdownAbsence {
  readonly isOver: boolean;
  readonly message: string;
}

/** Says why a session is not known, as after a reload while servers are still being found. */
export function breakdownAbsence(state: State, ref: SessionRef): BreakdownAbsence {
  const server = getServer(state, ref.serverID);
  if (server === undefined)
    return { isOver: false, message: "Waiting for the server to be found…" };
  const { name } = server.endpoint;
  switch (server.connection.kind) {
    case "connecting":
      return { isOver: false, message: `Connecting to ${name}…` };
    case "lost":
      return {
        isOver: false,
        message: `${name} cannot be reached (${server.connection.message}). It is tried again.`,
      };
    case "unauthorized":
      return { isOver: true, message: `${name} asks for a password.` };
    case "connected":
      return { isOver: true, message: `This session does not exist on ${name} any more.` };
  }
}

/**
 * The last breakdown of a session that is not known any more: its figures stay, and their freshness says
 * what has become of it. `lastMs`: when it was last known.
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
    stateKind: "unavailable",
    stateLabel: "Unavailable",
    stateMessage: undefined,
    compactRefusal: isDeleted ? "The session was deleted." : "The server is not connected.",
    freshness: isDeleted
      ? { kind: "removed" }
      : {
          kind: "stale",
          sinceMs: lastMs,
          message: server === undefined ? "it is not among the servers any more" : "connecting",
        },
  };
}
