import { checksum } from "./checksum.ts";
import { decodeNames, encodeNames, type FrameNames } from "./frameNames.ts";
import { emptyDraft, LedgerColumns } from "./ledgerColumns.ts";
import { KEY_BYTES } from "./messageKeys.ts";

/*
 * A frame is what is written at once: some rows in columns, with the names they need, complete in itself.
 *
 *     u32 mark  u32 payload bytes  u32 checksum of the table of checksums  u32 checksum of the three before
 *     payload: u32 bytes of the names  u32 slices
 *              one u32 for each slice of what follows: its checksum
 *              the names as JSON, then one column after another
 *
 * Every piece begins at a multiple of 8 bytes; numbers are little-endian. The columns can be used where they
 * lie, so that opening a ledger is little more than reading it; a few entries are left free at their ends.
 */

const MARK = 0x4d415246;
/** Bytes before the payload. */
export const FRAME_HEAD = 16;
/** Bytes with one checksum: what is lost when a part of a file is damaged are the rows with a byte in it. */
const SLICE = 1 << 18;

/** Bytes of one row in each column, in their order in the file. */
const WIDTHS = [8, 8, 4, 4, 4, 4, 4, 4, 4, 4, KEY_BYTES, 2, 2, 1] as const;

/** Payload bytes of the frame whose head stands at a multiple of 8 bytes; undefined when none does. */
export function framePayload(words: Int32Array, atByte: number): number | undefined {
  const at = atByte / 4;
  if (at + 4 > words.length || words[at] !== MARK) return undefined;
  if ((words[at + 3] ?? 0) >>> 0 !== checksum(words, at, at + 3)) return undefined;
  const payloadBytes = (words[at + 1] ?? 0) >>> 0;
  return payloadBytes % 8 === 0 && payloadBytes > 8 ? payloadBytes : undefined;
}

/** Makes the frame of all rows and names. `room` further rows can be added to its columns once it is read. */
export function encodeFrame(columns: LedgerColumns, room = 0): Uint8Array {
  const rows = columns.length;
  const capacity = rows + room;
  const { places, models, agents, sessions } = columns;
  const names = encodeNames({ rows, capacity, places, models, agents, sessions });
  const dataBytes = padded(names.length) + columnBytes(capacity);
  const slices = Math.ceil(dataBytes / SLICE);
  const dataAt = FRAME_HEAD + 8 + padded(slices * 4);
  const bytes = new Uint8Array(dataAt + dataBytes);
  const words = new Int32Array(bytes.buffer);
  bytes.set(names, dataAt);
  let at = dataAt + padded(names.length);
  for (const [index, column] of columnsOf(columns).entries()) {
    const width = WIDTHS[index] ?? 0;
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, rows * width), at);
    at += padded(capacity * width);
  }
  words[FRAME_HEAD / 4] = names.length;
  words[FRAME_HEAD / 4 + 1] = slices;
  const table = FRAME_HEAD / 4 + 2;
  for (let slice = 0; slice < slices; slice++) {
    words[table + slice] = sliceChecksum(words, dataAt, bytes.length, slice);
  }
  words[0] = MARK;
  words[1] = bytes.length - FRAME_HEAD;
  words[2] = checksum(words, FRAME_HEAD / 4, dataAt / 4);
  words[3] = checksum(words, 0, 3);
  return bytes;
}

/** What could be read of a frame. */
export interface DecodedFrame {
  readonly columns: LedgerColumns;
  /** Whether rows are missing that were once written. */
  readonly isDamaged: boolean;
}

/**
 * Reads the frame at a multiple of 8 bytes of a buffer that holds all of it. The columns are views of the
 * buffer. Undefined when there is none, or its names are damaged.
 */
export function decodeFrame(buffer: ArrayBuffer, atByte: number): DecodedFrame | undefined {
  const words = new Int32Array(buffer);
  const payloadBytes = framePayload(words, atByte);
  const end = atByte + FRAME_HEAD + (payloadBytes ?? 0);
  if (payloadBytes === undefined || end > buffer.byteLength) return undefined;
  const at = (atByte + FRAME_HEAD) / 4;
  const namesLength = (words[at] ?? 0) >>> 0;
  const slices = (words[at + 1] ?? 0) >>> 0;
  const dataAt = at * 4 + 8 + padded(slices * 4);
  const namesEnd = dataAt + padded(namesLength);
  if (namesEnd > end || slices !== Math.ceil((end - dataAt) / SLICE)) return undefined;
  if ((words[atByte / 4 + 2] ?? 0) >>> 0 !== checksum(words, at, dataAt / 4)) return undefined;

  const badSlices: number[] = [];
  for (let slice = 0; slice < slices; slice++) {
    const isGood = words[at + 2 + slice] === (sliceChecksum(words, dataAt, end, slice) | 0);
    if (!isGood) badSlices.push(slice);
  }
  if (badSlices.some((slice) => dataAt + slice * SLICE < namesEnd)) return undefined;
  const names = decodeNames(new Uint8Array(buffer, dataAt, namesLength));
  if (names === undefined || namesEnd + columnBytes(names.capacity) !== end) return undefined;
  const columns = viewColumns(buffer, namesEnd, names);
  if (badSlices.length === 0) return { columns, isDamaged: false };
  const bad = badRows(badSlices, names.capacity, namesEnd - dataAt);
  return { columns: withoutRows(columns, bad), isDamaged: true };
}

