import type { OpenCodeSetup } from "./openCodeSetup.ts";

/** What is needed of a `vscode.ExtensionContext`: its folders. */
export interface ExtensionFolders {
  asAbsolutePath(file: string): string;
  readonly globalStorageUri: { readonly fsPath: string };
}

/** What brings session_status to an OpenCode of this machine; loaded when it is asked for. */
export async function loadSetup(extension: ExtensionFolders): Promise<OpenCodeSetup> {
  const { createSetup } = await import("./openCodeSetup.ts");
  return createSetup(extension.globalStorageUri.fsPath, extension.asAbsolutePath("dist"));
}
