import * as vscode from "vscode";

/** A part in a bundle of its own, which is loaded at once and yet after activation. */
export function late(part: Promise<{ dispose(): unknown }>): vscode.Disposable {
  return new vscode.Disposable(() => {
    void part.then((loaded) => loaded.dispose());
  });
}
