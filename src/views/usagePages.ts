import * as vscode from "vscode";

import { USAGE_PANEL_TYPE, USAGE_VIEW_ID } from "../platform/ids.ts";
import type { UsagePage, UsagePagesOptions, UsageStart } from "./usagePage.ts";

/** A panel of VS Code, and what fills it once that is loaded. */
interface OpenPanel {
  readonly panel: vscode.WebviewPanel;
  page: UsagePage | undefined;
}

/**
 * The usage view in the side bar and the usage panel, of which there is one. What fills them is loaded when the first
 * is seen.
 */
export class UsagePages
  implements vscode.Disposable, vscode.WebviewViewProvider, vscode.WebviewPanelSerializer
{
  readonly #options: UsagePagesOptions;
  readonly #registrations: vscode.Disposable;
  #panel: OpenPanel | undefined;

  constructor(options: UsagePagesOptions) {
    this.#options = options;
    this.#registrations = vscode.Disposable.from(
      vscode.window.registerWebviewViewProvider(USAGE_VIEW_ID, this),
      vscode.window.registerWebviewPanelSerializer(USAGE_PANEL_TYPE, this),
    );
  }

  /** Opens the panel, or brings it to the front; at what is given where something is. */
  open(start: UsageStart = {}): void {
    const known = this.#panel;
    if (known !== undefined) {
      known.panel.reveal();
      known.page?.start(start);
      return;
    }
    void this.#fill(
      vscode.window.createWebviewPanel(
        USAGE_PANEL_TYPE,
        vscode.l10n.t("OpenCode Usage"),
        vscode.ViewColumn.Active,
        { enableFindWidget: true },
      ),
      start,
    );
  }

  async deserializeWebviewPanel(panel: vscode.WebviewPanel): Promise<void> {
    if (this.#panel === undefined) await this.#fill(panel, {});
    else panel.dispose();
  }

  async resolveWebviewView(view: vscode.WebviewView): Promise<void> {
    const gone = new AbortController();
    view.onDidDispose(() => {
      gone.abort();
    });
    const page = await this.#load(view, "usageView", {});
    if (gone.signal.aborted) page?.dispose();
    else view.onDidDispose(() => page?.dispose());
  }

  dispose(): void {
    this.#registrations.dispose();
    this.#panel?.panel.dispose();
  }

  async #fill(panel: vscode.WebviewPanel, start: UsageStart): Promise<void> {
    const added: OpenPanel = { panel, page: undefined };
    this.#panel = added;
    panel.onDidDispose(() => {
      added.page?.dispose();
      if (this.#panel === added) this.#panel = undefined;
    });
    const page = await this.#load(panel, "usagePanel", start);
    // It may have been closed meanwhile.
    if (this.#panel !== added) page?.dispose();
    added.page = page;
  }

  async #load(
    host: vscode.WebviewView | vscode.WebviewPanel,
    name: "usageView" | "usagePanel",
    start: UsageStart,
  ): Promise<UsagePage | undefined> {
    try {
      const { UsagePage } = await import("./usagePage.ts");
      return new UsagePage(host, name, this.#options, start, (other) => {
        this.open(other);
      });
    } catch (error) {
      this.#options.tellFailure(vscode.l10n.t("Open Usage"), error);
      return undefined;
    }
  }
}
