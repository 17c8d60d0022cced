import * as vscode from "vscode";

const SCHEME = "opencode-sessions-dimmed";

/** The resource of tree items drawn greyed: VS Code colours labels by their resource. */
export const DIMMED_RESOURCE: vscode.Uri = vscode.Uri.from({ scheme: SCHEME, path: "/row" });

/** Makes rows with `DIMMED_RESOURCE` appear greyed. */
export function registerDimmedRows(): vscode.Disposable {
  const decoration = new vscode.FileDecoration();
  decoration.color = new vscode.ThemeColor("disabledForeground");
  return vscode.window.registerFileDecorationProvider({
    provideFileDecoration: (uri) => (uri.scheme === SCHEME ? decoration : undefined),
  });
}
