import * as vscode from "vscode";

import { plural, t } from "../../core/language.ts";
import type { AttentionItem } from "../../core/state/attention.ts";
import type { Store } from "../../core/state/store.ts";
import { ATTENTION_VIEW_ID, type CommandID } from "../../platform/ids.ts";
import { tooltipMarkdown } from "../../platform/messages.ts";
import { attentionRow, attentionTooltip } from "../../viewModels/attention/attentionRow.ts";
import type { AttentionQueue } from "../notices/attentionQueue.ts";
import { Paced } from "../paced.ts";
import { revealRow } from "./revealRow.ts";
import { themeIcon } from "./themeIcon.ts";

/** As in the sessions tree: refreshes in quicker succession delay each other. */
const REFRESH_INTERVAL_MS = 210;

/** Rows show their age in minutes. */
const TICK_MS = 30_000;

const ANSWER_REQUEST: CommandID = "opencodeSessions.answerRequest";
const OPEN_CONVERSATION: CommandID = "opencodeSessions.openTranscript";

/** The view «Needs Attention»: what waits on all servers, then what failed, then what finished. The count is its badge. */
export class AttentionTree implements vscode.TreeDataProvider<AttentionItem>, vscode.Disposable {
  readonly #store: Pick<Store, "state" | "onDidChange">;
  readonly #queue: AttentionQueue;
  readonly #view: vscode.TreeView<AttentionItem>;
  readonly #refreshed = new vscode.EventEmitter<undefined>();
  readonly #parts: vscode.Disposable;
  /** The item being selected. VS Code reports a selection a moment after it is drawn. */
  #revealed: AttentionItem | undefined;
  #reveals = 0;
  /** The text of the rows as last drawn. */
  #drawn = "";
  readonly #update = new Paced(REFRESH_INTERVAL_MS, () => {
    const isStale = this.#look() !== this.#drawn;
    if (isStale) this.#refreshed.fire(undefined);
    return isStale;
  });

  readonly onDidChangeTreeData: vscode.Event<undefined> = this.#refreshed.event;

  constructor(store: Pick<Store, "state" | "onDidChange">, queue: AttentionQueue) {
    this.#store = store;
    this.#queue = queue;
    this.#view = vscode.window.createTreeView(ATTENTION_VIEW_ID, { treeDataProvider: this });
    const update = (): void => {
      if (this.#view.visible) this.#update.request();
    };
    const tick = setInterval(update, TICK_MS);
    this.#parts = vscode.Disposable.from(
      this.#view,
      this.#update,
      this.#refreshed,
      queue.onDidChange(() => {
        this.#count();
        update();
      }),
      this.#view.onDidChangeVisibility(update),
      this.#view.onDidChangeSelection(({ selection }) => {
        if (this.#reveals === 0 || selection[0] === this.#revealed) this.#revealed = undefined;
      }),
      // Titles may change while something waits.
      new vscode.Disposable(
        store.onDidChange(() => {
          if (queue.items.length > 0) update();
        }),
      ),
      new vscode.Disposable(() => {
        clearInterval(tick);
      }),
    );
    this.#count();
  }

  /** The waiting items, in the order of the rows. */
  get items(): readonly AttentionItem[] {
    return this.#queue.items;
  }

  /** The selected item, if it is still waiting. */
  get selection(): AttentionItem | undefined {
    return this.#revealed ?? this.#view.selection[0];
  }

  dismiss(items: readonly AttentionItem[]): void {
    this.#queue.dismiss(items);
  }

  /** Reveals and selects an item. */
  async reveal(item: AttentionItem): Promise<void> {
    this.#revealed = item;
    this.#reveals++;
    try {
      await revealRow(this.#view, item);
    } catch (error) {
      this.#revealed = undefined;
      throw error;
    } finally {
      this.#reveals--;
    }
  }

  getChildren(element?: AttentionItem): AttentionItem[] {
    if (element !== undefined) return [];
    this.#drawn = this.#look();
    return [...this.#queue.items];
  }

  /** All rows are at the top level. */
  getParent(): undefined {
    return undefined;
  }

  getTreeItem(element: AttentionItem): vscode.TreeItem {
    const row = attentionRow(this.#store.state, element, Date.now());
    const item = new vscode.TreeItem(row.label);
    item.id = element.key;
    item.description = row.description;
    item.iconPath = themeIcon(row.icon);
    item.contextValue = row.contextValue;
    item.accessibilityInformation = { label: row.accessibilityLabel };
    item.command = {
      command: row.asks ? ANSWER_REQUEST : OPEN_CONVERSATION,
      title: row.asks ? vscode.l10n.t("Answer") : vscode.l10n.t("Open Conversation"),
      arguments: [element],
    };
    return item;
  }

  resolveTreeItem(item: vscode.TreeItem, element: AttentionItem): vscode.TreeItem {
    const text = attentionTooltip(this.#store.state, element, Date.now());
    item.tooltip = tooltipMarkdown(text);
    return item;
  }

  dispose(): void {
    this.#parts.dispose();
  }

  #look(): string {
    const nowMs = Date.now();
    return this.#queue.items
      .map((item) => {
        const { label, description } = attentionRow(this.#store.state, item, nowMs);
        return [item.key, label, description].join("\n");
      })
      .join("\n\n");
  }

  #count(): void {
    const { length } = this.#queue.items;
    this.#view.badge =
      length === 0
        ? undefined
        : {
            value: length,
            tooltip: t`${plural(length, "{0} item", "{0} items")} needing your attention`,
          };
  }
}
