import { plural, t } from "../../core/language.ts";
import { cleanTitle, formatCount } from "../text/format.ts";
import type { TreeOptions, TreeShape } from "./sessionTree.ts";

/** The message above the tree while a filter is on and matches something: how much of the list is shown. */
export function treeMessage({
  options,
  matches,
  roots,
  shownCount,
  totalCount,
}: TreeShape): string | undefined {
  // A message would replace the welcome view, whose button clears a filter that matches nothing.
  if (matches === undefined || roots.length === 0) return undefined;
  const text = cleanTitle(options.filter, 40);
  return t`Filter “${text}”: ${formatCount(shownCount)} of ${plural(totalCount, "{0} session", "{0} sessions")}`;
}

const SORTED_BY = {
  recent: undefined,
  cost: t("by cost"),
  tokens: t("by tokens"),
  title: t("by title"),
} as const;

/** The text next to the view's name: the choices that differ from all sessions, most recent first. */
export function treeDescription(options: TreeOptions): string {
  return [
    options.scope === "workspace" && options.folders.length > 0 ? t("this workspace") : undefined,
    SORTED_BY[options.sort],
    options.includesArchived ? t("with archived") : undefined,
  ]
    .filter((word) => word !== undefined)
    .join(" · ");
}
