import * as vscode from "vscode";

import type { Log } from "../../core/log.ts";
import { showWarning } from "../../platform/messages.ts";

/** A problem in the settings or on this machine that prevents servers from being found. */
export interface Problem {
  /** What it is about, for example “opencodeSessions.servers”: entry 3. */
  readonly subject: string;
  readonly severity: "warning" | "error";
  readonly message: string;
}

/**
 * Reports problems of settings and sources: each once in the log, and those that prevent something from
 * working in one message with a button for the settings. No problem is reported twice while it lasts.
 */
export class ProblemNotice {
  readonly #log: Log;
  #known = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** Takes the complete list of current problems. */
  update(problems: readonly Problem[]): void {
    const fresh = problems.filter(({ message }) => !this.#known.has(message));
    this.#known = new Set(problems.map(({ message }) => message));
    for (const { severity, message } of fresh) {
      if (severity === "error") this.#log.error("sources", message);
      else this.#log.warn("sources", message);
    }
    const errors = fresh.filter(({ severity }) => severity === "error");
    const [first, ...others] = errors;
    if (first === undefined) return;
    const text =
      others.length === 0
        ? first.message
        : vscode.l10n.t("{0} ({1} more in the log)", first.message, others.length);
    const openSettings = vscode.l10n.t("Open Settings");
    const showLog = vscode.l10n.t("Show Log");
    const isSetting = errors.some(({ subject }) => subject.includes("opencodeSessions."));
    const choices = isSetting ? [openSettings, showLog] : [showLog];
    void showWarning(text, ...choices).then((choice) => {
      if (choice === openSettings) {
        void vscode.commands.executeCommand("opencodeSessions.openSettings");
      } else if (choice === showLog) {
        void vscode.commands.executeCommand("opencodeSessions.showLog");
      }
    });
  }
}
