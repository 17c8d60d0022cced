import type { UsageCell, UsageRow, UsageTable } from "../../src/viewModels/usageCells.ts";
import { element } from "../dom.ts";
import {
  createGrid,
  type GridCell,
  type GridColumn,
  type GridRow,
  type GridView,
} from "../toolkit.ts";
import type { UsageActions } from "./usageActions.ts";

export interface TableView {
  readonly element: HTMLElement;
  draw(table: UsageTable): void;
}

/** Longest text of a column that is not figures, in characters. */
const MAX_TEXT = 44;
/** Rows that are shown; a file has all. */
const MOST_ROWS = 500;

/**
 * The figures of a chart as a grid. A row's name leads to the sessions behind it, or opens the session it is
 * about; rows about sessions can be compared and taken apart.
 */
export function createTableView(actions: UsageActions): TableView {
  const holder = element("div", { class: "grid-scroll usage-grid" });
  let grid: GridView | undefined;
  let made = "";
  return {
    element: holder,
    draw: (table) => {
      const isOfSessions = table.rows.some(({ session }) => session !== undefined);
      const columns = columnsOf(table, isOfSessions);
      const wanted = JSON.stringify([table.id, columns]);
      if (grid === undefined || wanted !== made) {
        grid = createGrid(table.title, columns);
        made = wanted;
        holder.replaceChildren(grid.element);
      }
      grid.element.setAttribute("aria-label", table.title);
      const sum = table.sum === undefined ? [] : [rowOf(table, table.sum, isOfSessions, actions)];
      grid.setRows([
        ...sum.map((row) => ({ ...row, isSum: true })),
        ...table.rows.slice(0, MOST_ROWS).map((row) => rowOf(table, row, isOfSessions, actions)),
      ]);
    },
  };
}

function columnsOf({ columns }: UsageTable, isOfSessions: boolean): readonly GridColumn[] {
  const shown = columns.flatMap(({ title, align, hint }, at): readonly GridColumn[] =>
    title === undefined
      ? []
      : [
          {
            title: title.length > MAX_TEXT ? `${title.slice(0, MAX_TEXT - 1)}…` : title,
            align,
            grow: at === 0 ? 3 : 1,
            ...(align === "start" ? { maxChars: MAX_TEXT } : {}),
            ...(hint === undefined ? {} : { hint }),
          },
        ],
  );
  const [first, ...rest] = shown;
  return isOfSessions && first !== undefined
    ? [
        first,
        { title: "Compare", align: "start", grow: 0.3 },
        { title: "Context", align: "start", grow: 0.3 },
        ...rest,
      ]
    : shown;
}

function rowOf(
  { columns }: UsageTable,
  row: UsageRow,
  isOfSessions: boolean,
  actions: UsageActions,
): GridRow {
  const { session, drill } = row;
  const cells = row.cells.flatMap((cell, at): readonly GridCell[] =>
    columns[at]?.title === undefined ? [] : [gridCell(cell, columns[at].align === "end")],
  );
  const [first, ...rest] = cells;
  const shown = first === undefined ? cells : [{ ...first, ...linkOf(row, actions) }, ...rest];
  if (!isOfSessions) return { cells: shown };
  const [named = { text: "" }, ...figures] = shown;
  if (session === undefined) return { cells: [named, { text: "" }, { text: "" }, ...figures] };
  const titles = columns.flatMap(({ title }) => title ?? []);
  return {
    cells: [
      named,
      {
        text: "Compare",
        hint: "Put it beside another session",
        onClick: () => {
          actions.onUseSession("compare", session.sessionID);
        },
      },
      session.canOpen
        ? {
            text: "Context",
            hint: "Show what its context is made of",
            onClick: () => {
              actions.onUseSession("composition", session.sessionID);
            },
          }
        : { text: "" },
      ...figures.map((cell, at) =>
        drill === undefined || titles[at + 1] !== "Sub-sessions"
          ? cell
          : {
              ...cell,
              hint: "Show the sessions of this tree",
              onClick: () => {
                actions.onDrill(drill);
              },
            },
      ),
    ],
  };
}

/** What the name of a row leads to. */
function linkOf({ session, drill }: UsageRow, actions: UsageActions): Partial<GridCell> {
  if (session !== undefined) {
    if (!session.canOpen) {
      return { hint: `${session.title}: no server in the tree has this session now` };
    }
    return {
      className: "is-cut",
      onClick: () => {
        actions.onOpenSession(session.sessionID);
      },
    };
  }
  if (drill === undefined) return {};
  return {
    onClick: () => {
      actions.onDrill(drill);
    },
  };
}

function gridCell({ text, hint }: UsageCell, isFigure: boolean): GridCell {
  const isZero = isFigure && text === "0";
  return {
    text,
    ...(hint === undefined || hint === "" ? {} : { hint }),
    ...(isZero ? { className: "is-zero" } : {}),
  };
}
