import type * as vscode from "vscode";

const ATTEMPTS = 4;

/** VS Code collects refreshes of a tree for 200 ms. */
const PAUSE_MS = 250;

/**
 * Reveals and selects a row. While VS Code re-reads the rows, it refuses an element it has not drawn yet («Cannot
 * resolve tree item», seen in 1.10x whenever a refresh came in between), so this retries after a pause.
 *
 * @throws VS Code's last error, if the row does not appear.
 */
export async function revealRow<T>(view: vscode.TreeView<T>, element: T): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await view.reveal(element, { select: true, focus: true });
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
