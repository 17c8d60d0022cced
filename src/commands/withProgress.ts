import * as vscode from "vscode";

import { plainText } from "../core/plainText.ts";

/** Reports progress: the current step, and the percentage done since the last report. */
export type Report = (message: string, percent?: number) => void;

/** Runs a task that can be stopped elsewhere while the status bar says so. */
export async function withStatusBarProgress<T>(title: string, task: () => Promise<T>): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: plainText(title) },
    task,
  );
}

/** Runs a task under a progress notification that can cancel it. */
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
