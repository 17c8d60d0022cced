import { t } from "../../core/language.ts";
import type { Message, MessagePart } from "../../core/state/message.ts";
import {
  arrayOf,
  callIDOf,
  countOf,
  idOf,
  isObject,
  nameOf,
  numberOf,
  objectOf,
  shallowOf,
  stringOf,
  titleOf,
} from "../narrow.ts";
import { parseDiffs, parseFile, parseModelRef, parseTokens } from "../sharedShapes.ts";

/** The error of a message or turn that the user stopped. */
const STOPPED = "MessageAbortedError";

/** Reads the error of a message or event `{name, data{message}}`; undefined for an abort by the user. */
export function parseError(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const name = stringOf(value["name"]) ?? "Error";
  if (name === STOPPED) return undefined;
  return stringOf(objectOf(value["data"])["message"]) ?? stringOf(value["message"]) ?? name;
}

/** How a `session.error` says that a turn ended: it failed, or someone stopped it. */
export function turnEnd(
  error: unknown,
  atMs: number,
):
  | { readonly type: "session.failed"; readonly message: string; readonly atMs: number }
  | { readonly type: "turn.interrupted" } {
  const message = isObject(error) ? parseError(error) : t("the turn failed");
  return message === undefined
    ? { type: "turn.interrupted" }
    : { type: "session.failed", message, atMs };
}

/** Reads a message's own facts, without parts; undefined if it has no id or role. */
export function parseMessageInfo(value: unknown): Message | undefined {
  const info = objectOf(value);
  const id = idOf(info["id"]);
  const role = info["role"];
  if (id === undefined || (role !== "user" && role !== "assistant")) return undefined;
  const time = objectOf(info["time"]);
  return {
    id,
    role,
    createdMs: numberOf(time["created"]) ?? 0,
    completedMs: numberOf(time["completed"]),
    agent: nameOf(info["agent"]) ?? nameOf(info["mode"]),
    model: parseModelRef(role === "user" ? info["model"] : info),
    costUSD: role === "assistant" ? countOf(info["cost"]) : undefined,
    tokens: role === "assistant" ? parseTokens(info["tokens"]) : undefined,
    // A user message carries `summary` as an object of diffs, a compaction's answer as `true`.
    isSummary: info["summary"] === true,
    error: parseError(info["error"]),
    ...(objectOf(info["error"])["name"] === STOPPED ? { isStopped: true } : {}),
    parts: [],
    diffs: parseDiffs(objectOf(info["summary"])["diffs"]),
  };
}

/** Reads a message with its parts as the messages route returns it: `{info, parts}`. */
export function parseMessage(value: unknown): Message | undefined {
  const { info, parts } = objectOf(value);
  const message = parseMessageInfo(info);
  if (message === undefined) return undefined;
  return {
    ...message,
    parts: arrayOf(parts).flatMap((part) => {
      const parsed = parsePart(part);
      return parsed === undefined ? [] : [parsed];
    }),
  };
}

/** Reads one part; undefined if it has no id or contains nothing a user could read. */
export function parsePart(value: unknown): MessagePart | undefined {
  const part = objectOf(value);
  const id = idOf(part["id"]);
  const type = stringOf(part["type"]);
  if (id === undefined || type === undefined) return undefined;
  switch (type) {
    case "text":
      return {
        kind: "text",
        id,
        text: stringOf(part["text"]) ?? "",
        isSynthetic: part["synthetic"] === true,
      };
    case "reasoning":
      return { kind: "reasoning", id, text: stringOf(part["text"]) ?? "" };
    case "file":
      return parseFile(id, part["filename"], part["url"], part["mime"]);
    case "compaction":
      return {
        kind: "compaction",
        id,
        isAuto: part["auto"] === true,
        tailStartID: idOf(part["tail_start_id"]),
      };
    case "tool":
      return parseTool(id, part);
    case "step-start":
    case "step-finish":
    case "snapshot":
    case "patch":
      return undefined;
    default:
      return { kind: "other", id, type };
  }
}

function parseTool(id: string, part: Readonly<Record<string, unknown>>): MessagePart {
  const state = objectOf(part["state"]);
  const time = objectOf(state["time"]);
  const status = state["status"];
  return {
    kind: "tool",
    id,
    callID: callIDOf(part["callID"]) ?? id,
    tool: stringOf(part["tool"]) ?? "tool",
    status:
      status === "pending" || status === "running" || status === "error" ? status : "completed",
    title: titleOf(state["title"]),
    input: shallowOf(state["input"]),
    output: stringOf(state["output"]),
    error: stringOf(state["error"]),
    startedMs: numberOf(time["start"]),
    endedMs: numberOf(time["end"]),
    childSessionID: idOf(objectOf(state["metadata"])["sessionId"]),
  };
}
