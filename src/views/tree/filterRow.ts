import * as vscode from "vscode";

import { agentOfServerID } from "../../core/state/cluster.ts";
import type { CommandID } from "../../platform/ids.ts";
import { foundIn } from "../../viewModels/tree/titleFilter.ts";
import { elementKind, serverIDOf } from "../../viewModels/tree/treeElements.ts";

const CLEAR_FILTER: CommandID = "opencodeSessions.clearFilter";

/** The row that clears the filter. It represents no object in the tree. */
export const FILTER_ROW = "filter:";

export function filterItem(): vscode.TreeItem {
  const label = vscode.l10n.t("Clear Filter");
  const item = new vscode.TreeItem(label);
  item.id = FILTER_ROW;
  item.iconPath = new vscode.ThemeIcon("clear-all");
  item.tooltip = label;
  item.command = { command: CLEAR_FILTER, title: label };
  return item;
}

/** A row's label with the filter's text highlighted, if the filter applies to it. */
export function markedLabel(
  element: string,
  label: string,
  filter: string,
): string | vscode.TreeItemLabel {
  const found = canMatch(element) ? foundIn(label, filter) : undefined;
  return found === undefined ? label : { label, highlights: [[...found]] };
}

/** Whether the filter matches the row's own text: servers and projects are only shown for the rows below them. */
function canMatch(element: string): boolean {
  const kind = elementKind(element);
  const isAgent = agentOfServerID(serverIDOf(element) ?? "") !== undefined;
  return kind === "session" || kind === "cluster" || isAgent;
}
