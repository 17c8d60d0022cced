import * as vscode from "vscode";

import { PREFIX } from "../platform/ids.ts";
import { commandTitle } from "../platform/manifest.ts";
import type { CommandContext } from "./commandContext.ts";
import { COMMANDS } from "./commandTable.ts";
import type { CommandRow } from "./contribution.ts";
import { withLostRow } from "./lostRow.ts";
import { reportFailure } from "./reportFailure.ts";

/** Registers every command of the table. A failure shows one message; nothing is thrown to VS Code. */
export function registerCommands(context: CommandContext): vscode.Disposable {
  return vscode.Disposable.from(
    ...COMMANDS.map((row) =>
      vscode.commands.registerCommand(`${PREFIX}.${row.name}`, (...args: unknown[]) =>
        run(context, row, args),
      ),
    ),
  );
}

async function run(
  context: CommandContext,
  row: CommandRow,
  args: readonly unknown[],
): Promise<unknown> {
  const [argument, selected] = withLostRow(args);
  try {
    return await row.run(context, argument, selected);
  } catch (error) {
    reportFailure(context.log, commandTitle(`${PREFIX}.${row.name}`), error);
    return undefined;
  }
}
