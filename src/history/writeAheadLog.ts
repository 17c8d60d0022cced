import { closeSync, existsSync, openSync, readSync } from "node:fs";

/*
 * SQLite's `-wal` files, as far as they tell what is read of them. The words of headers are big-endian.
 *
 *     file:  u32 magic  version  bytes of a page  number  salt 1  salt 2  checksum 1  checksum 2, then frames
 *     frame: u32 page  pages after a commit, or 0  salt 1  salt 2  checksum 1  checksum 2, then the page
 */

const FILE_HEADER = 32;
const FRAME_HEADER = 24;
/** Of the ledger, where the header does not tell. */
const USUAL_PAGE = 4_096;

type Checksum = readonly [number, number];

/**
 * Whether the log of a database holds commits that SQLite leaves out in silence, because the log is damaged in or
 * before them. What a crash left unfinished is none. To be asked before the database is opened: it writes over them.
 */
export function hasLostCommits(database: string): boolean {
  const file = `${database}-wal`;
  if (!existsSync(file)) return false;
  const lost = lostFrame(file);
  // Another window may be writing: what it had not finished is there by now.
  return lost !== undefined && lostFrame(file) === lost;
}

/** The number of the first frame that is not read, where a commit is in it or behind it. */
function lostFrame(file: string): number | undefined {
  const handle = openSync(file, "r");
  try {
    const header = read(handle, 0, FILE_HEADER);
    if (header === undefined) return undefined;
    // The last bit of the magic says in which order the checksums take their words.
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
      // A log that begins again has two other salts; behind it are the frames of the one before.
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

/** Undefined where the file ends before. */
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
