import * as vscode from "vscode";

import { Refusal } from "./failure.ts";

/**
 * What a command gets instead of a row that VS Code was drawing again just when it was asked for: until all is drawn
 * VS Code has forgotten which elements its rows stand for.
 */
const LOST_ROW: unique symbol = Symbol("lost row");

/**
 * The arguments of a command with a lost row marked as one. Menus of rows, and the title of a view where no row has the
 * focus, give an argument that is undefined; the palette and keys give none at all (VS Code 1.100, observed).
 */
export function withLostRow(args: readonly unknown[]): readonly unknown[] {
  return args.length > 0 && args[0] === undefined ? [LOST_ROW, ...args.slice(1)] : args;
}

/**
 * Refuses a lost row, for commands that are about one and not in the title of a view: to go on would be to act on
 * whatever is active or selected.
 */
export function refuseLostRow(argument: unknown): void {
  if (argument !== LOST_ROW) return;
  throw new Refusal(vscode.l10n.t("This row was just redrawn. Please try again."));
}
