import type { Session } from "../../core/state/session.ts";
import { directoryOf, idOf, isObject, nameOf, numberOf, objectOf, titleOf } from "../narrow.ts";
import { parseModelRef, parseTotals } from "../sharedShapes.ts";
import type { SharedValues } from "../sharedValues.ts";

/** A time as the server writes it: milliseconds, or ISO 8601 text. */
export function parseTime(value: unknown): number | undefined {
  if (typeof value !== "string") return numberOf(value);
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}

/** The directory of `{location{directory}}`. */
export function parseDirectory(value: unknown): string | undefined {
  return directoryOf(objectOf(objectOf(value)["location"])["directory"]);
}

/**
 * Reads a session row of OpenCode 2; undefined if it has no id. Untitled sessions have the title "".
 * `createdMs` is used if the row contains no time, as in the event that reports a new session.
 */
export function parseSession(
  value: unknown,
  shared: SharedValues,
  createdMs = 0,
): Session | undefined {
  if (!isObject(value)) return undefined;
  const id = idOf(value["id"]) ?? idOf(value["sessionID"]);
  if (id === undefined) return undefined;
  const time = objectOf(value["time"]);
  const sinceMs = parseTime(time["created"]) ?? createdMs;
  return {
    id,
    parentID: idOf(value["parentID"]),
    projectID: shared.string(idOf(value["projectID"])) ?? "global",
    directory: shared.string(parseDirectory(value)) ?? "",
    title: titleOf(value["title"]) ?? "",
    agent: shared.string(nameOf(value["agent"])),
    model: shared.model(parseModelRef(value["model"])),
    totals: parseTotals(value),
    createdMs: sinceMs,
    updatedMs: parseTime(time["updated"]) ?? sinceMs,
    archivedMs: parseTime(time["archived"]),
    changes: undefined,
    shareURL: undefined,
    revertMessageID: idOf(objectOf(value["revert"])["messageID"]),
    forkOfID: idOf(objectOf(value["fork"])["sessionID"]),
    isUnread: isUnread(time),
  };
}

/** Whether a turn has ended that nobody has viewed since. */
function isUnread(time: Readonly<Record<string, unknown>>): boolean {
  const idleMs = parseTime(time["idle"]);
  return idleMs !== undefined && idleMs > (parseTime(time["viewed"]) ?? -Infinity);
}
