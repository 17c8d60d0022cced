import { findCopies } from "./findCopies.ts";
import type { LedgerTable } from "./table.ts";

/** A ledger's table with what follows from it: whose tree a session belongs to, and which rows are copies. */
export interface LedgerView {
  readonly table: LedgerTable;
  /** By session: index of the topmost known ancestor; itself without one. */
  readonly root: Uint32Array;
  /** By session: index of the session that started it by a task; -1 without a known one. */
  readonly parent: Int32Array;
  /** By row: whether it is the copy of another row's message, which a fork made. Copies cost nothing. */
  readonly isCopy: Uint8Array;
}

const views = new WeakMap<LedgerTable, { readonly revision: number; readonly view: LedgerView }>();

/** The view of a table as it is now; made anew only when the table has changed. */
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
    // A cycle in bad data ends after as many steps as there are sessions.
    for (let steps = 0; steps < sessions.length; steps++) {
      const above = parent[at] ?? -1;
      if (above < 0) break;
      at = above;
    }
    root[index] = at;
  }
  return { root, parent };
}
