import * as vscode from "vscode";

const SCHEME = "opencode-sessions-dimmed";

/** What a tree item has as its resource to be drawn greyed: VS Code colours labels by their resource. */
export const DIMMED_RESOURCE: vscode.Uri = vscode.Uri.from({ scheme: SCHEME, path: "/row" });

/** Lets rows with `DIMMED_RESOURCE` be drawn greyed. */
export function registerDimmedRows(): vscode.Disposable {
  const decoration = new vscode.FileDecoration();
  decoration.color = new vscode.ThemeColor("disabledForeground");
  return vscode.window.registerFileDecorationProvider({
    provideFileDecoration: (uri) => (uri.scheme === SCHEME ? decoration : undefined),
  });
}
