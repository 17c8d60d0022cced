import { createHash } from "node:crypto";

/** Bytes a row keeps of its message's id. OpenCode's ids have 30 ASCII characters. */
export const KEY_BYTES = 32;
/** The same in 32-bit words. */
export const KEY_WORDS = KEY_BYTES / 4;

/** Writes the key of a message id: the id itself, or, for one that does not fit, a name made from its hash. */
export function writeKey(id: string, bytes: Uint8Array, at: number): void {
  let length = id.length;
  if (length > KEY_BYTES || !writeASCII(id, bytes, at)) {
    const name = `#${createHash("sha256")
      .update(id)
      .digest("base64url")
      .slice(0, KEY_BYTES - 1)}`;
    writeASCII(name, bytes, at);
    length = name.length;
  }
  bytes.fill(0, at + length, at + KEY_BYTES);
}

function writeASCII(text: string, bytes: Uint8Array, at: number): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0 || code > 0x7f) return false;
    bytes[at + index] = code;
  }
  return true;
}

/** Reads a key back as text. */
export function readKey(bytes: Uint8Array, at: number): string {
  let end = at;
  while (end < at + KEY_BYTES && (bytes[end] ?? 0) !== 0) end++;
  return String.fromCharCode(...bytes.subarray(at, end));
}

/** Finds rows by their keys: open addressing over the columns' own key words. */
export class KeyIndex {
  /** Row + 1 by slot; 0 is free. */
  private slots: Int32Array;
  private used = 0;
  private keys: Int32Array;

  /** Indexes the first `rows` keys. */
  constructor(keys: Int32Array, rows: number) {
    this.keys = keys;
    this.slots = new Int32Array(slotsFor(rows));
    for (let row = 0; row < rows; row++) this.insert(row);
  }

  /** The columns have moved to longer arrays. */
  moved(keys: Int32Array): void {
    this.keys = keys;
  }

  /** Adds a row whose key is not in yet. */
  add(row: number): void {
    if ((this.used + 1) * 2 > this.slots.length) {
      this.slots = new Int32Array(slotsFor(this.used * 2));
      this.used = 0;
      for (let known = 0; known < row; known++) this.insert(known);
    }
    this.insert(row);
  }

  /** The row with the key that stands at word `at` of `keys`; -1 without one. */
  find(keys: Int32Array, at: number): number {
    const mask = this.slots.length - 1;
    for (let slot = hashOf(keys, at) & mask; ; slot = (slot + 1) & mask) {
      const row = (this.slots[slot] ?? 0) - 1;
      if (row < 0) return -1;
      if (isSameKey(this.keys, row * KEY_WORDS, keys, at)) return row;
    }
  }

  private insert(row: number): void {
    const mask = this.slots.length - 1;
    let slot = hashOf(this.keys, row * KEY_WORDS) & mask;
    while (this.slots[slot] !== 0) slot = (slot + 1) & mask;
    this.slots[slot] = row + 1;
    this.used++;
  }
}

function slotsFor(rows: number): number {
  let slots = 1024;
  while (slots < rows * 2) slots *= 2;
  return slots;
}

function hashOf(keys: Int32Array, at: number): number {
  let hash = 0x2545f491;
  for (let word = at; word < at + KEY_WORDS; word++) {
    hash = Math.imul(hash ^ (keys[word] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash;
}

function isSameKey(a: Int32Array, atA: number, b: Int32Array, atB: number): boolean {
  // The random end of an id differs most.
  for (let word = KEY_WORDS - 1; word >= 0; word--) {
    if (a[atA + word] !== b[atB + word]) return false;
  }
  return true;
}
