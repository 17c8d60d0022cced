import * as vscode from "vscode";

import type { RowIcon } from "../../viewModels/tree/sessionIcon.ts";

/** Thousands of rows share few icons: each is made once. */
const made = new Map<string, vscode.ThemeIcon>();

/** A row's icon as VS Code draws it. */
export function themeIcon({ id, color }: RowIcon): vscode.ThemeIcon {
  const key = color === undefined ? id : `${id} ${color}`;
  let icon = made.get(key);
  if (icon === undefined) {
    icon = new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
    made.set(key, icon);
  }
  return icon;
}
