import * as vscode from "vscode";

import { healthReport } from "../../viewModels/documents/healthReport.ts";
import type { CommandContext } from "../commandContext.ts";
import { openReport } from "./openReport.ts";
import { withProgress } from "../withProgress.ts";

/** Checks servers, databases, disk, clocks and the ledger, and shows the findings as a document. Read-only. */
export async function checkHealth(context: CommandContext): Promise<void> {
  await context.usage.open();
  const maintenance = await context.usage.maintenance();
  const health = await withProgress(
    vscode.l10n.t("Checking servers and databases…"),
    async (signal) => {
      const found = await maintenance.inspect(signal);
      if (signal.aborted) throw new vscode.CancellationError();
      return found;
    },
  );
  await openReport(context, vscode.l10n.t("Health Report"), (subject) =>
    healthReport(health, subject),
  );
}
