import type { LedgerSession } from "../core/ledger/table.ts";
import { checksum } from "./checksum.ts";
import { LedgerColumns } from "./ledgerColumns.ts";
import { KEY_BYTES } from "./messageKeys.ts";

/*
 * A frame is what is written at once: some rows in columns, with the names they need, complete in itself.
 *
 *     u32 mark  u32 payload bytes  u32 payload checksum  u32 checksum of the three before
 *     payload: u32 length of the names, the names as JSON, then one column after another
 *
 * Every piece begins at a multiple of 8 bytes, numbers are little-endian.
 */

const MARK = 0x4d415246;
/** Bytes before the payload. */
export const FRAME_HEAD = 16;
/** Most rows of one frame: what is lost at most when a part of a file is damaged. */
export const FRAME_ROWS = 16_384;

/** Bytes of one row in each column, in their order in the file. */
const WIDTHS = [8, 8, 4, 4, 4, 4, 4, 4, 4, KEY_BYTES, 2, 2, 1] as const;

/** What a frame's head says. */
export interface FrameHead {
  readonly payloadBytes: number;
  readonly checksum: number;
}

/** Reads the head of a frame at a multiple of 4 bytes; undefined when there is none. */
export function readFrameHead(words: Int32Array, atByte: number): FrameHead | undefined {
  const at = atByte / 4;
  if (at + 4 > words.length || words[at] !== MARK) return undefined;
  if ((words[at + 3] ?? 0) >>> 0 !== checksum(words, at, at + 3)) return undefined;
  const payloadBytes = (words[at + 1] ?? 0) >>> 0;
  if (payloadBytes % 8 !== 0) return undefined;
  return { payloadBytes, checksum: (words[at + 2] ?? 0) >>> 0 };
}

/** Makes the frame of the rows `from` to `until` and of some sessions, which rows may be without. */
export function encodeFrame(
  columns: LedgerColumns,
  from: number,
  until: number,
  withoutRows: Iterable<number> = [],
): Uint8Array {
  const rows = until - from;
  const local = new Map<number, number>();
  const session = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) {
    const index = columns.session[from + row] ?? 0;
    let known = local.get(index);
    if (known === undefined) local.set(index, (known = local.size));
    session[row] = known;
  }
  for (const index of withoutRows) if (!local.has(index)) local.set(index, local.size);

  const names = new TextEncoder().encode(
    JSON.stringify({
      rows,
      places: columns.places.map(({ id, name }) => [id, name]),
      models: columns.models.map(({ providerID, modelID }) => [providerID, modelID]),
      agents: columns.agents,
      ...encodeSessions([...local.keys()].map((index) => columns.sessions[index])),
    }),
  );
  const namesEnd = 8 + padded(names.length);
  const columnBytes = WIDTHS.reduce((sum, width) => sum + padded(width * rows), 0);
  const payloadBytes = namesEnd + columnBytes;
  const bytes = new Uint8Array(FRAME_HEAD + payloadBytes);
  const words = new Int32Array(bytes.buffer);
  words[FRAME_HEAD / 4] = names.length;
  bytes.set(names, FRAME_HEAD + 8);
  let at = FRAME_HEAD + namesEnd;
  for (const column of [
    columns.createdMs.subarray(from, until),
    columns.costUSD.subarray(from, until),
    session,
    columns.input.subarray(from, until),
    columns.output.subarray(from, until),
    columns.reasoning.subarray(from, until),
    columns.cacheRead.subarray(from, until),
    columns.cacheWrite.subarray(from, until),
    columns.seenS.subarray(from, until),
    columns.keys.subarray(from * KEY_BYTES, until * KEY_BYTES),
    columns.model.subarray(from, until),
    columns.agent.subarray(from, until),
    columns.flags.subarray(from, until),
  ]) {
    bytes.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
    at += padded(column.byteLength);
  }
  words[0] = MARK;
  words[1] = payloadBytes;
  words[2] = checksum(words, FRAME_HEAD / 4);
  words[3] = checksum(words, 0, 3);
  return bytes;
}

/**
 * Reads the payload of a frame whose checksum is right. The columns are views of `buffer`.
 * Undefined when it makes no sense all the same: written by something else.
 */
