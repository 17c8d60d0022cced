import { t } from "../../core/language.ts";
import type { Message, MessagePart, ToolPart } from "../../core/state/message.ts";
import {
  arrayOf,
  callIDOf,
  countOf,
  idOf,
  isObject,
  type JSONObject,
  nameOf,
  objectOf,
  shallowOf,
  stringOf,
  titleOf,
} from "../narrow.ts";
import { parseFile, parseModelRef, parseTokens } from "../sharedShapes.ts";
import { titleOfInput } from "../toolTitle.ts";
import { parseTime } from "./parseSession.ts";

/** Reads `{type | name, message}`; undefined for a stop by the user. */
export function parseError(value: unknown): string | undefined {
  if (!isObject(value)) return undefined;
  const kind = stringOf(value["type"]) ?? stringOf(value["name"]) ?? stringOf(value["_tag"]) ?? "";
  if (/abort|interrupt/i.test(kind)) return undefined;
  const message = stringOf(value["message"]) ?? stringOf(objectOf(value["data"])["message"]);
  return message ?? (kind === "" ? "Error" : kind);
}

/** Id of a piece of a message: pieces are only numbered within their message. */
export function partID(messageID: string, contentID: string): string {
  return `${messageID}/${contentID}`;
}

/**
 * Reads a message of OpenCode 2, a union discriminated by `type`; undefined for those that only mark
 * something (`idle`, `agent-switched`, …). An assistant message is one step of the model. A finished
 * compaction is one message, which contains its summary.
 */
export function parseMessage(value: unknown): Message | undefined {
  const raw = objectOf(value);
  const id = idOf(raw["id"]);
  if (id === undefined) return undefined;
  switch (raw["type"]) {
    case "user":
      return { ...messageOf(id, "user", raw), parts: userParts(id, raw) };
    case "synthetic":
    case "skill":
      return { ...messageOf(id, "user", raw), parts: [textPart(id, "text-0", raw["text"], true)] };
    case "shell":
      return { ...messageOf(id, "user", raw), parts: [shellPart(id, raw)] };
    case "assistant":
      return {
        ...messageOf(id, "assistant", raw),
        costUSD: countOf(raw["cost"]),
        tokens: parseTokens(raw["tokens"]),
        error: parseError(raw["error"]),
        parts: contentParts(id, raw["content"]),
      };
    case "compaction":
      return compaction(id, raw);
    default:
      return undefined;
  }
}

/** A message with what all kinds have in common, as far as its row contains it. */
export function messageOf(id: string, role: Message["role"], raw: JSONObject): Message {
  const time = objectOf(raw["time"]);
  return {
    id,
    role,
    createdMs: parseTime(time["created"]) ?? 0,
    completedMs: parseTime(time["completed"]),
    agent: nameOf(raw["agent"]),
    model: parseModelRef(raw["model"]),
    costUSD: undefined,
    tokens: undefined,
    isSummary: false,
    error: undefined,
    parts: [],
    diffs: [],
  };
}

function compaction(id: string, raw: JSONObject): Message {
  const message = messageOf(id, "assistant", raw);
  const isDone = raw["status"] === undefined || raw["status"] === "completed";
  const isAuto = raw["reason"] === "auto";
  return {
    ...message,
    completedMs: message.completedMs ?? (isDone ? message.createdMs : undefined),
    costUSD: countOf(raw["cost"]),
    tokens: parseTokens(raw["tokens"]),
    isSummary: isDone,
    error:
      raw["status"] === "failed" ? (parseError(raw["error"]) ?? t("compaction failed")) : undefined,
    parts: [
      {
        kind: "compaction",
        id: partID(id, "compaction"),
        isAuto,
        tailStartID: undefined,
        keptCharacters: (stringOf(raw["recent"]) ?? "").length,
      },
      textPart(id, "summary", raw["summary"], false),
    ],
  };
}

function textPart(
  messageID: string,
  contentID: string,
  text: unknown,
  isSynthetic: boolean,
): MessagePart {
  return {
    kind: "text",
    id: partID(messageID, contentID),
    text: stringOf(text) ?? "",
    isSynthetic,
  };
}

function userParts(id: string, raw: JSONObject): readonly MessagePart[] {
  const files = arrayOf(raw["files"]).map((item, index): MessagePart => {
    const file = objectOf(item);
    const name = file["name"] ?? file["filename"];
    return parseFile(partID(id, `file-${String(index)}`), name, file["uri"], file["mime"]);
  });
  return [textPart(id, "text-0", raw["text"], false), ...files];
}

function shellPart(id: string, raw: JSONObject): MessagePart {
  const time = objectOf(raw["time"]);
  const callID = callIDOf(raw["callID"]) ?? id;
  const command = stringOf(raw["command"]);
  return {
    kind: "tool",
    id: partID(id, callID),
    callID,
    tool: "shell",
    status: parseTime(time["completed"]) === undefined ? "running" : "completed",
    title: titleOf(command),
    input: { command },
    output: stringOf(raw["output"]),
    error: undefined,
    startedMs: parseTime(time["created"]),
    endedMs: parseTime(time["completed"]),
    childSessionID: undefined,
  };
}

function contentParts(messageID: string, value: unknown): readonly MessagePart[] {
  const counts = { text: 0, reasoning: 0 };
  return arrayOf(value).flatMap((item): readonly MessagePart[] => {
    const content = objectOf(item);
    const { type } = content;
    if (type === "text" || type === "reasoning") {
      const contentID = callIDOf(content["id"]) ?? `${type}-${String(counts[type]++)}`;
      const text = stringOf(content["text"]) ?? "";
      const id = partID(messageID, contentID);
      return [
        type === "text" ? { kind: type, id, text, isSynthetic: false } : { kind: type, id, text },
      ];
    }
    return type === "tool" ? [parseTool(messageID, content)] : [];
  });
}

function parseTool(messageID: string, content: JSONObject): ToolPart {
  const state = objectOf(content["state"]);
  const time = objectOf(content["time"]);
  const callID = callIDOf(content["id"]) ?? "";
  const { status } = state;
  return {
    kind: "tool",
    id: partID(messageID, callID),
    callID,
    tool: stringOf(content["name"]) ?? "tool",
    status:
      status === "streaming" || status === "pending"
        ? "pending"
        : status === "running" || status === "error"
          ? status
          : "completed",
    title: toolTitle(state["input"], state["metadata"] ?? state["structured"]),
    input: shallowOf(state["input"]),
    output: toolOutput(state["content"]),
    error: status === "error" ? parseError(state["error"]) : undefined,
    startedMs: parseTime(time["ran"]) ?? parseTime(time["created"]),
    endedMs: parseTime(time["completed"]),
    childSessionID: childOf(state["metadata"] ?? state["structured"]),
  };
}

/** The sub-session named in a tool's metadata. */
export function childOf(metadata: unknown): string | undefined {
  return idOf(objectOf(metadata)["sessionID"]);
}

/** What a tool call is about, in one line: the metadata's title, or else derived from the input. */
export function toolTitle(input: unknown, metadata: unknown): string | undefined {
  return titleOf(objectOf(metadata)["title"]) ?? titleOfInput(input);
}

/** The texts of a tool's content, joined by line breaks. */
export function toolOutput(content: unknown): string | undefined {
  const texts = arrayOf(content).flatMap((item) => stringOf(objectOf(item)["text"]) ?? []);
  return texts.length === 0 ? undefined : texts.join("\n");
}
