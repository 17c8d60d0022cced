import * as vscode from "vscode";

import { SORT_ORDERS, type SortOrder } from "../../viewModels/tree/sortSessions.ts";
import { choose } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";

/** Asks how to sort the sessions. */
export async function sortSessions({ tree }: CommandContext): Promise<void> {
  const labels: Readonly<Record<SortOrder, string>> = {
    recent: vscode.l10n.t("Most recent first"),
    cost: vscode.l10n.t("Most expensive first"),
    tokens: vscode.l10n.t("Most tokens first"),
    title: vscode.l10n.t("By title"),
  };
  const items = SORT_ORDERS.map((sort) => ({
    label: labels[sort],
    sort,
    ...(sort === tree.options.sort ? { description: vscode.l10n.t("now") } : {}),
  }));
  const { sort } = await choose(items, { placeHolder: vscode.l10n.t("Sort sessions") });
  tree.change({ sort });
}
