import { t } from "../../core/language.ts";
import { type OwnUsage } from "../../core/usage/usageOf.ts";
import type { TreeUsage } from "../../core/state/state.ts";
import { totalTokens } from "../../core/usage/usage.ts";
import { formatCount } from "../text/format.ts";
import { formatCost } from "../text/money.ts";
import { byKind, kindLabel, TOKEN_KINDS } from "./tokenKinds.ts";

/**
 * A Markdown table of the five kinds, their total and the cost: the session's own next to the whole tree, or
 * one column if there are no sub-sessions. Estimates are marked `~`.
 */
export function tokenTable(own: OwnUsage, tree: TreeUsage): string {
  const columns = tree.descendants > 0 ? [own, tree] : [own];
  const head = tree.descendants > 0 ? [t("Own"), t("With sub-sessions")] : [t("Tokens")];
  const kinds = columns.map((column) => byKind(column.usage.tokens));
  const row = (name: string, cells: readonly string[]): string =>
    `| ${[name, ...cells].join(" | ")} |`;
  const totals = columns.map(({ usage, isEstimate }) => {
    // `~~` would start strikethrough text.
    return `**${isEstimate ? "\\~" : ""}${formatCount(totalTokens(usage.tokens))}**`;
  });
  const costs = columns.map(({ usage }) => `**${formatCost(usage).replaceAll("~", "\\~")}**`);
  return [
    row("", head),
    row(
      ":--",
      head.map(() => "--:"),
    ),
    ...TOKEN_KINDS.map((kind) =>
      row(
        kindLabel(kind),
        kinds.map((figures) => formatCount(figures[kind])),
      ),
    ),
    row(t("**Total**"), totals),
    row(t("**Cost**"), costs),
  ].join("\n");
}
