/**
 * How long rows stay where they are after a sign that someone points at the tree. VS Code does not tell extensions
 * where the pointer is, only that it needs a row's tooltip, or that a row was clicked, expanded or collapsed.
 */
export const HOLD_MS = 8000;

/** What a person may be about to click or is reading: a row, and until when it keeps its place. */
interface Hold {
  /** The row and those above it. */
  readonly elements: ReadonlySet<string>;
  /** Whether its tooltip is open, so that it keeps its figures, too. */
  readonly isRead: boolean;
  readonly untilMs: number;
  /** The lists as they were drawn, by parent. */
  readonly lists: Map<string | undefined, readonly string[]>;
}

/** The rows of a tree that keep their places. Times are of a monotonic clock. */
export class HeldRows {
  #hold: Hold | undefined;

  /** When rows may move again; undefined if they may now. */
  get untilMs(): number | undefined {
    return this.#hold?.untilMs;
  }

  /** `lists`: those drawn, by parent. */
  hold(
    { untilMs, ...hold }: Omit<Hold, "lists">,
    lists: ReadonlyMap<string | undefined, readonly string[]>,
  ): void {
    this.#hold = {
      ...hold,
      untilMs: Math.max(untilMs, this.#hold?.untilMs ?? 0),
      lists: this.#hold?.lists ?? new Map(lists),
    };
  }

  /** Whether this was the end of a hold. */
  end(clockMs: number): boolean {
    if (this.#hold === undefined || clockMs < this.#hold.untilMs) return false;
    this.#hold = undefined;
    return true;
  }

  release(): void {
    this.#hold = undefined;
  }

  /** Whether a row keeps its figures: it or one below it is being read. */
  isRead(element: string): boolean {
    return this.#hold?.isRead === true && this.#hold.elements.has(element);
  }

  /** A list as it may be drawn now. */
  order(parent: string | undefined, now: readonly string[]): readonly string[] {
    if (this.#hold === undefined) return now;
    const { lists, elements } = this.#hold;
    const isAbove = parent === undefined || elements.has(parent);
    const list = heldOrder(lists.get(parent) ?? now, now, isAbove);
    lists.set(parent, list);
    return list;
  }
}

/**
 * A list in the order in which it was drawn. What is gone leaves it at once, because it can no longer be clicked. What
 * is new waits, unless `mayGrow` and it comes last, where it moves none of the others.
 */
export function heldOrder(
  drawn: readonly string[],
  now: readonly string[],
  mayGrow: boolean,
): readonly string[] {
  const present = new Set(now);
  const kept = drawn.filter((element) => present.has(element));
  if (kept.length === 0) return now;
  const known = new Set(kept);
  let end = now.length;
  while (mayGrow && !known.has(now[end - 1] ?? "")) end--;
  return mayGrow ? [...kept, ...now.slice(end)] : kept;
}
