import { projectKeyOf, sessionIn } from "../../core/ledger/table.ts";
import { usageBy } from "../../core/ledger/usageBy.ts";
import type { UsageSnapshot } from "../../core/usage/usageSource.ts";
import { cleanTitle, formatRelativeTime } from "../text/format.ts";
import { costText } from "./usageMoney.ts";
import { usageNames } from "./usageNames.ts";

/** A session of the ledger as an item to pick. */
export interface UsageSessionItem {
  readonly label: string;
  readonly description: string;
  readonly sessionID: string;
}

/** Maximum sessions in the list, newest first: older ones can be found by their cost. */
const MOST_ITEMS = 3000;

/** The sessions that used anything, newest first; only those in `among` if given. */
export function usageSessionItems(
  { table, prices, currency, nowMs }: UsageSnapshot,
  among: ReadonlySet<string> | undefined,
): readonly UsageSessionItem[] {
  const names = usageNames(table);
  const found = usageBy(table, "session", {}, prices).flatMap(({ key, sum }) => {
    if (among?.has(key) === false) return [];
    const session = sessionIn(table, key);
    return session === undefined ? [] : [{ session, sum }];
  });
  return found
    .sort((a, b) => b.session.createdMs - a.session.createdMs)
    .slice(0, MOST_ITEMS)
    .map(({ session, sum }) => ({
      label: cleanTitle(session.title, 100),
      description: [
        costText(sum.spent, currency),
        names.label("project", projectKeyOf(session)),
        session.createdMs > 0 ? formatRelativeTime(session.createdMs, nowMs) : "",
        session.parentID === undefined ? "" : "sub-session",
      ]
        .filter((word) => word !== "")
        .join(" · "),
      sessionID: session.id,
    }));
}