export function decodeFrame(
  buffer: ArrayBuffer,
  atByte: number,
  payloadBytes: number,
): LedgerColumns | undefined {
  const namesLength = new Uint32Array(buffer, atByte, 1)[0] ?? 0;
  if (namesLength > payloadBytes - 8) return undefined;
  const names = parseNames(new Uint8Array(buffer, atByte + 8, namesLength));
  if (names === undefined) return undefined;
  const { rows } = names;
  const columnBytes = WIDTHS.reduce((sum, width) => sum + padded(width * rows), 0);
  if (8 + padded(namesLength) + columnBytes !== payloadBytes) return undefined;

  const columns = new LedgerColumns(0);
  for (const place of names.places) columns.putPlace(place);
  for (const { providerID, modelID } of names.models) columns.modelIndex(providerID, modelID);
  for (const agent of names.agents) columns.agentIndex(agent);
  for (const session of names.sessions) columns.putSession(session);
  if (
    columns.sessions.length !== names.sessions.length ||
    columns.models.length !== names.models.length ||
    columns.agents.length !== names.agents.length
  ) {
    return undefined;
  }
  let at = atByte + 8 + padded(namesLength);
  const next = (width: number): number => {
    const here = at;
    at += padded(width * rows);
    return here;
  };
  columns.createdMs = new Float64Array(buffer, next(8), rows);
  columns.costUSD = new Float64Array(buffer, next(8), rows);
  columns.session = new Uint32Array(buffer, next(4), rows);
  columns.input = new Uint32Array(buffer, next(4), rows);
  columns.output = new Uint32Array(buffer, next(4), rows);
  columns.reasoning = new Uint32Array(buffer, next(4), rows);
  columns.cacheRead = new Uint32Array(buffer, next(4), rows);
  columns.cacheWrite = new Uint32Array(buffer, next(4), rows);
  columns.seenS = new Uint32Array(buffer, next(4), rows);
  const keysAt = next(KEY_BYTES);
  columns.keys = new Uint8Array(buffer, keysAt, rows * KEY_BYTES);
  columns.keyWords = new Int32Array(buffer, keysAt, (rows * KEY_BYTES) / 4);
  columns.model = new Uint16Array(buffer, next(2), rows);
  columns.agent = new Uint16Array(buffer, next(2), rows);
  columns.flags = new Uint8Array(buffer, next(1), rows);
  columns.length = rows;
  return columns;
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

interface Names {
  readonly rows: number;
  readonly places: readonly { id: string; name: string }[];
  readonly models: readonly { providerID: string; modelID: string }[];
  readonly agents: readonly string[];
  readonly sessions: readonly LedgerSession[];
}

function parseNames(bytes: Uint8Array): Names | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const record: Readonly<Record<string, unknown>> = { ...value };
  const { rows } = record;
  if (typeof rows !== "number" || !Number.isInteger(rows) || rows < 0) return undefined;
  const pairs = (name: string): [string, string][] =>
    arrayOf(record[name]).flatMap((pair) => {
      const [a, b] = arrayOf(pair);
      return typeof a === "string" && typeof b === "string" ? [[a, b]] : [];
    });
  const sessions = decodeSessions(record);
  if (sessions === undefined) return undefined;
  return {
    rows,
    sessions,
    places: pairs("places").map(([id, name]) => ({ id, name })),
    models: pairs("models").map(([providerID, modelID]) => ({ providerID, modelID })),
    agents: arrayOf(record["agents"]).filter((agent) => typeof agent === "string"),
  };
}

/** Sessions by field; what many of them share stands once in `words`. */
function encodeSessions(list: readonly (LedgerSession | undefined)[]): Record<string, unknown> {
  const sessions = list.filter((session) => session !== undefined);
  const words = new Map<string, number>();
  const word = (text: string): number => {
    const known = words.get(text);
    if (known !== undefined) return known;
    words.set(text, words.size);
    return words.size - 1;
  };
  const fields = {
    id: sessions.map(({ id }) => id),
    place: sessions.map(({ placeID }) => word(placeID)),
    parent: sessions.map(({ parentID }) => parentID ?? 0),
    project: sessions.map(({ projectID }) => word(projectID)),
    directory: sessions.map(({ directory }) => word(directory)),
    title: sessions.map(({ title }) => title),
    command: sessions.map(({ command }) => command ?? 0),
    created: sessions.map(({ createdMs }) => createdMs),
    fork: sessions.map(({ forkOfID }) => forkOfID ?? 0),
    gone: sessions.map(({ isGone }) => (isGone ? 1 : 0)),
    stamp: sessions.map(({ stamp }) => stamp ?? 0),
    seen: sessions.map(({ seenS }) => seenS),
  };
  return { words: [...words.keys()], sessions: fields };
}

function decodeSessions(
  record: Readonly<Record<string, unknown>>,
): readonly LedgerSession[] | undefined {
  const fields = record["sessions"];
  if (typeof fields !== "object" || fields === null) return undefined;
  const lists = new Map<string, unknown>(Object.entries(fields));
  const list = (name: string): readonly unknown[] => arrayOf(lists.get(name));
  const text = (value: unknown): string | undefined =>
    typeof value === "string" ? value : undefined;
  const number = (value: unknown): number => (typeof value === "number" ? value : 0);
  const words = arrayOf(record["words"]);
  const word = (value: unknown): string => text(words[number(value)]) ?? "";
  const ids = list("id");
  const [place, parent, project, directory] = ["place", "parent", "project", "directory"].map(list);
  const [title, command, created, fork] = ["title", "command", "created", "fork"].map(list);
  const [gone, stamp, seen] = ["gone", "stamp", "seen"].map(list);
  const sessions: LedgerSession[] = [];
  for (const [index, id] of ids.entries()) {
    if (typeof id !== "string") return undefined;
    sessions.push({
      id,
      placeID: word(place?.[index]),
      parentID: text(parent?.[index]),
      projectID: word(project?.[index]),
      directory: word(directory?.[index]),
      title: text(title?.[index]) ?? "",
      command: text(command?.[index]),
      createdMs: number(created?.[index]),
      forkOfID: text(fork?.[index]),
      isGone: gone?.[index] === 1,
      stamp: text(stamp?.[index]),
      seenS: number(seen?.[index]),
    });
  }
  return sessions;
}

function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
