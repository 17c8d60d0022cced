import * as vscode from "vscode";

import type { CommandContext } from "../commandContext.ts";

/**
 * Filters the tree as the user types; Escape restores the previous filter. The input stays open while rows are clicked,
 * and while VS Code gives a tree that it redraws the focus back.
 */
export async function filterSessions({ tree }: CommandContext): Promise<void> {
  const before = tree.options.filter;
  const input = vscode.window.createInputBox();
  input.title = vscode.l10n.t("Filter Sessions");
  input.placeholder = vscode.l10n.t("Part of a title; empty shows all");
  input.value = before;
  input.ignoreFocusOut = true;
  await new Promise<void>((resolve) => {
    let isAccepted = false;
    input.onDidChangeValue((filter) => {
      tree.change({ filter });
    });
    input.onDidAccept(() => {
      isAccepted = true;
      tree.change({ filter: input.value });
      input.hide();
    });
    input.onDidHide(() => {
      if (!isAccepted) tree.change({ filter: before });
      input.dispose();
      resolve();
    });
    input.show();
  });
}
