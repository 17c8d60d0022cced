import * as vscode from "vscode";

import type { SessionRef } from "../core/session.ts";
import type { RowIcon } from "../viewModels/sessionIcon.ts";
import { switchItems } from "../viewModels/switchItems.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";

interface Item extends vscode.QuickPickItem {
  readonly ref: SessionRef;
  readonly isActive: boolean;
}

/** A button on each item of the list. */
export interface ItemAction {
  readonly icon: string;
  readonly tooltip: string;
  readonly run: (ref: SessionRef) => void;
}

/**
 * Lets a person pick a session of any server, most recent first; undefined when they do not. A button of
 * the list adds child sessions; those of an item run their action and close the list.
 */
export async function pickSession(
  { store, activeSession }: CommandContext,
  title: string,
  actions: readonly ItemAction[] = [],
): Promise<SessionRef | undefined> {
  const runs = new Map<vscode.QuickInputButton, ItemAction["run"]>();
  for (const { icon, tooltip, run } of actions) {
    runs.set({ iconPath: new vscode.ThemeIcon(icon), tooltip }, run);
  }
  const buttons = [...runs.keys()];
  const load = (includesChildren: boolean): readonly Item[] => {
    const rows = { nowMs: Date.now(), active: activeSession.current };
    return switchItems(store.state, rows, { includesChildren }).map((item) => {
      return { ...item, iconPath: themeIcon(item.icon), buttons };
    });
  };
  const items = load(false);
  if (items.length === 0) throw new Refusal(vscode.l10n.t("There is no session yet."));

  const pick = vscode.window.createQuickPick<Item>();
  pick.title = title;
  pick.placeholder = vscode.l10n.t("Type to find a session by title, folder or figures");
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = items;
  const active = items.filter(({ isActive }) => isActive);
  // An empty list would take the focus off the first item.
  if (active.length > 0) pick.activeItems = active;
  let includesChildren = false;
  pick.buttons = [childrenButton(includesChildren)];
  return new Promise((resolve) => {
    pick.onDidTriggerButton(() => {
      includesChildren = !includesChildren;
      pick.items = load(includesChildren);
      pick.buttons = [childrenButton(includesChildren)];
    });
    pick.onDidTriggerItemButton(({ button, item }) => {
      pick.hide();
      runs.get(button)?.(item.ref);
    });
    pick.onDidAccept(() => {
      resolve(pick.selectedItems[0]?.ref);
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

function themeIcon({ id, color }: RowIcon): vscode.ThemeIcon {
  return new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
}

function childrenButton(includesChildren: boolean): vscode.QuickInputButton {
  return {
    iconPath: new vscode.ThemeIcon(includesChildren ? "collapse-all" : "list-tree"),
    tooltip: includesChildren
      ? vscode.l10n.t("Leave child sessions out")
      : vscode.l10n.t("Include child sessions"),
  };
}
