import * as vscode from "vscode";

import type { Log } from "../../core/log.ts";
import type { SideBarWidth } from "../../core/state/shownParts.ts";
import type { FromPage, WebviewPageName } from "../../protocol/page.ts";
import { parseFromPage } from "../../protocol/parse.ts";
import type { SessionTab } from "../../viewModels/conversation/sessionPlace.ts";
import { webviewHTML } from "./webviewPage.ts";

/** The host of a page: a view in the side bar, or a panel among the editors. */
export type PageHost = vscode.WebviewView | vscode.WebviewPanel;

export interface WebviewOptions {
  readonly extensionUri: vscode.Uri;
  readonly page: WebviewPageName;
  readonly tab?: SessionTab | undefined;
  readonly title: string;
  readonly log: Log;
  /** Called when a page in the side bar reports its width. */
  readonly onWidth: (width: SideBarWidth) => void;
  readonly onMessage: (message: FromPage) => void;
  readonly onShown: () => void;
  /** A hidden webview is destroyed; when it reappears it sends `ready` again. */
  readonly onHidden: () => void;
}

/**
 * Loads a page of the extension's own script into a webview, which can only read `dist`, and passes on its
 * messages until the subscriptions are disposed of.
 */
export function openWebview(host: PageHost, options: WebviewOptions): vscode.Disposable[] {
  const { extensionUri, page, tab, title, log, onWidth, onMessage, onShown, onHidden } = options;
  const { webview } = host;
  const isInSideBar = "onDidChangeVisibility" in host;
  const follow = (): void => {
    if (host.visible) onShown();
    else onHidden();
  };
  const subscriptions = [
    webview.onDidReceiveMessage((value: unknown) => {
      const message = parseFromPage(value);
      if (message === undefined) log.warn("page", `the page “${page}” sent an unknown message`);
      else if (message.type === "problem") {
        const { during, name, at } = message;
        log.error("page", `the page “${page}” failed (${during}): ${[name, ...at].join(" at ")}`);
      } else if (message.type === "width") {
        if (isInSideBar) onWidth(message);
      } else onMessage(message);
    }),
    isInSideBar ? host.onDidChangeVisibility(follow) : host.onDidChangeViewState(follow),
  ];
  const dist = vscode.Uri.joinPath(extensionUri, "dist");
  const icon = (name: string): vscode.Uri =>
    vscode.Uri.joinPath(extensionUri, "media", `breakdown-${name}.svg`);
  if ("iconPath" in host) host.iconPath = { light: icon("light"), dark: icon("dark") };
  webview.options = { enableScripts: true, localResourceRoots: [dist] };
  webview.html = webviewHTML({
    ...{ page, tab, title },
    cspSource: webview.cspSource,
    nonce: crypto.randomUUID().replaceAll("-", ""),
    fileURL: (name) => webview.asWebviewUri(vscode.Uri.joinPath(dist, name)).toString(),
  });
  return subscriptions;
}
