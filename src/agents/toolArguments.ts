import type { SessionListOptions } from "../core/state/sessionList.ts";
import {
  REPORT_GROUPINGS,
  REPORT_PERIODS,
  type UsageReportOptions,
} from "../core/usage/usageReport.ts";

/** An argument that can't be used; the message says what it must be. */
export class BadArgument extends Error {
  override readonly name = "BadArgument";
}

export type ToolArguments = Readonly<Record<string, unknown>>;

const MOST = 500;
const DEFAULT_LIMIT = 20;

/** The requested session. @throws BadArgument */
export function sessionArgument(given: ToolArguments): string | undefined {
  return textOf(given, "sessionID");
}

/** @throws BadArgument */
export function listArguments(given: ToolArguments): SessionListOptions {
  return {
    limit: limitOf(given),
    includesChildren: flagOf(given, "includeChildren"),
    includesArchived: flagOf(given, "includeArchived"),
    directory: textOf(given, "directory"),
  };
}

/** @throws BadArgument */
export function reportArguments(given: ToolArguments): UsageReportOptions {
  return {
    period: oneOf(given, "period", REPORT_PERIODS, "today"),
    by: oneOf(given, "by", REPORT_GROUPINGS, "model"),
    limit: limitOf(given),
  };
}

function textOf(given: ToolArguments, name: string): string | undefined {
  const value = given[name];
  if (value === undefined || value === null || value === "") return undefined;
  if (typeof value === "string") return value;
  throw new BadArgument(`${name} must be a string`);
}

function flagOf(given: ToolArguments, name: string): boolean {
  const value = given[name];
  if (value === undefined || value === null) return false;
  if (typeof value === "boolean") return value;
  throw new BadArgument(`${name} must be true or false`);
}

function limitOf(given: ToolArguments): number {
  const value = given["limit"];
  if (value === undefined || value === null) return DEFAULT_LIMIT;
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= MOST) {
    return value;
  }
  throw new BadArgument(`limit must be a whole number from 1 to ${String(MOST)}`);
}

function oneOf<T extends string>(
  given: ToolArguments,
  name: string,
  words: readonly T[],
  otherwise: T,
): T {
  const value = given[name];
  if (value === undefined || value === null) return otherwise;
  const word = words.find((each) => each === value);
  if (word !== undefined) return word;
  throw new BadArgument(`${name} must be one of ${words.join(", ")}`);
}
