/*
 * Reading JSON of unknown shape. Each function gives the value when it has the type asked for and
 * `undefined` (or an empty value) otherwise; nothing throws and nothing is trusted.
 */

export type JSONObject = Readonly<Record<string, unknown>>;

const NOTHING: JSONObject = Object.freeze({});

export function isObject(value: unknown): value is JSONObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object, or an empty one. */
export function objectOf(value: unknown): JSONObject {
  return isObject(value) ? value : NOTHING;
}

export function arrayOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function stringOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

/** A finite number. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A finite number that is not below zero; anything else counts as nothing. */
export function countOf(value: unknown): number {
  const number = numberOf(value);
  return number === undefined || number < 0 ? 0 : number;
}

export function stringsOf(value: unknown): readonly string[] {
  return arrayOf(value).filter((item): item is string => typeof item === "string");
}
