import * as vscode from "vscode";

import { tooltipMarkdown } from "../../platform/messages.ts";
import { eventLoopTurn, inSlices } from "../../core/inSlices.ts";
import { plainText } from "../../core/plainText.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { Store } from "../../core/state/store.ts";
import type { ContextKeys } from "../../platform/contextKeys.ts";
import { type CommandID, SESSIONS_VIEW_ID } from "../../platform/ids.ts";
import { DrawnTree } from "../../viewModels/tree/drawnTree.ts";
import { HOLD_MS } from "../../viewModels/tree/heldRows.ts";
import { recentRoots } from "../../viewModels/tree/recentRoots.ts";
import {
  isElementInTree,
  isInTree,
  parentElement,
  siblingInTree,
  type TreeChoices,
  type TreeOptions,
} from "../../viewModels/tree/sessionTree.ts";
import { elementKind } from "../../viewModels/tree/treeElements.ts";
import { treeDescription, treeMessage } from "../../viewModels/tree/treeMessage.ts";
import type { TreeRow } from "../../viewModels/tree/anyRow.ts";
import { treeTooltip } from "../../viewModels/tree/treeRow.ts";
import { DIMMED_RESOURCE } from "./dimmedRows.ts";
import { Paced } from "../paced.ts";
import { FILTER_ROW, filterItem, markedLabel } from "./filterRow.ts";
import { revealRow } from "./revealRow.ts";
import { themeIcon } from "./themeIcon.ts";
import { setTreeContextKeys } from "./treeContextKeys.ts";
import type { TreeOptionsState } from "./treeOptions.ts";
import { TreeExpansion } from "./treeExpansion.ts";
import { TreeSelection } from "./treeSelection.ts";

/**
 * VS Code collects refreshes of a tree until none has arrived for 200 ms, but passes on the first one immediately.
 * Refreshes slightly further apart each count as a first one; closer ones would delay each other forever.
 */
const REFRESH_INTERVAL_MS = 210;

/** Changes come in bursts: those arriving within this time of a first refresh join it instead of the next. */
const LEAD_MS = 50;

/** Rows show their age in minutes. */
const TICK_MS = 30_000;

/** Running tools show their duration in steps of ten seconds. */
const TOOL_TICK_MS = 5_000;

/** Rows of longer lists are created before VS Code asks for them, which it does for all at once. */
const LONG_LIST = 200;

/** Number of root sessions whose context is requested while the tree is visible. */
const CONTEXT_ROOTS = 20;

const ACTIVATE_SESSION: CommandID = "opencodeSessions.activateSession";

const COLLAPSIBLE = {
  none: vscode.TreeItemCollapsibleState.None,
  collapsed: vscode.TreeItemCollapsibleState.Collapsed,
  expanded: vscode.TreeItemCollapsibleState.Expanded,
} as const;

export interface SessionsTreeOptions {
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly treeOptions: TreeOptionsState;
  readonly activeSession: {
    readonly current: SessionRef | undefined;
    readonly onDidChange: vscode.Event<SessionRef | undefined>;
  };
  readonly contextKeys: ContextKeys;
  /** The workspace's: expansion and selection survive a reload of the window. */
  readonly memento: vscode.Memento;
  /** Called with the most recent root sessions while the tree is visible, and again when they change. */
  readonly onDidShowRoots: (refs: readonly SessionRef[]) => void;
  /** Called when the user expands or collapses a server's row, and when its children are drawn. */
  readonly onDidOpenServer: (element: string, how: "expanded" | "drawn" | "collapsed") => void;
}

/**
 * The view «Sessions». Elements are strings (`treeElements.ts`), so expansion and selection survive every
 * refresh. Rows are created when VS Code asks for them; `DrawnTree` decides what is refreshed.
 */
