import type { PermissionRequest, Question, QuestionRequest } from "../../core/state/request.ts";
import { arrayOf, isObject, type JSONObject, objectOf, stringOf, stringsOf } from "../narrow.ts";
import { parseRequestFacts } from "../sharedShapes.ts";

/** Names of the shell tool in the known versions. */
const SHELL_ACTIONS = ["shell", "bash"];

/** Reads a permission request of OpenCode 2; undefined without id or session. */
export function parsePermission(
  value: unknown,
  directory: string | undefined,
  nowMs: number,
): PermissionRequest | undefined {
  const facts = parseRequestFacts(value, directory, nowMs);
  if (facts === undefined) return undefined;
  const info = objectOf(value);
  const action = stringOf(info["action"]) ?? "";
  const resources = stringsOf(info["resources"]);
  const metadata = objectOf(info["metadata"]);
  return {
    kind: "permission",
    permission: action,
    patterns: resources,
    always: stringsOf(info["save"]),
    savesAlways: true,
    command:
      stringOf(metadata["command"]) ??
      (SHELL_ACTIONS.includes(action) ? resources.join("\n") || undefined : undefined),
    diff: stringOf(metadata["diff"]) ?? stringOf(metadata["patch"]),
    filePath:
      stringOf(metadata["filePath"]) ??
      stringOf(metadata["filepath"]) ??
      stringOf(metadata["path"]),
    ...facts,
  };
}

/** Reads a form of OpenCode 2 as a question request: each field is a question, and its key is the answer's. */
export function parseForm(
  value: unknown,
  directory: string | undefined,
  nowMs: number,
): QuestionRequest | undefined {
  const facts = parseRequestFacts(value, directory, nowMs);
  if (facts === undefined) return undefined;
  const info = objectOf(value);
  return {
    kind: "question",
    questions: fieldsOf(info["fields"]).map(parseField),
    ...facts,
  };
}

/** Reads fields given as a list of `{key, …}`, or as an object by key. */
function fieldsOf(value: unknown): readonly JSONObject[] {
  if (Array.isArray(value)) return arrayOf(value).filter(isObject);
  return Object.entries(objectOf(value)).map(([key, field]) => ({ key, ...objectOf(field) }));
}

function parseField(field: JSONObject, index: number): Question {
  const options = arrayOf(field["options"]).map(parseOption);
  const isMultiple = field["type"] === "multiselect";
  const header = stringOf(field["title"]) ?? stringOf(field["label"]) ?? stringOf(field["header"]);
  const text = stringOf(field["description"]) ?? stringOf(field["message"]);
  const key = stringOf(field["key"]) ?? stringOf(field["name"]) ?? String(index);
  return {
    key,
    header: header ?? key,
    text: text ?? header ?? key,
    options,
    type: typeOf(field["type"], options.length > 0),
    isMultiple,
    allowsCustom:
      field["custom"] === true || (options.length === 0 && field["type"] === "multiselect"),
    isRequired: field["required"] === true,
    url: stringOf(field["url"]),
    when: parseCondition(field["when"]),
  };
}

function typeOf(type: unknown, hasOptions: boolean): Question["type"] {
  switch (type) {
    case "number":
    case "integer":
    case "boolean":
    case "external":
      return type;
    case "multiselect":
      return "choice";
    default:
      return hasOptions ? "choice" : "text";
  }
}

function parseOption(value: unknown): Question["options"][number] {
  if (typeof value === "string") return { label: value, value, description: "" };
  const option = objectOf(value);
  const text = stringOf(option["value"]) ?? stringOf(option["label"]) ?? "";
  return {
    label: stringOf(option["label"]) ?? stringOf(option["title"]) ?? text,
    value: text,
    description: stringOf(option["description"]) ?? "",
  };
}

/** Reads `{key, value}`; a field with any other condition is always asked. */
function parseCondition(value: unknown): Question["when"] {
  const condition = objectOf(value);
  const key = stringOf(condition["key"]) ?? stringOf(condition["field"]);
  const wanted = condition["value"] ?? condition["equals"];
  if (key === undefined) return undefined;
  return typeof wanted === "string" || typeof wanted === "number" || typeof wanted === "boolean"
    ? { key, value: wanted }
    : undefined;
}
