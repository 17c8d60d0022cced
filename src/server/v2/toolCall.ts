import { t } from "../../core/language.ts";
import type { ToolPart } from "../../core/state/message.ts";
import { type JSONObject, objectOf, stringOf } from "../narrow.ts";
import { childOf, parseError, partID, toolOutput, toolTitle } from "./parseMessage.ts";

/** A tool call when it is first mentioned. */
export function newTool(
  messageID: string,
  callID: string,
  data: JSONObject,
  startedMs: number,
): ToolPart {
  return {
    kind: "tool",
    id: partID(messageID, callID),
    callID,
    tool: nameOf(data) ?? "tool",
    status: "pending",
    title: undefined,
    input: undefined,
    output: undefined,
    error: undefined,
    startedMs,
    endedMs: undefined,
    childSessionID: undefined,
  };
}

function nameOf(data: JSONObject): string | undefined {
  return stringOf(data["name"]) ?? stringOf(data["tool"]);
}

/** A tool call after an event; undefined if the event says nothing new. */
export function nextTool(
  type: string,
  before: ToolPart,
  data: JSONObject,
  createdMs: number,
): ToolPart | undefined {
  const metadata = data["metadata"] ?? data["structured"];
  const childSessionID = childOf(metadata) ?? before.childSessionID;
  switch (type) {
    case "session.tool.input.started":
      return before;
    case "session.tool.called": {
      const { input } = data;
      const title = toolTitle(input, metadata);
      const tool = nameOf(data) ?? before.tool;
      return { ...before, tool, input, title, status: "running", childSessionID };
    }
    case "session.tool.progress":
      if (childSessionID === before.childSessionID) return undefined;
      return { ...before, childSessionID };
    case "session.tool.success":
      return {
        ...before,
        status: "completed",
        output: toolOutput(data["content"]),
        title: toolTitle(before.input, metadata) ?? before.title,
        endedMs: createdMs,
        childSessionID,
      };
    case "session.tool.failed":
      return {
        ...before,
        status: "error",
        error: parseError(objectOf(data["error"])) ?? t("the tool failed"),
        endedMs: createdMs,
        childSessionID,
      };
    default:
      return undefined;
  }
}
