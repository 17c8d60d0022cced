import * as vscode from "vscode";

import { Refusal } from "./failure.ts";

/**
 * What a command receives instead of a row that VS Code was redrawing when the command was invoked: until
 * everything is drawn, VS Code does not know which elements its rows represent.
 */
const LOST_ROW: unique symbol = Symbol("lost row");

/**
 * A command's arguments with a lost row marked as one. Menus of rows, and a view's title while no row has the
 * focus, pass an argument that is undefined; the palette and keys pass none at all (VS Code 1.100, observed).
 */
export function withLostRow(args: readonly unknown[]): readonly unknown[] {
  return args.length > 0 && args[0] === undefined ? [LOST_ROW, ...args.slice(1)] : args;
}

/**
 * Refuses a lost row, for commands that act on a row and are not in a view's title: continuing would act on
 * whichever session is active or selected.
 */
export function refuseLostRow(argument: unknown): void {
  if (argument !== LOST_ROW) return;
  throw new Refusal(vscode.l10n.t("This row was just redrawn. Please try again."));
}
