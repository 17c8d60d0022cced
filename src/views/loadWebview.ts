import * as vscode from "vscode";

import type { WebviewPageName } from "../protocol/page.ts";
import { webviewHTML } from "./webviewPage.ts";

/** Loads a page of the extension's own script into a webview, which may read nothing but `dist`. */
export function loadWebview(
  webview: vscode.Webview,
  extensionUri: vscode.Uri,
  page: WebviewPageName,
  title: string,
): void {
  const dist = vscode.Uri.joinPath(extensionUri, "dist");
  const file = (name: string): string =>
    webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString();
  webview.options = { enableScripts: true, localResourceRoots: [dist] };
  webview.html = webviewHTML({
    page,
    title,
    cspSource: webview.cspSource,
    nonce: crypto.randomUUID().replaceAll("-", ""),
    scriptURL: file("webview.js"),
    styleURL: file("webview.css"),
  });
}

/** The icon of a panel of charts. */
export function chartsIcon(extensionUri: vscode.Uri): {
  readonly light: vscode.Uri;
  readonly dark: vscode.Uri;
} {
  const icon = (name: string): vscode.Uri =>
    vscode.Uri.joinPath(extensionUri, "media", `breakdown-${name}.svg`);
  return { light: icon("light"), dark: icon("dark") };
}
