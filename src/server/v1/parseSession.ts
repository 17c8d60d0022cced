import type { FileChanges, Session } from "../../core/state/session.ts";
import type { Activity } from "../../core/state/state.ts";
import {
  countOf,
  directoryOf,
  idOf,
  isObject,
  nameOf,
  numberOf,
  objectOf,
  stringOf,
  titleOf,
} from "../narrow.ts";
import { parseModelRef, parseTotals } from "../sharedShapes.ts";
import type { SharedValues } from "../sharedValues.ts";

function parseChanges(value: unknown): FileChanges | undefined {
  if (!isObject(value)) return undefined;
  return {
    files: countOf(value["files"]),
    additions: countOf(value["additions"]),
    deletions: countOf(value["deletions"]),
  };
}

/** Reads a session row of OpenCode 1; undefined if it has no id. */
export function parseSession(value: unknown, shared: SharedValues): Session | undefined {
  if (!isObject(value)) return undefined;
  const id = idOf(value["id"]);
  if (id === undefined) return undefined;
  const time = objectOf(value["time"]);
  const createdMs = numberOf(time["created"]) ?? 0;
  const archivedMs = numberOf(time["archived"]);
  return {
    id,
    parentID: idOf(value["parentID"]),
    projectID: shared.string(idOf(value["projectID"])) ?? "global",
    directory: shared.string(directoryOf(value["directory"])) ?? "",
    title: titleOf(value["title"]) ?? "",
    agent: shared.string(nameOf(value["agent"])),
    model: shared.model(parseModelRef(value["model"])),
    totals: parseTotals(value),
    createdMs,
    updatedMs: numberOf(time["updated"]) ?? createdMs,
    // 0 is stored when a session is restored; only the server's own list of all projects still hides it.
    archivedMs: archivedMs === 0 ? undefined : archivedMs,
    changes: parseChanges(value["summary"]),
    shareURL: stringOf(objectOf(value["share"])["url"]),
    revertMessageID: idOf(objectOf(value["revert"])["messageID"]),
    forkOfID: undefined,
    isUnread: false,
  };
}

/** Reads a session's status `{type: idle | busy | retry, …}`; unknown types count as working. */
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
