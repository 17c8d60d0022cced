import type * as vscode from "vscode";

import { Remembered } from "../../platform/memory.ts";
import { Paced } from "../paced.ts";

/** Sessions disappear without notice while their rows remain here, so those toggled longest ago are dropped. */
export const MOST_ROWS = 500;

/** «Collapse All» collapses many rows at once. */
const WRITE_INTERVAL_MS = 250;

type Toggled = readonly (readonly [element: string, isExpanded: boolean])[];

/**
 * What the user expanded and collapsed, by element: VS Code forgets it when a row moves to another parent and when
 * the window reloads. Remembered for the workspace.
 */
export class TreeExpansion {
  readonly #remembered: Remembered<Toggled>;
  readonly #isExpanded: Map<string, boolean>;
  readonly #write = new Paced(WRITE_INTERVAL_MS, () => {
    this.#remembered.set([...this.#isExpanded].slice(-MOST_ROWS));
  });

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

  dispose(): void {
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
