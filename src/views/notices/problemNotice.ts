import * as vscode from "vscode";

import type { Log } from "../../core/log.ts";
import { Remembered } from "../../platform/memory.ts";
import { showWarning } from "../../platform/messages.ts";

const STORED_AS = "mutedProblems";

/** Limit for muted problems; the oldest are dropped. */
const MAX_MUTED = 100;

/** A problem in the settings or on this machine that prevents servers from being found. */
export interface Problem {
  /** What it is about, for example “opencodeSessions.servers”: entry 3. */
  readonly subject: string;
  readonly severity: "warning" | "error";
  readonly message: string;
}

/**
 * Reports problems of settings and sources: each once in the log, and those that prevent something from
 * working in one message with a button for the settings. No problem is reported twice while it lasts; one that the
 * user has muted is only logged.
 */
export class ProblemNotice {
  readonly #log: Log;
  readonly #muted: Remembered<readonly string[]>;
  #known = new Set<string>();

  /** `memento`: the user's, shared by all windows. */
  constructor(log: Log, memento: vscode.Memento) {
    this.#log = log;
    this.#muted = new Remembered(memento, STORED_AS, parseMessages);
  }

  /** Takes the complete list of current problems. */
  update(problems: readonly Problem[]): void {
    const fresh = problems.filter(({ message }) => !this.#known.has(message));
    this.#known = new Set(problems.map(({ message }) => message));
    for (const { severity, message } of fresh) {
      /* eslint-disable project/own-words -- about settings and files of this machine, where there are no prompts */
      if (severity === "error") this.#log.error("sources", message);
      else this.#log.warn("sources", message);
      /* eslint-enable project/own-words */
    }
    const muted = new Set(this.#muted.get());
    const errors = fresh.filter(
      ({ severity, message }) => severity === "error" && !muted.has(message),
    );
    const [first, ...others] = errors;
    if (first === undefined) return;
    const text =
      others.length === 0
        ? first.message
        : vscode.l10n.t("{0} ({1} more in the log)", first.message, others.length);
    const openSettings = vscode.l10n.t("Open Settings");
    const showLog = vscode.l10n.t("Show Log");
    const isSetting = errors.some(({ subject }) => subject.includes("opencodeSessions."));
    const never = vscode.l10n.t("Don't Show Again");
    const choices = isSetting ? [openSettings, showLog, never] : [showLog, never];
    void showWarning(text, ...choices).then((choice) => {
      if (choice === openSettings) {
        void vscode.commands.executeCommand("opencodeSessions.openSettings");
      } else if (choice === showLog) {
        void vscode.commands.executeCommand("opencodeSessions.showLog");
      } else if (choice === never) {
        this.#mute(errors);
      }
    });
  }

  #mute(problems: readonly Problem[]): void {
    const known = this.#muted.get() ?? [];
    const muted = new Set([...known, ...problems.map(({ message }) => message)]);
    this.#muted.set([...muted].slice(-MAX_MUTED));
  }
}

function parseMessages(stored: unknown): readonly string[] | undefined {
  if (!Array.isArray(stored)) return undefined;
  const values: readonly unknown[] = stored;
  return values.filter((value) => typeof value === "string");
}
