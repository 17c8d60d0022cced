import * as vscode from "vscode";

import { USAGE_PANEL_TYPE, USAGE_VIEW_ID } from "../../platform/ids.ts";
import { UsagePage, type UsagePagesOptions, type UsageStart } from "./usagePage.ts";

/** The usage view in the side bar and the single usage panel. */
export class UsagePages
  implements vscode.Disposable, vscode.WebviewViewProvider, vscode.WebviewPanelSerializer
{
  readonly #options: UsagePagesOptions;
  readonly #registrations: vscode.Disposable;
  #panel: { readonly panel: vscode.WebviewPanel; readonly page: UsagePage } | undefined;

  constructor(options: UsagePagesOptions) {
    this.#options = options;
    this.#registrations = vscode.Disposable.from(
      vscode.window.registerWebviewViewProvider(USAGE_VIEW_ID, this),
      vscode.window.registerWebviewPanelSerializer(USAGE_PANEL_TYPE, this),
    );
  }

  /** Opens the panel, or brings it to the front; applies the given choices. */
  open(start: UsageStart = {}): void {
    const known = this.#panel;
    if (known !== undefined) {
      known.panel.reveal();
      known.page.start(start);
      return;
    }
    this.#fill(
      vscode.window.createWebviewPanel(
        USAGE_PANEL_TYPE,
        vscode.l10n.t("OpenCode Usage"),
        vscode.ViewColumn.Active,
        { enableFindWidget: true },
      ),
      start,
    );
  }

  deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    if (this.#panel === undefined) this.#fill(panel, {});
    else panel.dispose();
    return Promise.resolve();
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const page = this.#pageIn(view, "usageView", {});
    view.onDidDispose(() => {
      page.dispose();
    });
  }

  dispose(): void {
    this.#registrations.dispose();
    this.#panel?.panel.dispose();
  }

  #fill(panel: vscode.WebviewPanel, start: UsageStart): void {
    const page = this.#pageIn(panel, "usagePanel", start);
    this.#panel = { panel, page };
    panel.onDidDispose(() => {
      page.dispose();
      this.#panel = undefined;
    });
  }

  #pageIn(
    host: vscode.WebviewView | vscode.WebviewPanel,
    name: "usageView" | "usagePanel",
    start: UsageStart,
  ): UsagePage {
    return new UsagePage(host, name, this.#options, start, (other) => {
      this.open(other);
    });
  }
}
