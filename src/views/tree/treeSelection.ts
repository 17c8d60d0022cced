import * as vscode from "vscode";

import { Remembered } from "../../platform/memory.ts";

/** Redrawing a tree of thousands of rows takes VS Code a few hundred milliseconds. */
const WAIT_MS = 25;
const WAITS = 40;

/** VS Code collects refreshes for 200 ms before it redraws. */
const SETTLED_MS = 400;
const ATTEMPTS = 12;

/**
 * The selection of a tree whose elements are strings, kept while a redraw or a reload of the window makes VS Code
 * forget it.
 */
export class TreeSelection implements vscode.Disposable {
  readonly #view: vscode.TreeView<string>;
  readonly #remembered: Remembered<string>;
  readonly #parts: vscode.Disposable;
  /** Whether a row was selected more recently than an editor became active. */
  #isInUse = false;
  /** The element that was selected when all rows were replaced, until it is selected again. */
  #lost:
    | { readonly element: string; readonly isInUse: boolean; readonly mayExpand: boolean }
    | undefined;
  #isRestoring = false;

  constructor(view: vscode.TreeView<string>, workspace: vscode.Memento) {
    this.#view = view;
    this.#remembered = new Remembered(workspace, "treeSelection", (stored) =>
      typeof stored === "string" ? stored : undefined,
    );
    const element = this.#remembered.get();
    if (element !== undefined) this.#lost = { element, isInUse: false, mayExpand: false };
    this.#parts = vscode.Disposable.from(
      view.onDidChangeSelection(({ selection: [first] }) => {
        if (first !== undefined && first === this.#lost?.element) {
          this.#isInUse = this.#lost.isInUse;
          return;
        }
        this.#isInUse = first !== undefined;
        if (first !== undefined) this.#lost = undefined;
        this.#remembered.set(first ?? this.#lost?.element);
      }),
      vscode.window.tabGroups.onDidChangeTabs(({ opened, changed }) => {
        if ([...opened, ...changed].some(({ isActive }) => isActive)) this.#isInUse = false;
      }),
      vscode.window.onDidChangeActiveTextEditor((editor) => {
        if (editor !== undefined) this.#isInUse = false;
      }),
    );
  }

  /** Whether what is selected now is what was selected before a redraw, not what someone has clicked. */
  get isRestoring(): boolean {
    return this.#isRestoring;
  }

  /** The first selected element, if any. */
  get current(): string | undefined {
    return this.#view.selection[0];
  }

  /** All selected elements. */
  get all(): readonly string[] {
    return this.#view.selection;
  }

  /**
   * The selected element if the tree was used last. VS Code does not tell extensions which view has the focus, so
   * a selection counts until an editor becomes active.
   */
  get inUse(): string | undefined {
    return this.#isInUse && this.#view.visible ? this.current : undefined;
  }

  /**
   * The selected element, once VS Code knows it: while it redraws the whole tree, it briefly does not know which
   * element the selected row belongs to.
   */
  async whenKnown(): Promise<string | undefined> {
    for (let waits = 0; this.current === undefined && waits < WAITS; waits++) {
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    return this.current;
  }

  /** Call before all rows are replaced, for example by a filter: remembers the selection for {@link restore}. */
  keep(): void {
    const element = this.current;
    if (element !== undefined) this.#lost = { element, isInUse: this.#isInUse, mayExpand: true };
  }

  /**
   * Call when VS Code reads rows: selects the remembered element again if it is among them. `mayExpand`: whether
   * rows above it may be expanded for this; after a reload, they stay as they are.
   */
  async restore(isSeen: (element: string, mayExpand: boolean) => boolean): Promise<void> {
    const lost = this.#lost;
    if (lost === undefined || this.#isRestoring || !this.#view.visible) return;
    this.#isRestoring = true;
    for (let attempt = 0; attempt < ATTEMPTS && this.#lost === lost; attempt++) {
      if (!isSeen(lost.element, lost.mayExpand)) break;
      // Once only: a row above it may be collapsed before the next attempt.
      await Promise.resolve(this.#view.reveal(lost.element, { select: true, focus: false })).catch(
        () => undefined,
      );
      // Another redraw may have been in progress when it was selected.
      await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
      if (this.#lost === lost && this.current === lost.element) this.#lost = undefined;
    }
    this.#isRestoring = false;
  }

  dispose(): void {
    this.#parts.dispose();
  }
}
