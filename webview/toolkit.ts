/**
 * The only file that uses `@vscode/webview-ui-toolkit`: the toolkit is no longer maintained, so a replacement
 * needs to change only this file. The rest of the webview uses the names below.
 */
import {
  Button,
  DataGridCell,
  DataGridRow,
  Dropdown,
  Panels,
  provideVSCodeDesignSystem,
  vsCodeBadge,
  vsCodeButton,
  vsCodeDataGrid,
  vsCodeDataGridCell,
  vsCodeDataGridRow,
  vsCodeDropdown,
  vsCodeOption,
  vsCodePanels,
  vsCodePanelTab,
  vsCodePanelView,
  vsCodeProgressRing,
} from "@vscode/webview-ui-toolkit";

import { element, setAttribute, setShown, setText } from "./dom.ts";

/** Registers the toolkit's elements with the page. Call once, before creating any. */
export function registerToolkit(): void {
  provideVSCodeDesignSystem().register(
    vsCodeBadge(),
    vsCodeButton(),
    vsCodeDataGrid(),
    vsCodeDataGridCell(),
    vsCodeDataGridRow(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodePanels(),
    vsCodePanelTab(),
    vsCodePanelView(),
    vsCodeProgressRing(),
  );
}

/** Creates a toolkit element by its tag, which must be registered. */
function toolkitElement(tag: string, attributes: Record<string, string> = {}): HTMLElement {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export interface ButtonOptions {
  readonly label: string;
  /** Read out and shown on hover if the label alone says too little. */
  readonly hint?: string;
  readonly appearance?: "primary" | "secondary" | "icon";
  readonly onClick: () => void;
}

export interface ButtonView {
  readonly element: HTMLElement;
  /** A reason disables the button and is shown on hover; undefined enables it. */
  setRefusal(reason: string | undefined): void;
  setLabel(label: string, hint: string): void;
}

export function createButton(options: ButtonOptions): ButtonView {
  const button = new Button();
  button.appearance = options.appearance ?? "secondary";
  button.textContent = options.label;
  let { label, hint = "" } = options;
  const showHint = (): void => {
    setAttribute(button, "title", hint === "" ? undefined : hint);
    // The toolkit would name a button of the look "icon" after its look.
    setAttribute(button, "aria-label", hint === "" ? label : accessibleName(label, hint));
  };
  showHint();
  button.addEventListener("click", () => {
    if (!button.disabled) options.onClick();
  });
  return {
    element: button,
    setRefusal: (reason) => {
      button.disabled = reason !== undefined;
      setAttribute(button, "title", reason ?? (hint === "" ? undefined : hint));
    },
    setLabel: (nextLabel, nextHint) => {
      if (label === nextLabel && hint === nextHint) return;
      [label, hint] = [nextLabel, nextHint];
      setText(button, label);
      showHint();
    },
  };
}

/** An accessible name that begins with the visible label, which users of voice control say. */
function accessibleName(label: string, hint: string): string {
  const seen = label.replace("…", "").toLowerCase();
  return hint.toLowerCase().startsWith(seen) ? hint : `${label.replace("…", "")}: ${hint}`;
}

export interface DropdownView {
  readonly element: HTMLElement;
  setValue(value: string): void;
}

export function createDropdown(
  label: string,
  options: readonly { readonly value: string; readonly label: string }[],
  onChange: (value: string) => void,
): DropdownView {
  const dropdown = new Dropdown();
  dropdown.setAttribute("aria-label", label);
  for (const option of options) {
    const item = toolkitElement("vscode-option", { value: option.value });
    item.textContent = option.label;
    dropdown.append(item);
  }
  dropdown.addEventListener("change", () => {
    onChange(dropdown.value);
  });
  return {
    element: dropdown,
    setValue: (value) => {
      if (dropdown.value !== value) dropdown.value = value;
    },
  };
}

export function createBadge(): HTMLElement {
  return toolkitElement("vscode-badge");
}

/** A ring that spins while something is in progress. */
export function createProgressRing(label: string): HTMLElement {
  return toolkitElement("vscode-progress-ring", { "aria-label": label, role: "progressbar" });
}

export interface TabsView {
  readonly element: HTMLElement;
  /** Sets the number beside a tab's label; undefined for none. */
  setCount(id: string, count: string | undefined): void;
  select(id: string): void;
}

/**
 * Tabs with their views, in order, and controls beside or below them; `onSelect` receives the user's choice.
 * The root exposes the height of the strip as `--tabs-height`.
 */
export function createTabs(
  label: string,
  tabs: readonly { readonly id: string; readonly label: string; readonly content: HTMLElement }[],
  controls: HTMLElement,
  onSelect: (id: string) => void,
): TabsView {
  const panels = new Panels();
  panels.setAttribute("aria-label", label);
  // It knows only one line of tabs.
  panels.activeindicator = false;
  const heads = new Map<
    string,
    { readonly name: string; readonly head: HTMLElement; readonly badge: HTMLElement }
  >();
  const views: HTMLElement[] = [];
  for (const tab of tabs) {
    const badge = createBadge();
    badge.hidden = true;
    const head = toolkitElement("vscode-panel-tab", { id: `tab-${tab.id}` });
    head.append(tab.label, badge);
    heads.set(tab.id, { name: tab.label, head, badge });
    panels.append(head);
    const view = toolkitElement("vscode-panel-view", { id: `view-${tab.id}` });
    view.append(tab.content);
    views.push(view);
  }
  controls.slot = "end";
  panels.append(...views, controls);
  panels.addEventListener("change", () => {
    const id = panels.activeid.replace(/^tab-/, "");
    if (heads.has(id)) onSelect(id);
  });
  new ResizeObserver(() => {
    const height = panels.shadowRoot?.querySelector<HTMLElement>("[part=tablist]")?.offsetHeight;
    if (height) document.documentElement.style.setProperty("--tabs-height", `${height}px`);
  }).observe(panels);
  return {
    element: panels,
    setCount: (id, count) => {
      const tab = heads.get(id);
      if (tab === undefined) return;
      setShown(tab.badge, count !== undefined);
      setText(tab.badge, count ?? "");
      // The toolkit names a tab after its initial text.
      setAttribute(tab.head, "aria-label", `${tab.name} ${count ?? ""}`.trim());
    },
    select: (id) => {
      const wanted = `tab-${id}`;
      if (heads.has(id) && panels.activeid !== wanted) panels.activeid = wanted;
    },
  };
}

export interface GridColumn {
  readonly title: string;
  /** Shown when hovering over the title. */
  readonly hint?: string;
  /** Share of the remaining width. */
  readonly grow: number;
  /** Number of characters after which text may be cut off; figures are never cut off. */
  readonly maxChars?: number;
  readonly align: "start" | "end";
}

export interface GridCell {
  readonly text: string;
  readonly hint?: string | undefined;
  readonly className?: string | undefined;
  /** Makes the text a link. */
  readonly onClick?: (() => void) | undefined;
  /** Indentation level, for a tree in a table. */
  readonly depth?: number | undefined;
}

export interface GridRow {
  readonly cells: readonly GridCell[];
  readonly className?: string | undefined;
  /** Sums stay visible below the heading, in bold. */
  readonly isSum?: boolean;
}

export interface GridView {
  readonly element: HTMLElement;
  /** Updates the rows in place, keeping elements, focus and scroll position. `rowCount` covers all pages. */
  setRows(rows: readonly GridRow[], rowCount?: number, firstIndex?: number): void;
}

/** Width of bold text relative to regular text. */
const BOLD_WIDTH = 1.12;

/** A data grid with a sticky heading row. */
export function createGrid(label: string, columns: readonly GridColumn[]): GridView {
  // A column is as wide as the longest text it ever held, so nothing jumps while figures grow.
  const chars = columns.map((column) => Math.ceil(column.title.length * BOLD_WIDTH));
  const grid = toolkitElement("vscode-data-grid", {
    "aria-label": label,
    "aria-colcount": String(columns.length),
    "generate-header": "none",
  });
  const header = makeRow(columns.length, "header");
  header.row.classList.add("grid-header");
  for (const [index, column] of columns.entries()) {
    const cell = header.cells[index];
    if (cell === undefined) continue;
    cell.classList.toggle("align-end", column.align === "end");
    setAttribute(cell, "title", column.hint);
    setText(cell, column.title);
  }
  grid.append(header.row);
  const rows: GridRowElements[] = [];
  let template = "";
  const widen = (wanted: readonly GridRow[]): void => {
    for (const { cells, isSum } of wanted) {
      for (const [index, { text, depth = 0 }] of cells.entries()) {
        const length = Math.ceil(text.length * (isSum === true ? BOLD_WIDTH : 1)) + 2 * depth;
        const most = columns[index]?.maxChars ?? length;
        chars[index] = Math.max(chars[index] ?? 0, Math.min(length, most));
      }
    }
    const tracks = columns.map(({ grow }, index) => {
      return `minmax(calc(${chars[index] ?? 0}ch + 18px), ${grow}fr)`;
    });
    if (tracks.join(" ") === template) return;
    template = tracks.join(" ");
    setAttribute(grid, "grid-template-columns", template);
    const sum = chars.reduce((all, count) => all + count, 0);
    grid.style.minWidth = `calc(${sum}ch + ${columns.length * 18}px)`;
  };
  return {
    element: grid,
    setRows: (wanted, rowCount = wanted.length, firstIndex = 0) => {
      setAttribute(grid, "aria-rowcount", rowCount + 1);
      widen(wanted);
      while (rows.length > wanted.length) rows.pop()?.row.remove();
      while (rows.length < wanted.length) {
        const made = makeRow(columns.length, "default");
        rows.push(made);
        grid.append(made.row);
      }
      for (const [index, row] of wanted.entries()) {
        const made = rows[index];
        if (made === undefined) continue;
        setAttribute(made.row, "aria-rowindex", firstIndex + index + 2);
        setAttribute(made.row, "class", row.isSum === true ? "sum-row" : row.className);
        for (const [column, cell] of row.cells.entries()) {
          const target = made.cells[column];
          if (target !== undefined) fillCell(target, cell, columns[column]?.align === "end");
        }
      }
    },
  };
}

interface GridRowElements {
  readonly row: HTMLElement;
  readonly cells: readonly HTMLElement[];
}

function makeRow(columnCount: number, type: "header" | "default"): GridRowElements {
  const row = new DataGridRow();
  row.rowType = type;
  const cells = Array.from({ length: columnCount }, (_, index) => {
    const cell = new DataGridCell();
    cell.gridColumn = String(index + 1);
    if (type === "header") cell.cellType = "columnheader";
    return cell;
  });
  row.append(...cells);
  return { row, cells };
}

const clicks = new WeakMap<HTMLElement, () => void>();

function fillCell(target: HTMLElement, cell: GridCell, isEnd: boolean): void {
  const classes = [isEnd ? "align-end" : "", cell.className ?? ""].filter((name) => name !== "");
  setAttribute(target, "class", classes.length > 0 ? classes.join(" ") : undefined);
  setAttribute(target, "title", cell.hint);
  target.style.paddingInlineStart = cell.depth === undefined ? "" : `${8 + cell.depth * 16}px`;
  if (cell.onClick === undefined) {
    setText(target, cell.text);
    return;
  }
  clicks.set(target, cell.onClick);
  let link = target.querySelector("button");
  if (link === null) {
    link = element("button", { class: "link", type: "button", tabindex: -1 });
    link.addEventListener("click", () => clicks.get(target)?.());
    target.addEventListener("keydown", (event) => {
      if (event.key === "Enter") clicks.get(target)?.();
    });
    target.replaceChildren(link);
  }
  setText(link, cell.text);
}
