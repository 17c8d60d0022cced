import * as vscode from "vscode";

import { makePrivateFolder, writePrivateFile } from "../files/writeFile.ts";

/*
 * Files that the user asked for, in a place that they chose. Figures are written like any file of theirs; what was said
 * in sessions is for them alone. Where the place isn't a folder of this machine, its file system decides.
 */

/** Saves figures. A new file gets the default mode, and an existing one keeps its own. */
export async function saveFigures(uri: vscode.Uri, content: Uint8Array | string): Promise<void> {
  await vscode.workspace.fs.writeFile(uri, bytesOf(content));
}

/** Creates a folder for conversations. */
export async function makeConversationFolder(uri: vscode.Uri): Promise<void> {
  if (uri.scheme === "file") await makePrivateFolder(uri.fsPath);
  else await vscode.workspace.fs.createDirectory(uri);
}

/** Saves a conversation, readable only by its user. */
export async function saveConversation(uri: vscode.Uri, content: string): Promise<void> {
  if (uri.scheme === "file") await writePrivateFile(uri.fsPath, content);
  else await vscode.workspace.fs.writeFile(uri, bytesOf(content));
}

function bytesOf(content: Uint8Array | string): Uint8Array {
  return typeof content === "string" ? new TextEncoder().encode(content) : content;
}
