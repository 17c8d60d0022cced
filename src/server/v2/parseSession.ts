import type { Session, SessionTotals } from "../../core/session.ts";
import { countOf, isObject, numberOf, objectOf, stringOf } from "../narrow.ts";
import { parseModelRef, parseTokens } from "../parseUsage.ts";
import type { SharedValues } from "../sharedValues.ts";

/** A time as the server writes it: milliseconds, or text of ISO 8601. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value !== "string") return numberOf(value);
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Reads `{cost, tokens}`, absolute figures of a session; undefined without tokens. */
export function parseTotals(value: unknown): SessionTotals | undefined {
  const { cost, tokens } = objectOf(value);
  return isObject(tokens) ? { costUSD: countOf(cost), tokens: parseTokens(tokens) } : undefined;
}

/** The directory of `{location{directory}}`. */
export function parseDirectory(value: unknown): string | undefined {
  return stringOf(objectOf(objectOf(value)["location"])["directory"]);
}

/**
 * Reads a session row of OpenCode 2; undefined when it has no id. Untitled sessions have the title "".
 * `createdMs` is taken where the row names no time, as in the event that tells of a new session.
 */
export function parseSession(
  value: unknown,
  shared: SharedValues,
  createdMs = 0,
): Session | undefined {
  if (!isObject(value)) return undefined;
  const id = stringOf(value["id"]) ?? stringOf(value["sessionID"]);
  if (id === undefined) return undefined;
  const time = objectOf(value["time"]);
  const sinceMs = parseTime(time["created"]) ?? createdMs;
  return {
    id,
    parentID: stringOf(value["parentID"]),
    projectID: shared.string(stringOf(value["projectID"])) ?? "global",
    directory: shared.string(parseDirectory(value)) ?? "",
    title: stringOf(value["title"]) ?? "",
    agent: shared.string(stringOf(value["agent"])),
    model: shared.model(parseModelRef(value["model"])),
    totals: parseTotals(value),
    createdMs: sinceMs,
    updatedMs: parseTime(time["updated"]) ?? sinceMs,
    archivedMs: parseTime(time["archived"]),
    changes: undefined,
    shareURL: undefined,
    revertMessageID: stringOf(objectOf(value["revert"])["messageID"]),
    forkOfID: stringOf(objectOf(value["fork"])["sessionID"]),
    isUnread: isUnread(time),
  };
}

/** A turn has ended that nobody has looked at since. */
function isUnread(time: Readonly<Record<string, unknown>>): boolean {
  const idleMs = parseTime(time["idle"]);
  return idleMs !== undefined && idleMs > (parseTime(time["viewed"]) ?? -Infinity);
}
