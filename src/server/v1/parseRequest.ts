import type { ServerAction } from "../../core/state/actions.ts";
import type { PermissionRequest, QuestionRequest } from "../../core/state/request.ts";
import { arrayOf, idOf, type JSONObject, objectOf, stringOf, stringsOf } from "../narrow.ts";
import { parseRequestFacts } from "../sharedShapes.ts";

/** Reads a permission request of OpenCode 1; undefined without id or session. */
export function parsePermission(
  value: unknown,
  directory: string | undefined,
  nowMs: number,
): PermissionRequest | undefined {
  const facts = parseRequestFacts(value, directory, nowMs);
  if (facts === undefined) return undefined;
  const info = objectOf(value);
  const metadata = objectOf(info["metadata"]);
  return {
    kind: "permission",
    permission: stringOf(info["permission"]) ?? "",
    patterns: stringsOf(info["patterns"]),
    always: stringsOf(info["always"]),
    command: stringOf(metadata["command"]),
    diff: stringOf(metadata["diff"]),
    filePath: stringOf(metadata["filepath"]) ?? stringOf(metadata["filePath"]),
    ...facts,
  };
}

/** Reads a question request of OpenCode 1. Questions have no keys: their position is the key. */
export function parseQuestion(
  value: unknown,
  directory: string | undefined,
  nowMs: number,
): QuestionRequest | undefined {
  const facts = parseRequestFacts(value, directory, nowMs);
  if (facts === undefined) return undefined;
  const info = objectOf(value);
  return {
    kind: "question",
    questions: arrayOf(info["questions"]).map((item, index) => {
      const question = objectOf(item);
      return {
        key: String(index),
        header: stringOf(question["header"]) ?? "",
        text: stringOf(question["question"]) ?? "",
        options: arrayOf(question["options"]).map((choice) => {
          const option = objectOf(choice);
          const label = stringOf(option["label"]) ?? "";
          return { label, value: label, description: stringOf(option["description"]) ?? "" };
        }),
        type: "choice",
        isMultiple: question["multiple"] === true,
        allowsCustom: question["custom"] !== false,
        isRequired: true,
        url: undefined,
        when: undefined,
      };
    }),
    ...facts,
  };
}

/** Reads an event about a request: one was opened, or one was settled by anyone. */
export function requestAction(
  serverID: string,
  type: string,
  properties: JSONObject,
  directory: string | undefined,
  nowMs: number,
): ServerAction | undefined {
  if (type === "permission.asked" || type === "question.asked") {
    const parse = type === "permission.asked" ? parsePermission : parseQuestion;
    const request = parse(properties, directory, nowMs);
    return request === undefined ? undefined : { type: "request.opened", serverID, request };
  }
  const sessionID = idOf(properties["sessionID"]);
  const requestID = idOf(properties["requestID"]);
  return sessionID === undefined || requestID === undefined
    ? undefined
    : { type: "request.closed", serverID, sessionID, requestID };
}
