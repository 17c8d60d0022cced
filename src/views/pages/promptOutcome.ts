import * as vscode from "vscode";

import type { PromptOutcome } from "../../core/state/prompt.ts";

/** What became of a prompt, in a sentence. */
export function outcomeText(outcome: PromptOutcome): string {
  switch (outcome.kind) {
    case "sent":
      return vscode.l10n.t("The prompt was sent.");
    case "queued":
      return vscode.l10n.t("Queued until the running turn has ended.");
    case "steered":
      return vscode.l10n.t("Sent: the running turn reads it before its next step.");
    case "failed":
      return vscode.l10n.t("Not sent: {0}", outcome.message);
  }
}
