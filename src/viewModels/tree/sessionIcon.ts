import type { Session } from "../../core/state/session.ts";
import type { SessionState } from "../../core/state/sessionState.ts";

/** A codicon and its theme colour; no colour means the foreground colour. */
export interface RowIcon {
  readonly id: string;
  readonly color: string | undefined;
}

function icon(id: string, color?: string): RowIcon {
  return { id, color };
}

const ARCHIVED = icon("archive", "disabledForeground");
const UNREAD = icon("circle-filled", "charts.blue");

const BY_STATE: Readonly<Record<SessionState["kind"], RowIcon>> = {
  idle: icon("circle-outline"),
  unknown: icon("circle-outline", "disabledForeground"),
  working: icon("loading~spin", "charts.blue"),
  compacting: icon("fold", "charts.purple"),
  waiting_permission: icon("shield", "problemsWarningIcon.foreground"),
  question: icon("question", "problemsWarningIcon.foreground"),
  retry: icon("sync", "problemsWarningIcon.foreground"),
  error: icon("error", "problemsErrorIcon.foreground"),
  unavailable: icon("debug-disconnect", "disabledForeground"),
};

const WAITS_BELOW = icon("bell-dot", "problemsWarningIcon.foreground");

/**
 * The icon of a session, by its state. It also shows a request of a session below it and, if idle, whether
 * it is archived or unread.
 */
export function sessionIcon(
  state: SessionState,
  session: Pick<Session, "archivedMs" | "isUnread" | "parentID">,
  requests: number,
): RowIcon {
  const isWaiting = state.kind === "waiting_permission" || state.kind === "question";
  if (requests > 0 && !isWaiting && state.kind !== "unavailable") return WAITS_BELOW;
  if (state.kind === "idle" || state.kind === "unknown") {
    if (session.archivedMs !== undefined) return ARCHIVED;
    // The end of a child is news for its parent only.
    if (session.isUnread && session.parentID === undefined) return UNREAD;
  }
  return BY_STATE[state.kind];
}
