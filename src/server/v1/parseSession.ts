import type { ModelRef } from "../../core/model.ts";
import type { FileChanges, Session, SessionTotals } from "../../core/session.ts";
import type { Activity } from "../../core/state.ts";
import { NO_TOKENS, type Tokens } from "../../core/usage.ts";
import { countOf, isObject, numberOf, objectOf, stringOf } from "../narrow.ts";

/** Reads `{input, output, reasoning, cache{read, write}}`; missing kinds are zero. */
export function parseTokens(value: unknown): Tokens {
  if (!isObject(value)) return NO_TOKENS;
  const cache = objectOf(value["cache"]);
  return {
    input: countOf(value["input"]),
    output: countOf(value["output"]),
    reasoning: countOf(value["reasoning"]),
    cache: { read: countOf(cache["read"]), write: countOf(cache["write"]) },
  };
}

/** Totals of a session row; undefined on servers before 1.14.49, which have none. */
function parseTotals(info: Readonly<Record<string, unknown>>): SessionTotals | undefined {
  if (!isObject(info["tokens"])) return undefined;
  return { costUSD: countOf(info["cost"]), tokens: parseTokens(info["tokens"]) };
}

/** Reads `{providerID, id | modelID, variant?}`. */
export function parseModelRef(value: unknown): ModelRef | undefined {
  if (!isObject(value)) return undefined;
  const providerID = stringOf(value["providerID"]);
  const modelID = stringOf(value["modelID"]) ?? stringOf(value["id"]);
  if (providerID === undefined || modelID === undefined) return undefined;
  const variant = stringOf(value["variant"]);
  return { providerID, modelID, variant: variant === "default" ? undefined : variant };
}

function parseChanges(value: unknown): FileChanges | undefined {
  if (!isObject(value)) return undefined;
  return {
    files: countOf(value["files"]),
    additions: countOf(value["additions"]),
    deletions: countOf(value["deletions"]),
  };
}

/**
 * Equal strings and model refs of many sessions become one object each: thousands of sessions share a
 * few directories, projects, agents and models.
 */
export class SharedValues {
  private readonly strings = new Map<string, string>();
  private readonly models = new Map<string, ModelRef>();

  string(value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    const known = this.strings.get(value);
    if (known !== undefined) return known;
    this.strings.set(value, value);
    return value;
  }

  model(value: ModelRef | undefined): ModelRef | undefined {
    if (value === undefined) return undefined;
    const key = `${value.providerID}\n${value.modelID}\n${value.variant ?? ""}`;
    const known = this.models.get(key);
    if (known !== undefined) return known;
    this.models.set(key, value);
    return value;
  }
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
    // 0 is what is stored by an attempt to un-archive; the server goes on hiding such a session.
    archivedMs,
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
