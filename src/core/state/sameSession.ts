import type { Session, SessionTotals } from "./session.ts";
import { sameTokens } from "../usage/usage.ts";

/** Whether two totals have the same figures. */
export function sameTotals(a: SessionTotals | undefined, b: SessionTotals | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.costUSD === b.costUSD && sameTokens(a.tokens, b.tokens);
}

/** Whether two versions of a session are equal, so that the older object can be kept. */
export function sameSession(a: Session, b: Session): boolean {
  return (
    a.id === b.id &&
    a.updatedMs === b.updatedMs &&
    a.title === b.title &&
    a.parentID === b.parentID &&
    a.projectID === b.projectID &&
    a.directory === b.directory &&
    a.agent === b.agent &&
    a.model?.modelID === b.model?.modelID &&
    a.model?.providerID === b.model?.providerID &&
    a.model?.variant === b.model?.variant &&
    a.createdMs === b.createdMs &&
    a.archivedMs === b.archivedMs &&
    a.changes?.files === b.changes?.files &&
    a.changes?.additions === b.changes?.additions &&
    a.changes?.deletions === b.changes?.deletions &&
    a.shareURL === b.shareURL &&
    a.revertMessageID === b.revertMessageID &&
    a.forkOfID === b.forkOfID &&
    a.isUnread === b.isUnread &&
    sameTotals(a.totals, b.totals)
  );
}
