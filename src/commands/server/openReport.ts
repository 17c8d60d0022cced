import * as vscode from "vscode";

import { extensionVersion } from "../../platform/manifest.ts";
import type { ReportSubject } from "../../viewModels/documents/compatibilityReport.ts";
import type { Markdown } from "../../viewModels/documents/markdown.ts";
import type { CommandContext } from "../commandContext.ts";

/** Opens a report about this extension in this editor, rendered and read-only. */
export async function openReport(
  context: CommandContext,
  title: string,
  write: (subject: ReportSubject) => Markdown,
): Promise<void> {
  const content = write({
    extensionVersion: extensionVersion(),
    editorVersion: vscode.version,
    platform: process.platform,
  });
  await context.documents.sessions.openReport(title, content);
}
