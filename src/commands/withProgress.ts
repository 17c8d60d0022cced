import * as vscode from "vscode";

import { plainText } from "../core/plainText.ts";

/** Says how far a task has come: what is at work, and the share of it done since the last word, in percent. */
export type Report = (message: string, percent?: number) => void;

/** Runs a task under a notification that tells it is at work and can cancel it. */
export async function withProgress<T>(
  title: string,
  task: (signal: AbortSignal, report: Report) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: plainText(title), cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      const listener = token.onCancellationRequested(() => {
        abort.abort();
      });
      try {
        return await task(abort.signal, (words, percent) => {
          const message = plainText(words);
          progress.report(percent === undefined ? { message } : { message, increment: percent });
        });
      } finally {
        listener.dispose();
      }
    },
  );
}
