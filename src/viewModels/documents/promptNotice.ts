import { plural, t } from "../../core/language.ts";
import { getLive, getServer, getSession } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { sessionState } from "../../core/state/sessionState.ts";
import type { State } from "../../core/state/state.ts";
import { whyOutOfReach } from "./readiness.ts";

/** What happens to a prompt sent now. */
export interface PromptNotice {
  /** `refused`: it can't be sent; `queued`: it waits for the running turn; `ready`: it is answered at once. */
  readonly kind: "refused" | "queued" | "ready";
  readonly text: string;
  /** Whether the running turn can be given the prompt instead. */
  readonly canSteer?: boolean;
}

/** Says what happens to a prompt sent now, for display next to the text. */
export function promptNotice(state: State, ref: SessionRef): PromptNotice {
  const unreachable = whyOutOfReach(state, ref);
  if (unreachable !== undefined) return { kind: "refused", text: unreachable };
  const { queuedPrompts } = getLive(state, ref);
  const behind =
    queuedPrompts > 0
      ? t` behind ${plural(queuedPrompts, "{0} prompt", "{0} prompts")} already queued`
      : "";
  switch (sessionState(state, ref).kind) {
    case "working":
    case "retry":
      return {
        kind: "queued",
        text: t`This session is running, so the prompt is queued${behind}`,
        canSteer: getServer(state, ref.serverID)?.capabilities.has("steer") ?? false,
      };
    case "waiting_permission":
    case "question":
      return {
        kind: "queued",
        text: t`This session is waiting for your answer, so the prompt is queued until then${behind}`,
      };
    case "compacting":
      return {
        kind: "queued",
        text: t`This session is being compacted, so the prompt is queued until that is done${behind}`,
      };
    case "idle":
    case "unknown":
    case "error":
    case "unavailable":
      break;
  }
  const isReverted = getSession(state, ref)?.revertMessageID !== undefined;
  return {
    kind: "ready",
    text: isReverted ? t("Sending deletes what the revert hides") : "",
  };
}
