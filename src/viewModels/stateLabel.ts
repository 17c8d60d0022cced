import type { SessionState } from "../core/sessionState.ts";

/** What a person reads for a session's state. */
export function stateLabel(state: SessionState): string {
  switch (state.kind) {
    case "idle":
      return "Idle";
    case "working":
      return "Working";
    case "compacting":
      return "Compacting";
    case "waiting_permission":
      return "Waiting for permission";
    case "question":
      return "Waiting for an answer";
    case "retry":
      return `Retrying (attempt ${state.attempt})`;
    case "error":
      return "Failed";
    case "unavailable":
      return "Unavailable";
  }
}
