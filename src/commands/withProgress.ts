import * as vscode from "vscode";

/** Runs a task under a notification that tells it is at work and can cancel it. */
export async function withProgress<T>(
  title: string,
  task: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (_progress, token) => {
      const abort = new AbortController();
      const listener = token.onCancellationRequested(() => {
        abort.abort();
      });
      try {
        return await task(abort.signal);
      } finally {
        listener.dispose();
      }
    },
  );
}