function viewColumns(buffer: ArrayBuffer, from: number, names: FrameNames): LedgerColumns {
  const columns = new LedgerColumns(0);
  for (const place of names.places) columns.putPlace(place);
  for (const { providerID, modelID } of names.models) columns.modelIndex(providerID, modelID);
  for (const agent of names.agents) columns.agentIndex(agent);
  for (const session of names.sessions) columns.putSession(session);
  const { rows, capacity } = names;
  let at = from;
  const next = (width: number): number => {
    const here = at;
    at += padded(capacity * width);
    return here;
  };
  columns.createdMs = new Float64Array(buffer, next(8), capacity);
  columns.costUSD = new Float64Array(buffer, next(8), capacity);
  columns.session = new Uint32Array(buffer, next(4), capacity);
  columns.input = new Uint32Array(buffer, next(4), capacity);
  columns.output = new Uint32Array(buffer, next(4), capacity);
  columns.reasoning = new Uint32Array(buffer, next(4), capacity);
  columns.cacheRead = new Uint32Array(buffer, next(4), capacity);
  columns.cacheWrite = new Uint32Array(buffer, next(4), capacity);
  columns.toldS = new Uint32Array(buffer, next(4), capacity);
  columns.seenS = new Uint32Array(buffer, next(4), capacity);
  const keysAt = next(KEY_BYTES);
  columns.keys = new Uint8Array(buffer, keysAt, capacity * KEY_BYTES);
  columns.keyWords = new Int32Array(buffer, keysAt, (capacity * KEY_BYTES) / 4);
  columns.model = new Uint16Array(buffer, next(2), capacity);
  columns.agent = new Uint16Array(buffer, next(2), capacity);
  columns.flags = new Uint8Array(buffer, next(1), capacity);
  columns.length = rows;
  return columns;
}

/** In the order of `WIDTHS`. */
function columnsOf(
  columns: LedgerColumns,
): (Float64Array | Uint32Array | Uint16Array | Uint8Array)[] {
  return [
    columns.createdMs,
    columns.costUSD,
    columns.session,
    columns.input,
    columns.output,
    columns.reasoning,
    columns.cacheRead,
    columns.cacheWrite,
    columns.toldS,
    columns.seenS,
    columns.keys,
    columns.model,
    columns.agent,
    columns.flags,
  ];
}

/** Rows with a byte in one of the slices. `columnsAt` is where the columns begin, counted from the first slice. */
function badRows(slices: readonly number[], capacity: number, columnsAt: number): Set<number> {
  const bad = new Set<number>();
  let at = columnsAt;
  for (const width of WIDTHS) {
    for (const slice of slices) {
      const from = Math.max(0, Math.floor((slice * SLICE - at) / width));
      const until = Math.min(capacity, Math.ceil(((slice + 1) * SLICE - at) / width));
      for (let row = from; row < until; row++) bad.add(row);
    }
    at += padded(capacity * width);
  }
  return bad;
}

function withoutRows(columns: LedgerColumns, bad: ReadonlySet<number>): LedgerColumns {
  const good = new LedgerColumns(columns.length);
  for (const place of columns.places) good.putPlace(place);
  for (const { providerID, modelID } of columns.models) good.modelIndex(providerID, modelID);
  for (const agent of columns.agents) good.agentIndex(agent);
  for (const session of columns.sessions) good.putSession(session);
  const draft = emptyDraft();
  for (let row = 0; row < columns.length; row++) {
    if (bad.has(row)) continue;
    columns.readRow(row, draft);
    draft.messageID = columns.messageID(row);
    good.append(draft);
  }
  return good;
}

function sliceChecksum(words: Int32Array, dataAt: number, end: number, slice: number): number {
  const from = dataAt + slice * SLICE;
  return checksum(words, from / 4, Math.min(end, from + SLICE) / 4);
}

function columnBytes(capacity: number): number {
  return WIDTHS.reduce((sum, width) => sum + padded(width * capacity), 0);
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}
