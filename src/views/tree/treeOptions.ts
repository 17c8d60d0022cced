import * as vscode from "vscode";

import {
  DEFAULT_TITLE_LENGTH,
  fittingTitleLength,
  type RowPartID,
  type SideBarWidth,
} from "../../core/state/shownParts.ts";
import type { ContextKeys } from "../../platform/contextKeys.ts";
import { Remembered } from "../../platform/memory.ts";
import { normalisePath } from "../../viewModels/text/paths.ts";
import type { TreeBranch, TreeChoices, TreeOptions } from "../../viewModels/tree/sessionTree.ts";
import { SORT_ORDERS } from "../../viewModels/tree/sortSessions.ts";

/** The row contents chosen in the settings. No `titleLength`: as many letters as fit the side bar. */
interface ShownRows {
  readonly rowParts: readonly RowPartID[];
  readonly titleLength: number | undefined;
}

/** The choices that outlast the window; a filter does not, or sessions would seem to be missing. */
type LastingChoices = Omit<TreeChoices, "filter">;

/** Sessions disappear without notice while their pins remain, so the oldest pins are dropped. */
const MOST_PINS = 500;

const USUAL: TreeChoices = {
  scope: "all",
  sort: "recent",
  filter: "",
  includesArchived: false,
};

/**
 * The options of the tree: the user's choices, remembered for the workspace and mirrored in context keys, and
 * the window's folders.
 */
export class TreeOptionsState {
  readonly #remembered: Remembered<LastingChoices>;
  readonly #pins: Remembered<readonly string[]>;
  /** How many letters of a title fit the side bar as it was last seen. */
  readonly #fitting: Remembered<number>;
  readonly #contextKeys: ContextKeys;
  readonly #changed = new vscode.EventEmitter<TreeOptions>();
  readonly #folders: vscode.Disposable;
  #current: TreeOptions;
  #chosenLength: number | undefined;

  /** Fires with the new options after each change. */
  readonly onDidChange: vscode.Event<TreeOptions> = this.#changed.event;

  /** Choices belong to the workspace; pins are global: a session belongs to no window. */
  constructor(
    workspace: vscode.Memento,
    everywhere: vscode.Memento,
    contextKeys: ContextKeys,
    shown: ShownRows,
  ) {
    this.#remembered = new Remembered(workspace, "tree", parseChoices);
    this.#pins = new Remembered(everywhere, "pinned", parsePins);
    this.#fitting = new Remembered(everywhere, "fittingTitleLength", parseLength);
    this.#contextKeys = contextKeys;
    this.#chosenLength = shown.titleLength;
    this.#current = {
      ...USUAL,
      ...this.#remembered.get(),
      folders: workspaceFolders(),
      pinned: new Set(this.#pins.get()),
      rowParts: shown.rowParts,
      titleLength: this.#titleLength(),
    };
    this.#updateContextKeys();
    this.#folders = vscode.workspace.onDidChangeWorkspaceFolders(() => {
      this.#replace({ ...this.#current, folders: workspaceFolders() });
    });
  }

  get current(): TreeOptions {
    return this.#current;
  }

  /** Applies what differs. */
  change(choices: Partial<TreeChoices>): void {
    const next = { ...this.#current, ...choices };
    if (
      next.scope === this.#current.scope &&
      next.sort === this.#current.sort &&
      next.filter === this.#current.filter &&
      next.includesArchived === this.#current.includesArchived
    ) {
      return;
    }
    const { scope, sort, includesArchived } = next;
    this.#remembered.set({ scope, sort, includesArchived });
    this.#replace(next);
  }

  /** Sets the row contents chosen in the settings. */
  setShown({ rowParts, titleLength }: ShownRows): void {
    this.#chosenLength = titleLength;
    this.#replace({ ...this.#current, rowParts, titleLength: this.#titleLength() });
  }

  /** Fits titles to the side bar, unless the settings say how long they are. */
  setSideBarWidth(width: SideBarWidth): void {
    const length = fittingTitleLength(width);
    if (length !== this.#fitting.get()) this.#fitting.set(length);
    const titleLength = this.#titleLength();
    if (titleLength !== this.#current.titleLength) this.#replace({ ...this.#current, titleLength });
  }

  /** Forces a full redraw when the currency has changed, but not the choices. */
  redraw(): void {
    this.#replace({ ...this.#current });
  }

  /** Sets the branch that creates the rows of clusters. */
  setBranch(branch: TreeBranch): void {
    this.#replace({ ...this.#current, branch });
  }

  /** Pins or unpins sessions by their ids. */
  pin(sessionIDs: readonly string[], isPinned: boolean): void {
    // Another window may have pinned something in the meantime.
    const pinned = new Set(this.#pins.get());
    for (const id of sessionIDs) {
      pinned.delete(id);
      if (isPinned) pinned.add(id);
    }
    this.#pins.set([...pinned].slice(-MOST_PINS));
    this.#replace({ ...this.#current, pinned });
  }

  dispose(): void {
    this.#folders.dispose();
    this.#changed.dispose();
  }

  #titleLength(): number {
    return this.#chosenLength ?? this.#fitting.get() ?? DEFAULT_TITLE_LENGTH;
  }

  #replace(options: TreeOptions): void {
    this.#current = options;
    this.#updateContextKeys();
    this.#changed.fire(options);
  }

  #updateContextKeys(): void {
    const { scope, includesArchived, filter } = this.#current;
    this.#contextKeys.set("opencodeSessions.scope", scope);
    this.#contextKeys.set("opencodeSessions.showsArchived", includesArchived);
    this.#contextKeys.set("opencodeSessions.isFiltered", filter.trim() !== "");
  }
}

/** The window's folders that are directories on the extension's machine, normalised. */
function workspaceFolders(): readonly string[] {
  return (vscode.workspace.workspaceFolders ?? [])
    .filter(({ uri }) => uri.scheme === "file")
    .map(({ uri }) => normalisePath(uri.fsPath));
}

function parseLength(stored: unknown): number | undefined {
  return typeof stored === "number" && stored > 0 ? stored : undefined;
}

function parsePins(stored: unknown): readonly string[] | undefined {
  return Array.isArray(stored) ? stored.filter((id) => typeof id === "string") : undefined;
}

function parseChoices(stored: unknown): LastingChoices | undefined {
  if (typeof stored !== "object" || stored === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(stored));
  return {
    scope: fields.get("scope") === "workspace" ? "workspace" : USUAL.scope,
    sort: SORT_ORDERS.find((order) => order === fields.get("sort")) ?? USUAL.sort,
    includesArchived: fields.get("includesArchived") === true,
  };
}
