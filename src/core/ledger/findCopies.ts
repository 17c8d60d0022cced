import { type LedgerTable, ROW_GONE } from "./table.ts";

/*
 * There are two ways in which the same money can be in the ledger twice.
 *
 * A copied database has the same sessions and messages with the same IDs. Only one message per ID counts: one
 * that isn't gone, or else the one at the place that was known first.
 *
 * A fork copies its history: each message gets a new ID but keeps everything else, including its time, model,
 * tokens and cost (observed on 1.18; the new session has no parent and is titled "… (fork #1)"). The money
 * was spent once. Two facts together identify a copied message: it is older than its session, which is
 * impossible for a message written there, and a message of another session has exactly the same figures.
 * The title proves nothing, because it can be changed.
 */

/**
 * Which rows are copies of another row. Of a message and its copies exactly one row counts: the original or,
 * if that is gone, a copy the server still has.
 */
export function findCopies(table: LedgerTable): Uint8Array {
  const isCopy = new Uint8Array(table.length);
  markDuplicates(table, isCopy);
  const { createdMs, session, sessions } = table;
  const sessionCreatedMs = Float64Array.from(sessions, (one) => one.createdMs);

  const copiedTimes = new Set<number>();
  for (let row = 0; row < table.length; row++) {
    if (isOlderThanItsSession(row)) copiedTimes.add(createdMs[row] ?? 0);
  }
  if (copiedTimes.size === 0) return isCopy;

  const rowsByFigures = new Map<string, number[]>();
  for (let row = 0; row < table.length; row++) {
    if (isCopy[row] === 1) continue;
    if (!copiedTimes.has(createdMs[row] ?? 0)) continue;
    const key = figuresOf(table, row);
    const rows = rowsByFigures.get(key);
    if (rows === undefined) rowsByFigures.set(key, [row]);
    else rows.push(row);
  }
  for (const rows of rowsByFigures.values()) {
    if (rows.length < 2) continue;
    // Two sessions may have the same figures at the same time by chance: originals are never copies.
    const copies = rows.filter(isOlderThanItsSession);
    const originals = rows.filter((row) => !isOlderThanItsSession(row));
    const counts =
      originals.find((row) => !isGone(row)) ??
      oldestSession(copies.filter((row) => !isGone(row))) ??
      originals[0] ??
      oldestSession(copies);
    if (counts === undefined) continue;
    // If the original is gone, a copy counts instead.
    const others = copies.includes(counts) ? rows : copies;
    for (const row of others) if (session[row] !== session[counts]) isCopy[row] = 1;
  }
  return isCopy;

  function isOlderThanItsSession(row: number): boolean {
    const created = createdMs[row] ?? 0;
    return created > 0 && created < (sessionCreatedMs[session[row] ?? 0] ?? 0);
  }

  function isGone(row: number): boolean {
    return ((table.flags[row] ?? 0) & ROW_GONE) !== 0;
  }

  function oldestSession(rows: readonly number[]): number | undefined {
    let oldest: number | undefined;
    for (const row of rows) {
      if (oldest === undefined || sessionMs(row) < sessionMs(oldest)) oldest = row;
    }
    return oldest;
  }

  function sessionMs(row: number): number {
    return sessionCreatedMs[session[row] ?? 0] ?? 0;
  }
}

function figuresOf(table: LedgerTable, row: number): string {
  const { createdMs, model, input, output, reasoning, cacheRead, cacheWrite, costUSD } = table;
  return [createdMs, model, input, output, reasoning, cacheRead, cacheWrite, costUSD]
    .map((column) => column[row])
    .join(" ");
}

/** Marks all but one of the messages that share both their message ID and session ID. */
function markDuplicates(table: LedgerTable, isCopy: Uint8Array): void {
  const { sessions, session, flags } = table;
  const first = new Map<string, number>();
  const isDuplicated = new Uint8Array(sessions.length);
  for (const [index, { id }] of sessions.entries()) {
    const known = first.get(id);
    if (known === undefined) first.set(id, index);
    else isDuplicated[index] = isDuplicated[known] = 1;
  }
  if (first.size === sessions.length) return;
  const counts = new Map<string, number>();
  for (let row = 0; row < table.length; row++) {
    if (isDuplicated[session[row] ?? 0] !== 1) continue;
    const key = `${sessions[session[row] ?? 0]?.id ?? ""}/${table.messageID(row)}`;
    const known = counts.get(key);
    if (known === undefined || isBefore(row, known)) counts.set(key, row);
    if (known !== undefined) isCopy[counts.get(key) === row ? known : row] = 1;
  }

  /** Rows that aren't gone come first, then those of the place that was known first. */
  function isBefore(a: number, b: number): boolean {
    const gone = (row: number): number => (flags[row] ?? 0) & ROW_GONE;
    return gone(a) === gone(b) ? (session[a] ?? 0) < (session[b] ?? 0) : gone(a) < gone(b);
  }
}
