import * as vscode from "vscode";

import type { LedgerQuery } from "../../core/ledger/ledgerQuery.ts";
import { showInformation } from "../../platform/messages.ts";
import { saveFigures } from "../../platform/savedFiles.ts";
import { formatDateTime } from "../../viewModels/text/format.ts";
import { rangeQuery, type UsageRange } from "../../viewModels/usage/usageChoices.ts";
import {
  answersCSV,
  sessionsCSV,
  usageCSV,
  type UsageExportSource,
  usageJSON,
} from "../../viewModels/usage/usageExport.ts";
import { choose } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { openLedger } from "./openUsage.ts";

interface Form extends vscode.QuickPickItem {
  readonly suffix: string;
  readonly extension: "csv" | "json";
  readonly write: (source: UsageExportSource, query: LedgerQuery) => string;
}

interface Span extends vscode.QuickPickItem {
  readonly range: UsageRange;
}

/** Exports the ledger to a file: by day, by session, or every answer. */
export async function exportUsage(context: CommandContext): Promise<void> {
  const snapshot = await openLedger(context.usage);
  if (snapshot.table.length === 0) {
    throw new Refusal(vscode.l10n.t("No usage is known yet: connect a server first."));
  }
  const title = vscode.l10n.t("Export Usage");
  const form = await choose(forms(), {
    title,
    placeHolder: vscode.l10n.t("What should be exported?"),
  });
  const span = await choose(spans(), {
    title,
    placeHolder: vscode.l10n.t("Which period?"),
  });
  const day = formatDateTime(snapshot.nowMs).slice(0, 10);
  const uri = await vscode.window.showSaveDialog({
    title,
    defaultUri: vscode.Uri.joinPath(
      vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file("/"),
      `opencode-${form.suffix}-${day}.${form.extension}`,
    ),
    filters: { [form.extension.toUpperCase()]: [form.extension] },
  });
  if (uri === undefined) return;
  // The data may have changed while the user was choosing.
  const now = context.usage.current() ?? snapshot;
  const text = form.write(now, rangeQuery(span.range, now.nowMs, now.calendar));
  await saveFigures(uri, text);
  const open = vscode.l10n.t("Open");
  void showInformation(vscode.l10n.t("Usage was written to {0}.", uri.fsPath), open).then(
    (choice) => {
      if (choice === open) void vscode.commands.executeCommand("vscode.open", uri);
    },
  );
}

function forms(): readonly Form[] {
  return [
    {
      label: vscode.l10n.t("Usage by day, model, agent and project"),
      description: "CSV",
      suffix: "usage",
      extension: "csv",
      write: usageCSV,
    },
    {
      label: vscode.l10n.t("Sessions with their trees"),
      description: "CSV",
      suffix: "sessions",
      extension: "csv",
      write: sessionsCSV,
    },
    {
      label: vscode.l10n.t("Every answer"),
      description: "CSV",
      suffix: "answers",
      extension: "csv",
      write: answersCSV,
    },
    {
      label: vscode.l10n.t("Usage by day, and sessions"),
      description: "JSON",
      suffix: "usage",
      extension: "json",
      write: usageJSON,
    },
  ];
}

function spans(): readonly Span[] {
  return [
    { label: vscode.l10n.t("All"), range: "all" },
    { label: vscode.l10n.t("Today"), range: "today" },
    { label: vscode.l10n.t("7 days"), range: "week" },
    { label: vscode.l10n.t("30 days"), range: "month" },
  ];
}
