import type { FileChanges, Session, SessionTotals } from "../../core/session.ts";
import type { Activity } from "../../core/state.ts";
import { countOf, isObject, numberOf, objectOf, stringOf } from "../narrow.ts";
import { parseModelRef, parseTokens } from "../parseUsage.ts";
import type { SharedValues } from "../sharedValues.ts";

/** Totals of a session row; undefined on servers before 1.14.49, which have none. */
function parseTotals(info: Readonly<Record<string, unknown>>): SessionTotals | undefined {
  if (!isObject(info["tokens"])) return undefined;
  return { costUSD: countOf(info["cost"]), tokens: parseTokens(info["tokens"]) };
}

function parseChanges(value: unknown): FileChanges | undefined {
  if (!isObject(value)) return undefined;
  return {
    files: countOf(value["files"]),
    additions: countOf(value["additions"]),
    deletions: countOf(value["deletions"]),
  };
}

/** Reads a session row of OpenCode 1; undefined when it has no id. */
export function parseSession(value: unknown, shared: SharedValues): Session | undefined {
  if (!isObject(value)) return undefined;
  const id = stringOf(value["id"]);
  if (id === undefined) return undefined;
  const time = objectOf(value["time"]);
  const createdMs = numberOf(time["created"]) ?? 0;
  const archivedMs = numberOf(time["archived"]);
  return {
    id,
    parentID: stringOf(value["parentID"]),
    projectID: shared.string(stringOf(value["projectID"])) ?? "global",
    directory: shared.string(stringOf(value["directory"])) ?? "",
    title: stringOf(value["title"]) ?? "",
    agent: shared.string(stringOf(value["agent"])),
    model: shared.model(parseModelRef(value["model"])),
    totals: parseTotals(value),
    createdMs,
    updatedMs: numberOf(time["updated"]) ?? createdMs,
    // 0 is stored when a session is taken back; only the server's own list of all projects still hides it.
    archivedMs: archivedMs === 0 ? undefined : archivedMs,
    changes: parseChanges(value["summary"]),
    shareURL: stringOf(objectOf(value["share"])["url"]),
    revertMessageID: stringOf(objectOf(value["revert"])["messageID"]),
    forkOfID: undefined,
    isUnread: false,
  };
}

/** Reads a session's status `{type: idle | busy | retry, …}`; unknown types count as work. */
export function parseActivity(value: unknown, nowMs: number): Activity {
  const status = objectOf(value);
  switch (status["type"]) {
    case "idle":
      return { kind: "idle" };
    case "retry":
      return {
        kind: "retry",
        sinceMs: nowMs,
        attempt: countOf(status["attempt"]),
        message: stringOf(status["message"]) ?? "",
        nextMs: numberOf(status["next"]),
      };
    default:
      return { kind: "working", sinceMs: nowMs };
  }
}
