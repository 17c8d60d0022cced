import type { CardRequest, Cell, Row, Table } from "../../src/viewModels/cards/card.ts";

import { element } from "../dom.ts";
import {
  createGrid,
  type GridCell,
  type GridColumn,
  type GridRow,
  type GridView,
} from "../toolkit.ts";

export interface TableView {
  readonly element: HTMLElement;
  /** `rowCount` and `firstIndex`: set when `table` holds only one page of the rows. */
  draw(table: Table, rowCount?: number, firstIndex?: number): void;
}

/** The most rows shown; an exported file has all of them. */
const MAX_ROWS = 500;

/** A table as a grid whose links send the request of their cell. `reveal` shows the card with the answer. */
export function createTableView(
  ask: (request: CardRequest) => void,
  reveal: (cardID: string) => void = () => undefined,
): TableView {
  const holder = element("div", { class: "grid-scroll" });
  let grid: GridView | undefined;
  let made = "";

  function gridCell({ text, value, hint, tone, ask: asked, reveals, depth }: Cell): GridCell {
    const isZero = value === 0 && text === "0";
    return {
      text,
      hint: hint === "" ? undefined : hint,
      depth,
      className: isZero ? "is-zero" : tone === undefined ? undefined : `is-${tone}`,
      ...(asked === undefined
        ? {}
        : {
            onClick: () => {
              ask(asked);
              if (reveals !== undefined) reveal(reveals);
            },
          }),
    };
  }

  return {
    element: holder,
    draw: (table, rowCount, firstIndex) => {
      const shown = table.columns.flatMap(({ title }, at) => (title === undefined ? [] : [at]));
      const columns = gridColumns(table);
      const wanted = JSON.stringify(columns);
      if (grid === undefined || wanted !== made) {
        grid = createGrid(table.title, columns);
        made = wanted;
        holder.replaceChildren(grid.element);
      }
      grid.element.setAttribute("aria-label", table.title);
      const gridRow = ({ cells, tone }: Row): GridRow => ({
        cells: shown.map((at) => gridCell(cells[at] ?? { text: "" })),
        className: tone === undefined ? undefined : `is-${tone}`,
      });
      const sum = table.sum === undefined ? [] : [{ ...gridRow(table.sum), isSum: true }];
      const rows = table.rows.slice(0, MAX_ROWS).map(gridRow);
      grid.setRows(
        [...sum, ...rows],
        rowCount === undefined ? undefined : rowCount + sum.length,
        firstIndex,
      );
    },
  };
}

function gridColumns({ columns }: Table): readonly GridColumn[] {
  return columns.flatMap(({ title, align, hint, maxChars, grow = 1 }): readonly GridColumn[] =>
    title === undefined
      ? []
      : [
          {
            title,
            align,
            grow,
            ...(maxChars === undefined ? {} : { maxChars }),
            ...(hint === undefined ? {} : { hint }),
          },
        ],
  );
}
