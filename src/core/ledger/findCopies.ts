import { type LedgerTable, ROW_GONE } from "./table.ts";

/*
 * The same money may be in the ledger twice, in two ways.
 *
 * A copied database has the sessions and messages of the first with their ids: of those with one id one counts, at
 * the place that was known first, or where it is not gone.
 *
 * A fork copies its history: each message gets a new id and keeps everything else, its time, model, tokens
 * and cost included (observed on 1.18; the new session has no parent and is titled "… (fork #1)"). The money
 * was spent once. A copied message is recognised by two facts together: it is older than the session it is
 * in, which no message written there can be, and a message of another session has the very same figures.
 * The title proves nothing: it can be changed.
 */

/**
 * Which rows are copies of another row. Of a message and its copies exactly one row counts: the original;
 * when that is gone, a copy the server still has.
 */
export function findCopies(table: LedgerTable): Uint8Array {
  const isCopy = new Uint8Array(table.length);
  markTwins(table, isCopy);
  const { createdMs, session, sessions } = table;
  const sessionCreatedMs = Float64Array.from(sessions, (one) => one.createdMs);

  const copiedTimes = new Set<number>();
  for (let row = 0; row < table.length; row++) {
    if (isOlderThanItsSession(row)) copiedTimes.add(createdMs[row] ?? 0);
  }
  if (copiedTimes.size === 0) return isCopy;

  const alike = new Map<string, number[]>();
  for (let row = 0; row < table.length; row++) {
    if (isCopy[row] === 1) continue;
    if (!copiedTimes.has(createdMs[row] ?? 0)) continue;
    const key = figuresOf(table, row);
    const rows = alike.get(key);
    if (rows === undefined) alike.set(key, [row]);
    else rows.push(row);
  }
  for (const rows of alike.values()) {
    if (rows.length < 2) continue;
    // Two sessions may by chance have told the same at the same moment: originals are never copies.
    const copies = rows.filter(isOlderThanItsSession);
    const originals = rows.filter((row) => !isOlderThanItsSession(row));
    const counts =
      originals.find((row) => !isGone(row)) ??
      oldestSession(copies.filter((row) => !isGone(row))) ??
      originals[0] ??
      oldestSession(copies);
    if (counts === undefined) continue;
    // Where the original is gone a copy stands in for it.
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

/** Marks all but one of the messages with one id in sessions with one id. */
function markTwins(table: LedgerTable, isCopy: Uint8Array): void {
  const { sessions, session, flags } = table;
  const first = new Map<string, number>();
  const isTwin = new Uint8Array(sessions.length);
  for (const [index, { id }] of sessions.entries()) {
    const known = first.get(id);
    if (known === undefined) first.set(id, index);
    else isTwin[index] = isTwin[known] = 1;
  }
  if (first.size === sessions.length) return;
  const counts = new Map<string, number>();
  for (let row = 0; row < table.length; row++) {
    if (isTwin[session[row] ?? 0] !== 1) continue;
    const key = `${sessions[session[row] ?? 0]?.id ?? ""}/${table.messageID(row)}`;
    const known = counts.get(key);
    if (known === undefined || isBefore(row, known)) counts.set(key, row);
    if (known !== undefined) isCopy[counts.get(key) === row ? known : row] = 1;
  }

  /** One that is not gone before one that is, then the place that was known first. */
  function isBefore(a: number, b: number): boolean {
    const gone = (row: number): number => (flags[row] ?? 0) & ROW_GONE;
    return gone(a) === gone(b) ? (session[a] ?? 0) < (session[b] ?? 0) : gone(a) < gone(b);
  }
}
