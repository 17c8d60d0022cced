import * as vscode from "vscode";

import { EXTENSION_ID } from "../platform/ids.ts";
import { healthReport } from "../viewModels/healthReport.ts";
import type { CommandContext } from "./commandContext.ts";
import { withProgress } from "./withProgress.ts";

/**
 * Looks at servers, databases, disk, clocks and the ledger, and shows what was found as a document. Only reads.
 */
export async function checkHealth(context: CommandContext): Promise<void> {
  await context.usage.open();
  const care = await context.usage.care();
  const health = await withProgress(
    vscode.l10n.t("Checking servers and databases…"),
    async (signal) => {
      const found = await care.inspect(signal);
      if (signal.aborted) throw new vscode.CancellationError();
      return found;
    },
  );
  const manifest: unknown = vscode.extensions.getExtension(EXTENSION_ID)?.packageJSON;
  const isKnown = typeof manifest === "object" && manifest !== null && "version" in manifest;
  const content = healthReport(health, {
    extensionVersion: isKnown ? String(manifest.version) : "unknown",
    editorVersion: vscode.version,
    platform: process.platform,
  });
  const document = await vscode.workspace.openTextDocument({ language: "markdown", content });
  await vscode.window.showTextDocument(document, { preview: true });
}
