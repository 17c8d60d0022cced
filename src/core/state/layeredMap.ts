/**
 * A map whose copies cost as much as the changes since it was last flattened, not its size: the cost of a batch of
 * events must not grow with the number of sessions. Only its creator may write to it, and only until it is shared.
 * `undefined` is not a valid value. A key that is removed and set again keeps its position.
 * Tests compare copies in a Map: deepEqual sees no private field, and finds any two of these equal.
 */
export class LayeredMap<V extends object | string> implements ReadonlyMap<string, V> {
  readonly #base: ReadonlyMap<string, V>;
  /** Differences from the base; undefined for removed keys. */
  readonly #changes: Map<string, V | undefined>;
  #count: number;

  /** A writable copy. */
  constructor(from: ReadonlyMap<string, V>) {
    // Twice the square root balances copying the changes in each batch against occasionally flattening everything.
    const layered = isLayered(from) ? from : undefined;
    const isThin =
      layered !== undefined && layered.#changes.size <= 2 * Math.sqrt(layered.#base.size);
    this.#base = isThin ? layered.#base : layered === undefined ? from : layered.#flat();
    this.#changes = new Map(isThin ? layered.#changes : []);
    this.#count = from.size;
  }

  get size(): number {
    return this.#count;
  }

  get(key: string): V | undefined {
    const changed = this.#changes.get(key);
    if (changed !== undefined) return changed;
    return this.#changes.has(key) ? undefined : this.#base.get(key);
  }

  has(key: string): boolean {
    return this.get(key) !== undefined;
  }

  set(key: string, value: V): this {
    if (!this.has(key)) this.#count++;
    this.#changes.set(key, value);
    return this;
  }

  delete(key: string): boolean {
    if (!this.has(key)) return false;
    this.#count--;
    if (this.#base.has(key)) this.#changes.set(key, undefined);
    else this.#changes.delete(key);
    return true;
  }

  entries(): MapIterator<[string, V]> {
    return this.#changes.size === 0 ? this.#base.entries() : this.#mergedEntries();
  }

  *keys(): Generator<string, undefined> {
    for (const [key] of this.entries()) yield key;
  }

  *values(): Generator<V, undefined> {
    for (const [, value] of this.entries()) yield value;
  }

  [Symbol.iterator](): MapIterator<[string, V]> {
    return this.entries();
  }

  forEach(callback: (value: V, key: string, map: ReadonlyMap<string, V>) => void): void {
    for (const [key, value] of this) callback(value, key, this);
  }

  *#mergedEntries(): Generator<[string, V], undefined> {
    const base = this.#base;
    const changes = this.#changes;
    for (const entry of base) {
      const [key] = entry;
      const changed = changes.get(key);
      if (changed !== undefined) yield [key, changed];
      else if (!changes.has(key)) yield entry;
    }
    for (const [key, value] of changes) {
      if (value !== undefined && !base.has(key)) yield [key, value];
    }
  }

  /** The whole map as a plain one: several times faster than by iterating over the entries. */
  #flat(): Map<string, V> {
    const all = new Map(this.#base);
    for (const [key, value] of this.#changes) {
      if (value === undefined) all.delete(key);
      else all.set(key, value);
    }
    return all;
  }
}

function isLayered<V extends object | string>(map: ReadonlyMap<string, V>): map is LayeredMap<V> {
  return map instanceof LayeredMap;
}
