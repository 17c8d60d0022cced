import * as vscode from "vscode";

import { extensionVersion } from "../../platform/manifest.ts";
import { healthReport } from "../../viewModels/documents/healthReport.ts";
import type { CommandContext } from "../commandContext.ts";
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
  const content = healthReport(health, {
    extensionVersion: extensionVersion(),
    editorVersion: vscode.version,
    platform: process.platform,
  });
  await context.documents.sessions.openReport(vscode.l10n.t("Health Report"), content);
}
