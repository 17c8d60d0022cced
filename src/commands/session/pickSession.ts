import * as vscode from "vscode";

import type { SessionRef } from "../../core/state/session.ts";
import { plainItems } from "../../platform/messages.ts";
import type { RowIcon } from "../../viewModels/tree/sessionIcon.ts";
import { switchItems } from "../../viewModels/tree/switchItems.ts";
import { chosen } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";

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
 * Lets the user pick a session of any server, most recent first. A button of the list adds child sessions; an
 * item's buttons run their action and close the list.
 */
export async function pickSession(
  { store, activeSession }: CommandContext,
  title: string,
  actions: readonly ItemAction[] = [],
): Promise<SessionRef> {
  const runs = new Map<vscode.QuickInputButton, ItemAction["run"]>();
  for (const { icon, tooltip, run } of actions) {
    runs.set({ iconPath: new vscode.ThemeIcon(icon), tooltip }, run);
  }
  const buttons = [...runs.keys()];
  const load = (includesChildren: boolean): readonly Item[] => {
    const rows = { nowMs: Date.now(), active: activeSession.current };
    const found = switchItems(store.state, rows, { includesChildren });
    return found.map((item) => ({ ...item, iconPath: themeIcon(item.icon), buttons }));
  };
  const shown = plainItems(load(false));
  if (shown.length === 0) throw new Refusal(vscode.l10n.t("There are no sessions yet."));

  const pick = vscode.window.createQuickPick<Item>();
  pick.title = title;
  pick.placeholder = vscode.l10n.t("Type to find a session by title, folder or figures");
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = shown;
  const active = shown.filter(({ isActive }) => isActive);
  // Setting an empty list would remove the focus from the first item.
  if (active.length > 0) pick.activeItems = active;
  let includesChildren = false;
  pick.buttons = [childrenButton(includesChildren)];
  const picked = new Promise<SessionRef | undefined>((resolve) => {
    pick.onDidTriggerButton(() => {
      includesChildren = !includesChildren;
      pick.items = plainItems(load(includesChildren));
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
  return chosen(await picked);
}

function themeIcon({ id, color }: RowIcon): vscode.ThemeIcon {
  return new vscode.ThemeIcon(id, color === undefined ? undefined : new vscode.ThemeColor(color));
}

function childrenButton(includesChildren: boolean): vscode.QuickInputButton {
  return {
    iconPath: new vscode.ThemeIcon(includesChildren ? "collapse-all" : "list-tree"),
    tooltip: includesChildren
      ? vscode.l10n.t("Hide sub-sessions")
      : vscode.l10n.t("Include sub-sessions"),
  };
}
