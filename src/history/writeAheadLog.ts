import { closeSync, existsSync, openSync, readSync } from "node:fs";
import { open } from "node:fs/promises";

/*
 * The parts of SQLite's `-wal` files that decide what is read from them. The words of headers are big-endian.
 *
 *     file:  u32 magic  version  bytes of a page  number  salt 1  salt 2  checksum 1  checksum 2, then frames
 *     frame: u32 page  pages after a commit, or 0  salt 1  salt 2  checksum 1  checksum 2, then the page
 */

const FILE_HEADER = 32;
const FRAME_HEADER = 24;
/** The ledger's, if the header doesn't say. */
const USUAL_PAGE = 4_096;

type Checksum = readonly [number, number];

/**
 * Whether a database's log contains commits that SQLite silently omits, because the log is damaged in or before them.
 * What a crash left unfinished doesn't count. Call before opening the database, which overwrites them.
 */
export function hasLostCommits(database: string): boolean {
  const file = `${database}-wal`;
  if (!existsSync(file)) return false;
  const lost = lostFrame(file);
  // Another window may be writing: by now it has finished what was incomplete.
  return lost !== undefined && lostFrame(file) === lost;
}

/**
 * Resolves with the bytes of a database's log once everything committed to it is on disk, without blocking this
 * thread. SQLite has no lock on this file that closing it again would release.
 */
export async function syncLog(database: string): Promise<number> {
  // Windows only syncs what may be written.
  const log = await open(`${database}-wal`, "r+");
  try {
    await log.sync();
    return (await log.stat()).size;
  } finally {
    await log.close();
  }
}

/** The number of the first frame that isn't read, if it or a later one contains a commit. */
function lostFrame(file: string): number | undefined {
  const handle = openSync(file, "r");
  try {
    const header = read(handle, 0, FILE_HEADER);
    if (header === undefined) return undefined;
    // The last bit of the magic gives the byte order of the words in the checksums.
    const isLittle = (header.getUint32(0) & 1) === 0;
    let sum = checksum([0, 0], header, 0, 24, isLittle);
    const isKnown = isSum(header, 24, sum);
    const bytes = FRAME_HEADER + (isKnown ? header.getUint32(8) : USUAL_PAGE);
    const isOfThisLog = (frame: DataView, at: number): boolean =>
      frame.getUint32(at) === header.getUint32(at + 8);
    let lost = isKnown ? undefined : 0;
    for (let number = 1; ; number++) {
      const frame = read(handle, FILE_HEADER + (number - 1) * bytes, bytes);
      if (frame === undefined) return undefined;
      // A restarted log has two different salts; behind it are the frames of the previous one.
      if (isKnown && !isOfThisLog(frame, 8) && !isOfThisLog(frame, 12)) return undefined;
      if (lost === undefined) {
        sum = checksum(sum, frame, 0, 8, isLittle);
        sum = checksum(sum, frame, FRAME_HEADER, bytes, isLittle);
        if (!isSum(frame, 16, sum)) lost = number;
      }
      if (lost !== undefined && frame.getUint32(4) !== 0) return lost;
    }
  } finally {
    closeSync(handle);
  }
}

/** Undefined if the file ends before that. */
function read(handle: number, at: number, length: number): DataView | undefined {
  const bytes = new Uint8Array(length);
  return readSync(handle, bytes, 0, length, at) === length ? new DataView(bytes.buffer) : undefined;
}

function checksum(
  [one, two]: Checksum,
  bytes: DataView,
  from: number,
  until: number,
  isLittle: boolean,
): Checksum {
  for (let at = from; at < until; at += 8) {
    one = (one + bytes.getUint32(at, isLittle) + two) | 0;
    two = (two + bytes.getUint32(at + 4, isLittle) + one) | 0;
  }
  return [one, two];
}

function isSum(bytes: DataView, at: number, [one, two]: Checksum): boolean {
  return bytes.getInt32(at) === one && bytes.getInt32(at + 4) === two;
}
