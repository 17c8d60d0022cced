import type { Changes } from "../core/changes.ts";
import { getLive, getServer, getSession } from "../core/lookup.ts";
import { type SessionRef, sessionKey } from "../core/session.ts";
import { sessionState } from "../core/sessionState.ts";
import type { State } from "../core/state.ts";
import { cleanTitle } from "./format.ts";
import { quoted, whyOutOfReach } from "./readiness.ts";
import { plural } from "./sessionFigures.ts";

/** Where a prompt goes: to a session, or to one that is made when it is sent. */
export type PromptTarget =
  | { readonly kind: "session"; readonly ref: SessionRef }
  | { readonly kind: "new"; readonly serverID: string; readonly directory: string | undefined };

/** What becomes of a prompt that is sent now. */
export interface PromptNotice {
  /** `refused`: it cannot be sent; `queued`: it waits for the running turn; `ready`: it is answered at once. */
  readonly kind: "refused" | "queued" | "ready";
  readonly text: string;
}

/** Whether changes may make another notice, or another agent or model, of a prompt. */
export function concernsPrompt(target: PromptTarget, changes: Changes): boolean {
  if (changes.structure) return true;
  if (target.kind === "new") return changes.servers.has(target.serverID);
  const { serverID, sessionID } = target.ref;
  return changes.servers.has(serverID) || changes.sessions.has(sessionKey(serverID, sessionID));
}

/** Says what becomes of a prompt that is sent now, so that it can be shown beside the text. */
export function promptNotice(state: State, target: PromptTarget): PromptNotice {
  if (target.kind === "new") return newSessionNotice(state, target);
  const { ref } = target;
  const unreachable = whyOutOfReach(state, ref);
  if (unreachable !== undefined) return { kind: "refused", text: unreachable };
  const title = quoted(state, ref);
  const { queuedPrompts } = getLive(state, ref);
  const behind =
    queuedPrompts > 0 ? ` behind ${plural(queuedPrompts, "prompt")} that wait already` : "";
  switch (sessionState(state, ref).kind) {
    case "working":
    case "retry":
      return { kind: "queued", text: `${title} is at work: the prompt is queued${behind}` };
    case "waiting_permission":
    case "question":
      return {
        kind: "queued",
        text: `${title} waits for your answer: the prompt is queued until then${behind}`,
      };
    case "compacting":
      return {
        kind: "queued",
        text: `${title} is being compacted: the prompt is queued until that is done${behind}`,
      };
    case "idle":
    case "error":
    case "unavailable":
      break;
  }
  const isReverted = getSession(state, ref)?.revertMessageID !== undefined;
  return {
    kind: "ready",
    text: isReverted ? `To ${title}: what its revert hides is removed for good` : `To ${title}`,
  };
}

function newSessionNotice(
  state: State,
  { serverID, directory }: Extract<PromptTarget, { kind: "new" }>,
): PromptNotice {
  const server = getServer(state, serverID);
  const name = cleanTitle(server?.endpoint.name ?? serverID);
  if (server?.connection.kind !== "connected") {
    return { kind: "refused", text: `The server “${name}” is not connected.` };
  }
  const where = directory === undefined ? name : `${cleanTitle(directory, 80)} on ${name}`;
  return { kind: "ready", text: `New session in ${where}` };
}
