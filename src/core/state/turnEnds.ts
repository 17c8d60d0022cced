import type { Changes } from "./changes.ts";
import { getLive, getSession } from "./lookup.ts";
import { parseSessionKey, type SessionRef } from "./session.ts";
import { hasRunningTurn, type State } from "./state.ts";

/**
 * How a turn ended. `interrupted`: somebody stopped it; `compacted`: it was only a compaction requested by the
 * user.
 */
export type TurnOutcome = "finished" | "failed" | "interrupted" | "compacted";

/** A session that was running and is idle now. */
export interface TurnEnd extends SessionRef {
  readonly outcome: TurnOutcome;
}

/** The turns that ended between two states. Sessions that are gone are not included. */
export function turnEnds(before: State, after: State, { sessions }: Changes): readonly TurnEnd[] {
  const ends: TurnEnd[] = [];
  for (const key of sessions) {
    const ref = parseSessionKey(key);
    if (ref === undefined) continue;
    const was = getLive(before, ref).activity;
    if (!hasRunningTurn(was) || getSession(after, ref) === undefined) continue;
    const live = getLive(after, ref);
    if (live.activity.kind !== "idle") continue;
    ends.push({ ...ref, outcome: outcomeOf(was.kind, live) });
  }
  return ends;
}

function outcomeOf(
  was: "working" | "retry",
  { error, wasInterrupted, turnCompaction }: ReturnType<typeof getLive>,
): TurnOutcome {
  if (wasInterrupted) return "interrupted";
  if (error !== undefined) return "failed";
  // Stopping a session between two retries is not reported as an interruption (OpenCode 1, observed).
  if (was === "retry") return "interrupted";
  return turnCompaction === "manual" ? "compacted" : "finished";
}
