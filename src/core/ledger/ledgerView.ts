import { findCopies } from "./findCopies.ts";
import type { LedgerTable } from "./table.ts";

/** A ledger's table with derived data: which tree each session belongs to, and which rows are copies. */
export interface LedgerView {
  readonly table: LedgerTable;
  /** By session: index of its topmost known ancestor, or its own index. */
  readonly root: Uint32Array;
  /** By session: index of the session that started it as a task; -1 if none is known. */
  readonly parent: Int32Array;
  /** By row: whether it is a copy of another row's message (see `findCopies`). Copies cost nothing. */
  readonly isCopy: Uint8Array;
}

const views = new WeakMap<LedgerTable, { readonly revision: number; readonly view: LedgerView }>();

/** The current view of a table; recomputed only if the table has changed. */
export function viewLedger(table: LedgerTable): LedgerView {
  const known = views.get(table);
  if (known?.revision === table.revision) return known.view;
  const view: LedgerView = { table, ...rootsOf(table), isCopy: findCopies(table) };
  views.set(table, { revision: table.revision, view });
  return view;
}

function rootsOf(table: LedgerTable): Pick<LedgerView, "root" | "parent"> {
  const { sessions } = table;
  const root = new Uint32Array(sessions.length);
  const parent = new Int32Array(sessions.length).fill(-1);
  for (const [index, session] of sessions.entries()) {
    if (session.parentID === undefined) continue;
    const known = table.sessionIndex(session.parentID, session.placeID);
    if (known !== undefined && known !== index) parent[index] = known;
  }
  for (let index = 0; index < sessions.length; index++) {
    let at = index;
    // The limit ends cycles in bad data.
    for (let steps = 0; steps < sessions.length; steps++) {
      const above = parent[at] ?? -1;
      if (above < 0) break;
      at = above;
    }
    root[index] = at;
  }
  return { root, parent };
}
