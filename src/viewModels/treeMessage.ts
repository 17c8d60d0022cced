import { cleanTitle, formatCount } from "./format.ts";
import { plural } from "./sessionFigures.ts";
import type { TreeOptions, TreeShape } from "./sessionTree.ts";

/** What stands above the tree while a filter is on: how much of the list is seen. */
export function treeMessage({
  options,
  matches,
  shownCount,
  totalCount,
}: TreeShape): string | undefined {
  if (matches === undefined) return undefined;
  const text = cleanTitle(options.filter, 40);
  return `Filter “${text}”: ${formatCount(shownCount)} of ${plural(totalCount, "session")}`;
}

const SORTED_BY = {
  recent: undefined,
  cost: "by cost",
  tokens: "by tokens",
  title: "by title",
} as const;

/** What stands beside the view's name: the choices that differ from all sessions, most recent first. */
export function treeDescription(options: TreeOptions): string {
  return [
    options.scope === "workspace" && options.folders.length > 0 ? "this workspace" : undefined,
    SORTED_BY[options.sort],
    options.includesArchived ? "with archived" : undefined,
  ]
    .filter((word) => word !== undefined)
    .join(" · ");
}
