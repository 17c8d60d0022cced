import type * as vscode from "vscode";

const ATTEMPTS = 4;

/** VS Code collects refreshes of a tree for 200 ms. */
const PAUSE_MS = 250;

/**
 * Shows and selects a row. VS Code refuses an element that it has not drawn yet while it reads the rows anew («Cannot
 * resolve tree item», seen in 1.10x whenever a refresh came in between), so it is asked again once that is over.
 *
 * @throws what VS Code said last, when the row does not come.
 */
export async function revealRow<T>(
  view: vscode.TreeView<T>,
  element: T,
  { focus = true }: { readonly focus?: boolean } = {},
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await view.reveal(element, { select: true, focus });
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}
