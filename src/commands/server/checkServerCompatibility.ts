import * as vscode from "vscode";

import { compatibilityReport } from "../../viewModels/documents/compatibilityReport.ts";
import type { CommandContext } from "../commandContext.ts";
import { openReport } from "./openReport.ts";
import { gatewayOf, serverTarget } from "../target.ts";
import { withProgress } from "../withProgress.ts";

/**
 * Compares what the extension needs with what a server offers, in a document fit for a bug report. Changes
 * nothing on the server, and includes none of its content.
 */
export async function checkServerCompatibility(
  context: CommandContext,
  argument: unknown,
): Promise<void> {
  const server = await serverTarget(context, argument, {
    placeHolder: vscode.l10n.t("Check which server?"),
    none: vscode.l10n.t("There is no server to check."),
  });
  const gateway = gatewayOf(context, server);
  const report = await withProgress(vscode.l10n.t("Checking the server…"), (signal) =>
    gateway.checkCompatibility(signal),
  );
  await openReport(context, vscode.l10n.t("Server Compatibility"), (subject) =>
    compatibilityReport(server, report, subject),
  );
}
