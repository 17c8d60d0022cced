import { t } from "../../core/language.ts";
import type { SessionState } from "../../core/state/sessionState.ts";

/** Display text of a session's state. */
export function stateLabel(state: SessionState): string {
  switch (state.kind) {
    case "idle":
      return t("Idle");
    case "unknown":
      return t("State unknown");
    case "working":
      return t("Working");
    case "compacting":
      return t("Compacting");
    case "waiting_permission":
      return t("Waiting for permission");
    case "question":
      return t("Waiting for an answer");
    case "retry":
      return t`Retrying (attempt ${state.attempt})`;
    case "error":
      return t("Failed");
    case "unavailable":
      return t("Unavailable");
  }
}
