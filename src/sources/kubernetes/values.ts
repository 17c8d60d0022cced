import { bounded, MAX_OBJECT_TEXT_CHARACTERS } from "../../core/limits.ts";

/** Narrowing of values from clusters and kubeconfigs. Total: anything malformed is undefined or empty. */
export type Fields = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An object's fields; empty if it isn't an object. */
export function fieldsOf(value: unknown): Fields {
  return isRecord(value) ? value : {};
}

/** A non-empty string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** A non-empty string of bounded length. */
export function boundedTextOf(value: unknown): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : bounded(text, MAX_OBJECT_TEXT_CHARACTERS);
}

const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/**
 * The name of an object as Kubernetes allows it. Whoever may write a status may write any text where such a
 * name belongs; anything else would lead a request elsewhere on the API server.
 */
export function objectNameOf(value: unknown): string | undefined {
  return typeof value === "string" && OBJECT_NAME.test(value) ? value : undefined;
}

/** The name in an object's metadata. */
export function nameOf(object: Fields): string | undefined {
  return objectNameOf(fieldsOf(object["metadata"])["name"]);
}

/** A TCP port. */
export function portOf(value: unknown): number | undefined {
  const isPort =
    typeof value === "number" && Number.isInteger(value) && value > 0 && value < 65_536;
  return isPort ? value : undefined;
}

export function recordsOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A timestamp (RFC 3339) in milliseconds since the epoch. */
export function timeOf(value: unknown): number | undefined {
  const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

export function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const UNITS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
};

/** A Go duration (`1h30m`, `90s`) in milliseconds. */
export function durationOf(value: unknown): number | undefined {
  if (
    typeof value !== "string" ||
    value.length > 40 ||
    !/^(\d{1,9}(\.\d{1,9})?(h|ms|m|s))+$/.test(value)
  )
    return undefined;
  let sum = 0;
  for (const [, count, unit = ""] of value.matchAll(/(\d{1,9}(?:\.\d{1,9})?)(h|ms|m|s)/g)) {
    sum += Number(count) * (UNITS[unit] ?? 0);
  }
  return sum;
}
