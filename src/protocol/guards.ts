/**
 * Runtime guards for what crosses between the extension host and a webview. Small parts that add up to
 * the guard of a type; a field that a type gains and its guard lacks does not compile. Total: whatever
 * comes in, a guard answers and never throws.
 */

export type Guard<T> = (value: unknown) => value is T;

/** Longest text taken over the border, pictures aside. */
const MAX_TEXT_LENGTH = 100_000;
/** Most elements of a list taken over the border. */
const MAX_LIST_LENGTH = 200_000;

export function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_TEXT_LENGTH;
}

/** A finite number: neither `NaN` nor infinite. */
export function isFigure(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A finite number that is not negative. */
export function isCount(value: unknown): value is number {
  return isFigure(value) && value >= 0;
}

export function isFlag(value: unknown): value is boolean {
  return typeof value === "boolean";
}

/** Absent counts as undefined: JSON knows no other way to say it. */
export function optional<T>(guard: Guard<T>): Guard<T | undefined> {
  return (value): value is T | undefined => value === undefined || guard(value);
}

export function listOf<T>(guard: Guard<T>): Guard<readonly T[]> {
  return (value): value is readonly T[] =>
    Array.isArray(value) && value.length <= MAX_LIST_LENGTH && value.every(guard);
}

/** One of some literal texts. */
export function literal<const T extends string>(...values: readonly T[]): Guard<T> {
  const known = new Set<unknown>(values);
  return (value): value is T => known.has(value);
}

/** Exactly one value. */
export function only<const T extends string | number>(expected: T): Guard<T> {
  return (value): value is T => value === expected;
}

/** An object with these fields; others are ignored. Only own fields count. */
export function shapeOf<T extends object>(fields: {
  readonly [Key in keyof T]-?: Guard<T[Key]>;
}): Guard<T> {
  const guards = Object.entries<Guard<unknown>>(fields);
  return (value): value is T => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
    return guards.every(([key, guard]) => guard(ownField(value, key)));
  };
}

/** An object of one of several shapes, told apart by a field. */
export function taggedBy<Tag extends string, T extends { readonly [Key in Tag]: string }>(
  tag: Tag,
  shapes: {
    readonly [Value in T[Tag]]: Guard<Extract<T, { readonly [Key in Tag]: Value }>>;
  },
): Guard<T> {
  const guards = new Map<unknown, Guard<T>>(Object.entries<Guard<T>>(shapes));
  return (value): value is T => {
    if (typeof value !== "object" || value === null) return false;
    return guards.get(ownField(value, tag))?.(value) === true;
  };
}

function ownField(value: object, key: string): unknown {
  return Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}
