import * as vscode from "vscode";

import { COMMAND_IDS, type CommandID } from "../platform/ids.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { tellFailure } from "./tellFailure.ts";

/**
 * Registers every command of the table, which is a bundle of its own and loaded with the first command that
 * runs. A failure is told once, by one message; nothing
 * is thrown to VS Code.
 */
export function registerCommands(context: CommandContext): vscode.Disposable {
  return vscode.Disposable.from(
    ...COMMAND_IDS.map((id) =>
      vscode.commands.registerCommand(id, (...given: readonly unknown[]) =>
        run(context, id, given),
      ),
    ),
  );
}

async function run(
  context: CommandContext,
  id: CommandID,
  given: readonly unknown[],
): Promise<void> {
  try {
    const [argument, selected] = given;
    // VS Code names no row when the one that was clicked is drawn anew in that moment. To go on would be to act on
    // whatever is selected; from the palette nothing at all is given.
    if (given.length > 0 && argument === undefined) {
      throw new Refusal(vscode.l10n.t("This row has just been drawn anew. Please try again."));
    }
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
