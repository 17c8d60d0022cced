import type * as vscode from "vscode";

import { Remembered } from "../../platform/memory.ts";
import { Paced } from "../paced.ts";

/** Sessions disappear without notice while their rows remain here, so those toggled longest ago are dropped. */
export const MOST_ROWS = 500;

/** «Collapse All» collapses many rows at once. */
const WRITE_INTERVAL_MS = 250;

/** VS Code requests the children of expanded rows as soon as it has drawn them, even of thousands within this time. */
const REQUEST_MS = 5000;

type Toggled = readonly (readonly [element: string, isExpanded: boolean])[];

/**
 * What the user expanded and collapsed, by element: VS Code forgets it when a row moves to another parent and when
 * the window reloads. Remembered for the workspace.
 *
 * VS Code does not report that a row was collapsed while its list is being redrawn (1.139: `setExpanded` of
 * `ExtHostTreeView` knows no such element until the list is read again). It requests the children of expanded rows only,
 * so a row that was drawn as expanded and whose children are not requested counts as collapsed.
 */
export class TreeExpansion {
  readonly #remembered: Remembered<Toggled>;
  readonly #isExpanded: Map<string, boolean>;
  readonly #write = new Paced(WRITE_INTERVAL_MS, () => {
    this.#remembered.set([...this.#isExpanded].slice(-MOST_ROWS));
  });

  /** Rows drawn as expanded whose children were not requested yet: those drawn recently, and those drawn before. */
  #recent = new Set<string>();
  #earlier = new Set<string>();
  #settle: ReturnType<typeof setTimeout> | undefined;

  constructor(workspace: Pick<vscode.Memento, "get" | "update">) {
    this.#remembered = new Remembered(workspace, "treeExpansion", parseToggled);
    this.#isExpanded = new Map(this.#remembered.get());
  }

  /** Undefined for a row that the user never toggled. */
  get(element: string): boolean | undefined {
    return this.#isExpanded.get(element);
  }

  set(element: string, isExpanded: boolean): void {
    this.#isExpanded.delete(element);
    this.#isExpanded.set(element, isExpanded);
    this.#write.request();
  }

  /** Call when a row is drawn as expanded. */
  noteDrawn(element: string): void {
    this.#recent.add(element);
    this.#settle ??= setTimeout(() => {
      this.#takeUnrequested();
    }, REQUEST_MS);
  }

  /** Call when VS Code requests the children of a row. */
  noteRequested(element: string): void {
    this.#recent.delete(element);
    this.#earlier.delete(element);
    if (this.get(element) === undefined) this.set(element, true);
  }

  /** Call when the tree is hidden: VS Code requests no children then. */
  noteHidden(): void {
    this.#recent.clear();
    this.#earlier.clear();
  }

  #takeUnrequested(): void {
    for (const element of this.#earlier) this.set(element, false);
    this.#earlier = this.#recent;
    this.#recent = new Set();
    this.#settle = undefined;
    if (this.#earlier.size === 0) return;
    this.#settle = setTimeout(() => {
      this.#takeUnrequested();
    }, REQUEST_MS);
  }

  dispose(): void {
    clearTimeout(this.#settle);
    this.#write.dispose();
  }
}

function parseToggled(stored: unknown): Toggled | undefined {
  if (!Array.isArray(stored)) return undefined;
  return stored.flatMap((entry: unknown) => {
    const [element, isExpanded]: readonly unknown[] = isList(entry) ? entry : [];
    return typeof element === "string" && typeof isExpanded === "boolean"
      ? [[element, isExpanded] as const]
      : [];
  });
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
