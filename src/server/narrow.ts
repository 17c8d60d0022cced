import { channel } from "node:diagnostics_channel";

import { isCallID, isID, isName } from "../core/ids.ts";
import { bounded, MAX_DEPTH, MAX_PATH_CHARACTERS, MAX_TITLE_CHARACTERS } from "../core/limits.ts";

/*
 * Reading JSON of unknown shape. Each function returns the value if it has the requested type and `undefined`
 * (or an empty value) otherwise; nothing throws and nothing is trusted.
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

/** A finite number that is not below zero; 0 for anything else. */
export function countOf(value: unknown): number {
  const number = numberOf(value);
  return number === undefined || number < 0 ? 0 : number;
}

export function stringsOf(value: unknown): readonly string[] {
  return arrayOf(value).filter((item): item is string => typeof item === "string");
}

/** A title of bounded length. */
export function titleOf(value: unknown): string | undefined {
  const title = stringOf(value);
  return title === undefined ? undefined : bounded(title, MAX_TITLE_CHARACTERS);
}

/** A directory; undefined if it is longer than any path can be. */
export function directoryOf(value: unknown): string | undefined {
  const path = stringOf(value);
  return path === undefined || path.length > MAX_PATH_CHARACTERS ? undefined : path;
}

/** Any JSON, with everything deeper than `MAX_DEPTH` cut off, so that it can be walked recursively later. */
export function shallowOf(value: unknown): unknown {
  return isDeeper(value, MAX_DEPTH) ? cut(value, MAX_DEPTH) : value;
}

function isDeeper(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth === 0 || Object.values(value).some((item) => isDeeper(item, depth - 1));
}

function cut(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "…";
  if (Array.isArray(value)) return value.map((item) => cut(item, depth - 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, cut(item, depth - 1)]),
  );
}

/** Diagnostics channel that reports when an invalid id or name was received: which kind, never the value. */
export const REFUSED_ID = "opencodeSessions.refusedID";

const refused = channel(REFUSED_ID);

/** The id of a session, message, part, request or project. */
export function idOf(value: unknown): string | undefined {
  return accepted(value, isID, "id");
}

/** The id of a tool call. */
export function callIDOf(value: unknown): string | undefined {
  return accepted(value, isCallID, "id of a tool call");
}

/** The name of a provider, model, variant or agent. */
export function nameOf(value: unknown): string | undefined {
  return accepted(value, isName, "name");
}

function accepted(
  value: unknown,
  is: (value: unknown) => value is string,
  what: string,
): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (is(value)) return value;
  refused.publish(what);
  return undefined;
}