export class SessionsTree implements vscode.TreeDataProvider<string>, vscode.Disposable {
  /** The selection; it survives a change of the filter. */
  readonly selection: TreeSelection;
  readonly #store: SessionsTreeOptions["store"];
  readonly #treeOptions: TreeOptionsState;
  readonly #contextKeys: ContextKeys;
  readonly #onDidShowRoots: SessionsTreeOptions["onDidShowRoots"];
  readonly #onDidOpenServer: SessionsTreeOptions["onDidOpenServer"];
  readonly #drawn: DrawnTree;
  readonly #view: vscode.TreeView<string>;
  readonly #refreshed = new vscode.EventEmitter<string[] | undefined>();
  readonly #activate: vscode.Command = {
    command: ACTIVATE_SESSION,
    title: vscode.l10n.t("Make Active Session"),
  };
  readonly #expansion: TreeExpansion;
  /** What the user expanded and collapsed while a filter is on: removing it restores the previous state. */
  readonly #isExpandedInFilter = new Map<string, boolean>();
  readonly #update = new Paced(REFRESH_INTERVAL_MS, () => this.#refresh(), LEAD_MS);
  readonly #parts: vscode.Disposable;
  /** Rows of long lists that VS Code has not requested yet. */
  readonly #made = new Map<string, vscode.TreeItem>();
  /** Long lists VS Code has not received yet: it would ignore a refresh of their rows. */
  #unfinishedLists = 0;
  #hasSearched = false;

  readonly onDidChangeTreeData: vscode.Event<string[] | undefined> = this.#refreshed.event;

  constructor(options: SessionsTreeOptions) {
    const { store, treeOptions, activeSession } = options;
    this.#store = store;
    this.#treeOptions = treeOptions;
    this.#contextKeys = options.contextKeys;
    this.#onDidShowRoots = options.onDidShowRoots;
    this.#onDidOpenServer = options.onDidOpenServer;
    this.#drawn = new DrawnTree(store.state, treeOptions.current, Date.now());
    this.#drawn.setActive(store.state, activeSession.current);
    this.#view = vscode.window.createTreeView(SESSIONS_VIEW_ID, {
      treeDataProvider: this,
      showCollapseAll: true,
      canSelectMany: true,
    });
    this.#expansion = new TreeExpansion(options.memento);
    this.selection = new TreeSelection(this.#view, options.memento);
    const tick = setInterval(() => {
      if (this.#view.visible) this.#noteTime();
    }, TICK_MS);
    const toolTick = setInterval(() => {
      if (!this.#view.visible) return;
      this.#drawn.noteTools(this.#store.state);
      this.#update.request();
    }, TOOL_TICK_MS);
    this.#parts = vscode.Disposable.from(
      this.#view,
      this.selection,
      this.#expansion,
      this.#update,
      this.#refreshed,
      new vscode.Disposable(
        store.onDidChange((changes, state) => {
          this.#drawn.note(changes, state);
          if (changes.structure || changes.servers.size > 0) this.#updateContextKeys();
          if (this.#view.visible) this.#update.request();
        }),
      ),
      new vscode.Disposable(() => {
        clearInterval(tick);
        clearInterval(toolTick);
      }),
      treeOptions.onDidChange((changed) => {
        this.#takeOptions(changed);
      }),
      activeSession.onDidChange((active) => {
        this.#drawn.setActive(store.state, active);
        if (this.#view.visible) this.#update.request();
      }),
      this.#view.onDidExpandElement(({ element }) => {
        this.#noteToggled(element, "expanded");
      }),
      this.#view.onDidCollapseElement(({ element }) => {
        this.#noteToggled(element, "collapsed");
      }),
      this.#view.onDidChangeVisibility(({ visible }) => {
        this.#drawn.release();
        if (visible) this.#noteTime();
        else this.#expansion.noteHidden();
      }),
      this.#view.onDidChangeSelection(({ selection: [element] }) => {
        if (!this.selection.isRestoring) this.#hold(element);
      }),
    );
    this.#describe();
    this.#updateContextKeys();
  }

  /** The options the tree is drawn with. */
  get options(): TreeOptions {
    return this.#treeOptions.current;
  }

  /** Pins or unpins sessions. */
  pin(sessionIDs: readonly string[], isPinned: boolean): void {
    this.#treeOptions.pin(sessionIDs, isPinned);
  }

  change(choices: Partial<TreeChoices>): void {
    this.#treeOptions.change(choices);
  }

  /** Call this once every source of servers has reported: an empty tree then says that there are no servers. */
  markSearched(): void {
    this.#hasSearched = true;
    this.#updateContextKeys();
  }

  /** The session before (-1) or after (1) this one in the tree, under the same parent. */
  sibling(ref: SessionRef, direction: 1 | -1): SessionRef | undefined {
    const { state } = this.#store;
    return siblingInTree(state, this.#drawn.shape, ref, direction);
  }

  /** Reveals and selects the session in the tree; false if filter, scope or archive hides it. */
  async reveal(ref: SessionRef): Promise<boolean> {
    // VS Code cannot reveal a row of a list it has not received yet.
    while (this.#unfinishedLists > 0) await eventLoopTurn();
    this.#drawn.release();
    this.#refresh();
    const { state } = this.#store;
    if (!isInTree(state, this.#drawn.shape, ref)) return false;
    await revealRow(this.#view, sessionKey(ref.serverID, ref.sessionID));
    return true;
  }

  getChildren(element?: string): string[] | Promise<string[]> {
    const children = this.#drawn.children(this.#store.state, element);
    if (element !== undefined) this.#noteRequested(element);
    if (element === undefined) {
      this.#describe();
      this.#updateContextKeys();
      this.#showRoots();
    } else if (elementKind(element) === "server") this.#onDidOpenServer(element, "drawn");
    void this.selection.restore((lost, mayExpand) => {
      const isOpen = (above: string): boolean => mayExpand || this.#isOpen(above);
      return isElementInTree(this.#store.state, this.#drawn.shape, lost, isOpen);
    });
    const isFiltered = element === undefined && this.#filter !== "" && children.length > 0;
    const list = isFiltered ? [FILTER_ROW, ...children] : [...children];
    return list.length > LONG_LIST ? this.#withRowsMade(list) : list;
  }

  getParent(element: string): string | undefined {
    return parentElement(this.#store.state, this.#drawn.shape, element);
  }

  getTreeItem(element: string): vscode.TreeItem {
    return this.#made.get(element) ?? this.#item(element);
  }

  resolveTreeItem(item: vscode.TreeItem, element: string): vscode.TreeItem {
    if (element === FILTER_ROW) return item;
    const { state } = this.#store;
    this.#hold(element, true);
    const text = treeTooltip(state, this.#drawn.shape, element, Date.now());
    if (text !== undefined) item.tooltip = tooltipMarkdown(text);
    return item;
  }

  dispose(): void {
    this.#parts.dispose();
  }

  get #filter(): string {
    return this.#drawn.shape.options.filter.trim();
  }

  get #expansions(): Pick<TreeExpansion, "get" | "set"> {
    return this.#filter === "" ? this.#expansion : this.#isExpandedInFilter;
  }

  #item(element: string): vscode.TreeItem {
    if (element === FILTER_ROW) return filterItem();
    const row = this.#drawn.row(this.#store.state, element, Date.now());
    // A session that is gone has an empty row until the next refresh.
    const item = new vscode.TreeItem(row?.label ?? "", this.#collapsibleState(element, row));
    // VS Code only expands and collapses new rows: each filter gives all rows new ids.
    item.id = this.#filter === "" ? element : `${this.#filter}\n${element}`;
    if (row === undefined) return item;
    item.label = markedLabel(element, row.label, this.#filter);
    item.description = row.description;
    item.iconPath = themeIcon(row.icon);
    item.contextValue = row.contextValue;
    item.accessibilityInformation = { label: row.accessibilityLabel };
    if (row.isDimmed) item.resourceUri = DIMMED_RESOURCE;
    // Not left to resolveTreeItem, and without arguments: VS Code keeps those only until a row is redrawn,
    // and a click just then would fail. The clicked row is selected anyway.
    if (elementKind(element) === "session") item.command = this.#activate;
    return item;
  }

  async #withRowsMade(list: string[]): Promise<string[]> {
    this.#unfinishedLists++;
    try {
      await inSlices(list, (element) => {
        this.#made.set(element, this.#item(element));
      });
      return list;
    } finally {
      // VS Code asks for the rows before the event loop turns.
      setImmediate(() => {
        for (const element of list) this.#made.delete(element);
        this.#unfinishedLists--;
        this.#update.request();
      });
    }
  }

  #takeOptions(options: TreeOptions): void {
    if (options.filter.trim() !== this.#filter) {
      this.#isExpandedInFilter.clear();
      this.selection.keep();
    }
    this.#drawn.setOptions(this.#store.state, options);
    this.#updateContextKeys();
    this.#update.request();
  }

  #noteToggled(element: string, how: "expanded" | "collapsed"): void {
    this.#expansions.set(element, how === "expanded");
    this.#hold(element);
    if (elementKind(element) === "server") this.#onDidOpenServer(element, how);
  }

  /** Someone points at a row: nothing moves for a while. */
  #hold(element: string | undefined, isRead = false): void {
    if (element === undefined || element === FILTER_ROW) return;
    this.#drawn.hold(this.#store.state, element, performance.now(), isRead);
    this.#update.request(HOLD_MS);
  }

  #noteTime(): void {
    this.#drawn.noteTime(this.#store.state, Date.now());
    this.#update.request();
    this.#showRoots();
  }

  /** Returns whether anything was redrawn. */
  #refresh(): boolean {
    if (this.#unfinishedLists > 0) return false;
    const { state } = this.#store;
    const redraw = this.#drawn.take(state, Date.now(), performance.now());
    const { nextCheckMs } = this.#drawn;
    if (nextCheckMs !== undefined) this.#update.request(nextCheckMs - performance.now());
    if (redraw.kind === "elements") this.#refreshed.fire([...redraw.elements]);
    else if (redraw.kind === "all") this.#refreshed.fire(undefined);
    else if (redraw.kind === "roots") {
      this.#refreshed.fire([...redraw.elements]);
      this.#showRoots();
    }
    return redraw.kind !== "nothing";
  }

  #showRoots(): void {
    if (!this.#view.visible) return;
    this.#onDidShowRoots(recentRoots(this.#store.state, this.#drawn.shape, CONTEXT_ROOTS));
  }

  /**
   * Updates the view's message and description: sorting, filter and scope. A message is queued with the
   * refreshes and would delay one, so it is set while the tree is drawn.
   */
  #describe(): void {
    const message = treeMessage(this.#drawn.shape) ?? "";
    if (this.#view.message !== message) this.#view.message = plainText(message);
    const description = treeDescription(this.#treeOptions.current);
    if (this.#view.description !== description) this.#view.description = description;
  }

  #updateContextKeys(): void {
    setTreeContextKeys(this.#contextKeys, this.#store.state, this.#drawn.shape, this.#hasSearched);
  }

  #collapsibleState(
    element: string,
    row: Pick<TreeRow, "expansion"> | undefined,
  ): vscode.TreeItemCollapsibleState {
    if (row === undefined || row.expansion === "none") return COLLAPSIBLE.none;
    const isExpanded = this.#expansions.get(element) ?? row.expansion === "expanded";
    if (isExpanded && this.#filter === "" && this.#view.visible && this.#isUnderOpenRows(element)) {
      this.#expansion.noteDrawn(element);
    }
    return isExpanded ? COLLAPSIBLE.expanded : COLLAPSIBLE.collapsed;
  }

  #noteRequested(element: string): void {
    if (this.#filter === "") this.#expansion.noteRequested(element);
    // VS Code reports no expansion during a full redraw.
    else if (!this.#isExpandedInFilter.has(element)) this.#isExpandedInFilter.set(element, true);
  }

  #isOpen(element: string): boolean {
    return this.#expansions.get(element) ?? elementKind(element) !== "session";
  }

  #isUnderOpenRows(element: string): boolean {
    let at = this.getParent(element);
    for (let depth = 0; at !== undefined && depth < 1000; depth++) {
      if (!this.#isOpen(at)) return false;
      at = this.getParent(at);
    }
    return at === undefined;
  }
}
