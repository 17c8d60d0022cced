import type { SessionAction } from "./actions.ts";
import { assertNever } from "../assertNever.ts";
import type { MessageAction } from "./messagesReducer.ts";
import { sameTotals } from "./sameSession.ts";
import type { ServerDraft } from "./serverDraft.ts";
import { IDLE, hasRunningTurn, type Live, NO_LIVE } from "./state.ts";

/** Actions about one session's own details and live state. */
export type FactAction = Exclude<
  SessionAction,
  { type: MessageAction["type"] | "session.upserted" | "request.opened" }
>;

/** Applies an action to a session that exists in the draft. */
export function applyToSession(draft: ServerDraft, action: FactAction): void {
  const { sessionID } = action;
  const live = draft.liveOf(sessionID);
  switch (action.type) {
    case "session.changed": {
      const session = draft.session(sessionID);
      if (session !== undefined) draft.putSession({ ...session, ...action.changes });
      return;
    }
    case "session.removed":
      draft.removeSession(sessionID);
      return;
    case "session.totals": {
      const session = draft.session(sessionID);
      if (session === undefined || sameTotals(session.totals, action.totals)) return;
      draft.putSession({ ...session, totals: action.totals });
      draft.putLive(sessionID, withoutSteps(live));
      return;
    }
    case "activity.changed":
      draft.putLive(sessionID, withActivity(live, action.activity));
      return;
    case "step.started":
      draft.patchLive(sessionID, {
        model: action.model ?? live.model,
        agent: action.agent ?? live.agent,
        streamedCharacters: 0,
        // A starting step answers the prompts that were queued.
        queuedPrompts: 0,
        // It is one more message than was counted, and its prompt may be another.
        messageCount: undefined,
      });
      return;
    case "text.streamed":
      // Text that arrives after the end of a turn belongs to a step whose tokens are known.
      if (live.activity.kind === "idle" && live.compaction === undefined) return;
      draft.patchLive(sessionID, {
        streamedCharacters: live.streamedCharacters + action.characters,
      });
      return;
    case "step.ended": {
      if (action.mayBeInTotals === true) return;
      if (live.countedStepID !== undefined && action.stepID <= live.countedStepID) return;
      draft.patchLive(sessionID, {
        steps: new Map(live.steps).set(action.stepID, action.step),
        lastStep: action.step,
        streamedCharacters: 0,
      });
      return;
    }
    case "context.known":
      draft.patchLive(sessionID, { context: action.context });
      return;
    case "compaction.started":
      draft.patchLive(sessionID, {
        compaction: { sinceMs: live.compaction?.sinceMs ?? action.atMs, isAuto: action.isAuto },
        turnCompaction: action.isAuto ? "auto" : "manual",
      });
      return;
    case "compaction.ended":
      draft.patchLive(sessionID, {
        compaction: undefined,
        ...(action.error === undefined
          ? {}
          : { error: { message: action.error, atMs: live.compaction?.sinceMs ?? 0 } }),
      });
      return;
    case "request.closed":
      draft.patchLive(sessionID, {
        requests: live.requests.filter((request) => request.id !== action.requestID),
      });
      return;
    case "tool.running":
      draft.patchLive(sessionID, {
        tools: [...live.tools.filter((tool) => tool.callID !== action.tool.callID), action.tool],
      });
      return;
    case "tool.ended":
      if (live.tools.some((tool) => tool.callID === action.callID)) {
        draft.patchLive(sessionID, {
          tools: live.tools.filter((tool) => tool.callID !== action.callID),
        });
      }
      return;
    case "todo.changed":
      draft.patchLive(sessionID, { todo: { done: action.done, total: action.total } });
      return;
    case "session.failed":
      draft.patchLive(sessionID, { error: { message: action.message, atMs: action.atMs } });
      return;
    case "turn.interrupted":
      if (!live.wasInterrupted) draft.patchLive(sessionID, { wasInterrupted: true });
      return;
    case "prompts.queued":
      if (live.queuedPrompts !== action.count) {
        draft.patchLive(sessionID, { queuedPrompts: action.count });
      }
      return;
    case "messages.counted":
      if (live.messageCount !== action.count) {
        draft.patchLive(sessionID, { messageCount: action.count });
      }
      return;
    default:
      assertNever(action);
  }
}

/** Removes the overlay: the totals now include these steps. */
export function withoutSteps(live: Live): Live {
  if (live.steps.size === 0) return live;
  let countedStepID = live.countedStepID;
  for (const id of live.steps.keys()) {
    if (countedStepID === undefined || id > countedStepID) countedStepID = id;
  }
  return { ...live, steps: NO_LIVE.steps, countedStepID };
}

/**
 * A new turn clears how the last one ended. An idle session runs no tools and has no pending requests or queued
 * prompts. (OpenCode 1 keeps the requests of a stopped turn in its list forever: observed.)
 */
export function withActivity(live: Live, activity: Live["activity"]): Live {
  if (activity.kind === "idle") {
    if (
      live.activity.kind === "idle" &&
      live.tools.length === 0 &&
      live.requests.length === 0 &&
      live.streamedCharacters === 0 &&
      live.compaction === undefined &&
      live.queuedPrompts === 0
    ) {
      return live;
    }
    return {
      ...live,
      activity: IDLE,
      requests: [],
      tools: [],
      streamedCharacters: 0,
      compaction: undefined,
      queuedPrompts: 0,
    };
  }
  if (activity.kind === "unknown") {
    // Keep pending requests: better to show one that is already answered than to miss one.
    return live.activity.kind === "unknown"
      ? live
      : { ...live, activity, tools: [], streamedCharacters: 0, compaction: undefined };
  }
  const { activity: before } = live;
  if (activity.kind === "working" && before.kind === "working") return live;
  if (hasRunningTurn(before))
    return { ...live, activity: { ...activity, sinceMs: before.sinceMs } };
  // After a gap this may be the turn we already know; only a turn known to be new clears the last one.
  if (before.kind === "unknown") return { ...live, activity };
  return {
    ...live,
    activity,
    error: undefined,
    wasInterrupted: false,
    turnCompaction: live.compaction === undefined ? undefined : live.turnCompaction,
  };
}
