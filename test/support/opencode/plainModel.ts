import type { ServerAction } from "../../../src/core/state/actions.ts";
import type { Session, SessionTotals } from "../../../src/core/state/session.ts";
import { type Activity, NO_LIVE, type StepUsage } from "../../../src/core/state/state.ts";

/** What a session does and waits for, by the simplest reading of the actions. */
export interface PlainSession {
  session: Session;
  activity: Activity;
  requests: string[];
  tools: string[];
  steps: Map<string, StepUsage>;
  countedStepID: string | undefined;
  streamedCharacters: number;
  hasError: boolean;
}

/**
 * A model of one server's sessions without batches, drafts, indexes or shared objects: applies actions one by
 * one to a mutable map. What the reducer keeps besides sessions (children, trees) is recomputed on demand.
 */
export class PlainModel {
  readonly sessions = new Map<string, PlainSession>();

  apply(action: ServerAction): void {
    switch (action.type) {
      case "session.upserted":
        this.upsert(action.session, action.origin);
        return;
      case "snapshot.loaded": {
        const listed = new Map(action.sessions.map((session) => [session.id, session]));
        for (const id of [...this.sessions.keys()]) if (!listed.has(id)) this.sessions.delete(id);
        for (const session of listed.values()) this.upsert(session, "read");
        return;
      }
      case "activities.loaded":
        for (const [id, known] of this.sessions) {
          const listed = action.requests.filter(({ sessionID }) => sessionID === id);
          const isNamed = action.activities.has(id) || listed.length > 0;
          if (action.scope.kind === "named" && !isNamed) continue;
          if (
            action.scope.kind === "directory" &&
            known.session.directory !== action.scope.directory
          ) {
            continue;
          }
          const opened = known.requests.filter((request) => action.requestsExcept.has(request));
          if (!action.except.has(id)) {
            this.does(known, action.activities.get(id) ?? { kind: "idle" });
          }
          const pending = listed
            .map((one) => one.id)
            .filter((one) => !action.requestsExcept.has(one));
          known.requests = known.activity.kind === "idle" ? opened : [...pending, ...opened];
        }
        return;
      case "activities.unknown":
        for (const id of action.sessionIDs) {
          const known = this.sessions.get(id);
          if (known !== undefined) this.does(known, { kind: "unknown" });
        }
        return;
      case "request.opened": {
        const known = this.sessions.get(action.request.sessionID);
        if (known?.requests.includes(action.request.id) === false) {
          known.requests.push(action.request.id);
        }
        return;
      }
      default:
        if (!("sessionID" in action)) return;
        if (action.type === "session.removed") this.sessions.delete(action.sessionID);
        else {
          const known = this.sessions.get(action.sessionID);
          if (known !== undefined) this.applyTo(known, action);
        }
    }
  }

  /** Children by parent, oldest first. */
  children(): ReadonlyMap<string, readonly string[]> {
    const groups = new Map<string, PlainSession[]>();
    for (const known of this.sessions.values()) {
      const { parentID } = known.session;
      if (parentID !== undefined) groups.set(parentID, [...(groups.get(parentID) ?? []), known]);
    }
    return new Map(
      [...groups].map(([id, group]) => [
        id,
        group
          .sort((a, b) => a.session.createdMs - b.session.createdMs)
          .map(({ session }) => session.id),
      ]),
    );
  }

  private upsert(session: Session, origin: "read" | "event"): void {
    const known = this.sessions.get(session.id);
    if (known === undefined) {
      this.sessions.set(session.id, {
        session,
        activity: NO_LIVE.activity,
        requests: [],
        tools: [],
        steps: new Map(),
        countedStepID: undefined,
        streamedCharacters: 0,
        hasError: false,
      });
      return;
    }
    const before = known.session.totals;
    known.session = { ...session, totals: session.totals ?? before };
    if (origin === "read" || !sameFigures(before, known.session.totals)) this.count(known);
  }

  private applyTo(known: PlainSession, action: ServerAction): void {
    switch (action.type) {
      case "session.changed":
        known.session = { ...known.session, ...action.changes };
        return;
      case "session.totals":
        if (sameFigures(known.session.totals, action.totals)) return;
        known.session = { ...known.session, totals: action.totals };
        this.count(known);
        return;
      case "activity.changed":
        this.does(known, action.activity);
        return;
      case "step.started":
        known.streamedCharacters = 0;
        return;
      case "text.streamed":
        if (known.activity.kind !== "idle") known.streamedCharacters += action.characters;
        return;
      case "step.ended":
        if (action.mayBeInTotals === true) return;
        if (known.countedStepID !== undefined && action.stepID <= known.countedStepID) return;
        known.steps.set(action.stepID, action.step);
        known.streamedCharacters = 0;
        return;
      case "request.closed":
        known.requests = known.requests.filter((id) => id !== action.requestID);
        return;
      case "tool.running":
        known.tools = [
          ...known.tools.filter((id) => id !== action.tool.callID),
          action.tool.callID,
        ];
        return;
      case "tool.ended":
        known.tools = known.tools.filter((id) => id !== action.callID);
        return;
      case "session.failed":
        known.hasError = true;
        return;
      default:
        throw new Error(`the model knows no ${action.type}`);
    }
  }

  /** The totals now include the steps that were added on top of them. */
  private count(known: PlainSession): void {
    for (const id of known.steps.keys()) {
      if (known.countedStepID === undefined || id > known.countedStepID) known.countedStepID = id;
    }
    known.steps.clear();
  }

  private does(known: PlainSession, activity: Activity): void {
    const before = known.activity;
    if (activity.kind === "idle" || activity.kind === "unknown") {
      if (activity.kind === "idle") known.requests = [];
      if (activity.kind === "idle" || before.kind !== "unknown") {
        known.tools = [];
        known.streamedCharacters = 0;
      }
      known.activity = activity;
      return;
    }
    if (before.kind === "idle") known.hasError = false;
    const sinceMs = "sinceMs" in before ? before.sinceMs : activity.sinceMs;
    if (activity.kind === "working" && before.kind === "working") return;
    known.activity = { ...activity, sinceMs };
  }
}

function sameFigures(a: SessionTotals | undefined, b: SessionTotals | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
