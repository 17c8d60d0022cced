import * as vscode from "vscode";

import { COMMAND_IDS, type CommandID } from "../platform/ids.ts";
import type { CommandContext } from "./commandContext.ts";
import { withLostRow } from "./lostRow.ts";
import { tellFailure } from "./tellFailure.ts";

/**
 * Registers every command of the table, which is a bundle of its own and loaded with the first command that
 * runs. A failure is told once, by one message; nothing
 * is thrown to VS Code.
 */
export function registerCommands(context: CommandContext): vscode.Disposable {
  return vscode.Disposable.from(
    ...COMMAND_IDS.map((id) =>
      vscode.commands.registerCommand(id, (...args: unknown[]) => run(context, id, args)),
    ),
  );
}

async function run(
  context: CommandContext,
  id: CommandID,
  args: readonly unknown[],
): Promise<void> {
  const [argument, selected] = withLostRow(args);
  try {
    const { COMMANDS } = await import("./commandTable.ts");
    await COMMANDS[id](context, argument, selected);
  } catch (error) {
    tellFailure(context.log, titleOf(id), error);
  }
}

/** The command in words: `compactSession` is `Compact session`. */
function titleOf(id: CommandID): string {
  const words = id
    .slice(id.indexOf(".") + 1)
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
