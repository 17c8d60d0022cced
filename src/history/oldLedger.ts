import { readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import type { LedgerSession } from "../core/ledger/table.ts";
import type { LedgerDatabase } from "./ledgerDatabase.ts";
import { type LedgerChanges, type LedgerRow, RANK_SHIFT, secondsOf } from "./ledgerRow.ts";

/*
 * Takes over, once, what earlier versions stored: files of frames, each with some rows in columns and the
 * names they need, and a file of prices. A row may be in several of them, so their order doesn't matter.
 *
 *     file:  16 bytes, then frames
 *     frame: u32 mark  u32 payload bytes  u32 checksum of the table of checksums  u32 checksum of these three
 *            payload: u32 bytes of the names  u32 slices  one u32 checksum for each slice of what follows:
 *                     the names as JSON, then one column after another
 *
 * All pieces start at a multiple of 8 bytes; numbers are little-endian.
 */

const PRICES = "prices.json";
const OLD_FILE = /^(base|(segment|journal)-.{1,100})\.ledger$/;
const MARK = 0x4d415246;
const HEAD = 16;
const SLICE = 1 << 18;
const KEY_BYTES = 32;
/** Rows written at once: another window waits no longer than it takes to write these. */
const ROWS_AT_ONCE = 20_000;
/** How long a journal must be unchanged to be removed: a window of an older version may still be using it. */
const RESTS_AFTER_MS = 3_600_000;

/** The result of taking over; `damaged` contains the new names of damaged files. */
export interface TakenOver {
  readonly rows: number;
  readonly damaged: readonly string[];
}

/** Whether an earlier version stored anything in a folder. */
export function hasOldLedger(folder: string): boolean {
  return readdirSync(folder).some((name) => name === PRICES || OLD_FILE.test(name));
}

/** Takes over the old files of a folder and removes them. Damaged files are kept under another name. */
export function takeOverOldLedger(
  folder: string,
  ledger: LedgerDatabase,
  nowMs: number,
): TakenOver {
  const files = readdirSync(folder)
    .filter((name) => OLD_FILE.test(name))
    .map((name) => ({ name, ...framesOf(readFileSync(path.join(folder, name))) }));
  const frames = files.flatMap((file) => file.frames);
  const placeOf = placesOf(frames.flatMap(({ sessions }) => sessions));
  const write = (changes: LedgerChanges, placeID = ""): void => {
    ledger.write([{ changes, placeID }], secondsOf(nowMs));
  };
  let rows = 0;
  for (const { places, sessions, rows: all } of frames) {
    write({ places, sessions: sessions.map((one) => ({ ...one, placeID: placeOf(one.id) })) });
    for (const placeID of new Set(sessions.map(({ id }) => placeOf(id)))) {
      const own = all.filter(({ sessionID }) => placeOf(sessionID) === placeID);
      for (let at = 0; at < own.length; at += ROWS_AT_ONCE) {
        write({ rows: own.slice(at, at + ROWS_AT_ONCE) }, placeID);
      }
    }
    rows += all.length;
  }
  takeOverPrices(path.join(folder, PRICES), write);

  const damaged: string[] = [];
  for (const { name, isWhole, isTorn } of files) {
    const file = path.join(folder, name);
    const isJournal = name.startsWith("journal-");
    // What a crash left unfinished at the end of a journal was never promised to anyone.
    if (!isWhole || (isTorn && !isJournal)) {
      damaged.push(`damaged-${name}`);
      renameSync(file, path.join(folder, `damaged-${name}`));
    } else if (!isJournal || nowMs - statSync(file).mtimeMs > RESTS_AFTER_MS) {
      rmSync(file);
    }
  }
  return { rows, damaged };
}

/** The place of each session in its latest record: sessions used to be identified by their ids only. */
function placesOf(sessions: readonly LedgerSession[]): (sessionID: string) => string {
  const latest = new Map<string, LedgerSession>();
  for (const session of sessions) {
    const known = latest.get(session.id);
    if (known === undefined || session.observedAtS >= known.observedAtS) {
      latest.set(session.id, session);
    }
  }
  return (sessionID) => latest.get(sessionID)?.placeID ?? "";
}

interface Frame extends Required<Pick<LedgerChanges, "places" | "sessions">> {
  readonly rows: readonly LedgerRow[];
}

/** The undamaged frames; whether none is missing between them, and whether bytes follow the last one. */
function framesOf(file: Buffer): {
  readonly frames: readonly Frame[];
  readonly isWhole: boolean;
  readonly isTorn: boolean;
} {
  const buffer = new ArrayBuffer(padded(file.length));
  new Uint8Array(buffer).set(file);
  const words = new Uint32Array(buffer);
  const frames: Frame[] = [];
  let isWhole = true;
  let end = HEAD;
  for (let at = HEAD; at + HEAD <= file.length;) {
    const word = at / 4;
    const isHead = words[word] === MARK && words[word + 3] === checksum(words, word, word + 3);
    const next = at + HEAD + (words[word + 1] ?? 0);
    if (!isHead || next > file.length) {
      at += 8;
      continue;
    }
    const frame = decodeFrame(buffer, words, at, next);
    if (frame === undefined || at !== end) isWhole = false;
    if (frame !== undefined) frames.push(frame);
    at = next;
    end = next;
  }
  return { frames, isWhole, isTorn: end < file.length };
}

function decodeFrame(
  buffer: ArrayBuffer,
  words: Uint32Array,
  frameAt: number,
  end: number,
): Frame | undefined {
  const at = frameAt / 4 + 4;
  const namesBytes = words[at] ?? 0;
  const slices = words[at + 1] ?? 0;
  const dataAt = at * 4 + 8 + padded(slices * 4);
  if (words[frameAt / 4 + 2] !== checksum(words, at, dataAt / 4)) return undefined;
  if (slices !== Math.ceil((end - dataAt) / SLICE)) return undefined;
  for (let slice = 0; slice < slices; slice++) {
    const from = dataAt + slice * SLICE;
    const until = Math.min(end, from + SLICE);
    if (words[at + 2 + slice] !== checksum(words, from / 4, until / 4)) return undefined;
  }
  const text = new TextDecoder().decode(new Uint8Array(buffer, dataAt, namesBytes));
  return decodeRows(buffer, dataAt + padded(namesBytes), recordOf(JSON.parse(text)));
}

function decodeRows(
  buffer: ArrayBuffer,
  columnsAt: number,
  names: Readonly<Record<string, unknown>>,
): Frame {
  const texts = (key: string): readonly string[] => listOf(names[key]).map(textOf);
  const numbers = (key: string): readonly number[] => listOf(names[key]).map(Number);
  const [rows, capacity] = [Number(names["rows"]), Number(names["capacity"])];
  const [models, agents, places] = [texts("models"), texts("agents"), texts("places")];
  const sessions = decodeSessions(texts, numbers);
  let at = columnsAt;
  const next = (width: number): number => {
    const here = at;
    at += padded(capacity * width);
    return here;
  };
  const createdMs = new Float64Array(buffer, next(8), capacity);
  const costUSD = new Float64Array(buffer, next(8), capacity);
  const counts = Array.from({ length: 8 }, () => new Uint32Array(buffer, next(4), capacity));
  const keysAt = next(KEY_BYTES);
  const model = new Uint16Array(buffer, next(2), capacity);
  const agent = new Uint16Array(buffer, next(2), capacity);
  const flags = new Uint8Array(buffer, next(1), capacity);
  return {
    places: pairsOf(places).map(([id, name]) => ({ id, name })),
    sessions,
    rows: Array.from({ length: rows }, (_, row): LedgerRow => {
      const [session, input, output, reasoning, read, write, recordedAtS, observedAtS] = counts.map(
        (column) => column[row] ?? 0,
      );
      const bits = flags[row] ?? 0;
      const rank = bits >> RANK_SHIFT;
      const named = (model[row] ?? 0) * 2;
      return {
        messageID: keyAt(new Uint8Array(buffer, keysAt + row * KEY_BYTES, KEY_BYTES)),
        sessionID: sessions[session ?? 0]?.id ?? "",
        createdMs: createdMs[row] ?? 0,
        providerID: models[named] ?? "",
        modelID: models[named + 1] ?? "",
        agent: agents[agent[row] ?? 0] ?? "",
        tokens: {
          input: input ?? 0,
          output: output ?? 0,
          reasoning: reasoning ?? 0,
          cache: { read: read ?? 0, write: write ?? 0 },
        },
        costUSD: costUSD[row] ?? 0,
        rank: rank === 0 || rank === 1 ? rank : 2,
        isGone: (bits & 1) !== 0,
        hasBadFigures: (bits & 2) !== 0,
        isSummary: (bits & 4) !== 0,
        endsTurn: (bits & 8) !== 0,
        recordedAtS: recordedAtS ?? 0,
        observedAtS: observedAtS ?? 0,
      };
    }),
  };
}

function decodeSessions(
  texts: (key: string) => readonly string[],
  numbers: (key: string) => readonly number[],
): readonly LedgerSession[] {
  const [words, ids, titles, stamps] = [
    texts("words"),
    texts("id"),
    texts("title"),
    texts("stamp"),
  ];
  const [created, gone, seen] = [numbers("created"), numbers("gone"), numbers("seen")];
  const [places, parents, projects] = [numbers("place"), numbers("parent"), numbers("project")];
  const [directories, commands, forks] = [
    numbers("directory"),
    numbers("command"),
    numbers("fork"),
  ];
  const word = (at = -1): string | undefined => words[at];
  return ids.map((id, index) => {
    const parent = parents[index] ?? -1;
    const stamp = stamps[index] ?? "?";
    return {
      id,
      placeID: word(places[index]) ?? "",
      parentID: parent >= 0 ? ids[parent] : word(-2 - parent),
      projectID: word(projects[index]) ?? "",
      directory: word(directories[index]) ?? "",
      title: titles[index] ?? "",
      command: word(commands[index]),
      createdMs: created[index] ?? 0,
      forkOfID: word(forks[index]),
      isGone: gone[index] === 1,
      // Stamps have a different format now: the next fill reads the session again.
      stamp: stamp === "?" ? undefined : "",
      observedAtS: seen[index] ?? 0,
    };
  });
}

function takeOverPrices(file: string, write: (changes: LedgerChanges) => void): void {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    // There is none; if it is damaged, the catalogues report the prices again.
    rmSync(file, { force: true });
    return;
  }
  const models = Object.entries(recordOf(recordOf(value)["prices"])).flatMap(([key, price]) => {
    if (!isRecord(price)) return [];
    const slash = key.indexOf("/");
    const { input, output, cacheRead, cacheWrite } = price;
    return isPrice(input) && isPrice(output) && isPrice(cacheRead) && isPrice(cacheWrite)
      ? [
          {
            providerID: key.slice(0, slash),
            modelID: key.slice(slash + 1),
            price: { input, output, cacheRead, cacheWrite },
          },
        ]
      : [];
  });
  write({ models });
  rmSync(file);
}

function isPrice(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function pairsOf(texts: readonly string[]): [string, string][] {
  return texts.flatMap((text, at) => (at % 2 === 0 ? [[text, texts[at + 1] ?? ""]] : []));
}

function keyAt(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...bytes.subarray(0, end < 0 ? KEY_BYTES : end));
}

function padded(bytes: number): number {
  return (bytes + 7) & ~7;
}

/** Four interleaved multiplicative hashes over whole words. */
function checksum(words: Uint32Array, from: number, until: number): number {
  const lanes = [0x243f6a88, 0x13198a2e, 0x03707344, 0x299f31d0];
  const whole = until - ((until - from) % 4);
  for (let at = from; at < until; at++) {
    // What does not fill all four goes into the first.
    const lane = at < whole ? (at - from) % 4 : 0;
    lanes[lane] = mix((lanes[lane] ?? 0) ^ (words[at] ?? 0));
  }
  return lanes.reduce((sum, lane) => mix(sum ^ mix(lane)), until - from) >>> 0;
}

function mix(value: number): number {
  const hash = Math.imul(value, 0x9e3779b1);
  return hash ^ (hash >>> 15);
}
