import { ServerError } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import { requestJSON, type ServerAccess } from "./http.ts";
import { arrayOf, isObject, type JSONObject, objectOf, stringOf } from "./narrow.ts";

/** What a server's own OpenAPI document says it offers. */
export interface Specification {
  /** By `METHOD /path` with `{}` for every parameter, e.g. `GET /api/session/{}`. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** Every fixed word of the document's schemas, the names of events among them. */
  readonly words: ReadonlySet<string>;
}

/** Names of the fields of an operation; those of the elements where the answer is a list. */
export interface Operation {
  readonly body: ReadonlySet<string>;
  /** The answer's, or those of its `data` where it is wrapped. */
  readonly answer: ReadonlySet<string>;
}

const METHODS = ["get", "post", "put", "patch", "delete"];
const TIMEOUT_MS = 15_000;
/** Schemas that refer to themselves end here. */
const MAX_DEPTH = 8;

/** Reads a server's OpenAPI document. `unsupported` where a web page answers in its place. */
export async function readSpecification(
  access: ServerAccess,
  path: string,
  signal?: AbortSignal,
): Promise<Result<Specification>> {
  const answer = await requestJSON(access, path, { signal, timeoutMs: TIMEOUT_MS });
  if (!answer.ok) return answer;
  const specification = parseSpecification(answer.value.body);
  return specification === undefined
    ? failed(new ServerError("invalidResponse", "the server's specification has an unknown shape"))
    : ok(specification);
}

/** Key of an operation; parameters may have any name. */
export function operationKey(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replace(/\{[^}]*\}|:[A-Za-z]\w*/g, "{}")}`;
}

/** Reads an OpenAPI document; undefined when it names no paths. */
export function parseSpecification(document: unknown): Specification | undefined {
  const root = objectOf(document);
  if (!isObject(root["paths"])) return undefined;
  const schemas = objectOf(objectOf(root["components"])["schemas"]);
  const operations = new Map<string, Operation>();
  for (const [path, item] of Object.entries(root["paths"])) {
    for (const [method, value] of Object.entries(objectOf(item))) {
      if (!METHODS.includes(method)) continue;
      const operation = objectOf(value);
      const responses = objectOf(operation["responses"]);
      operations.set(operationKey(method, path), {
        body: fieldsOf(contentSchema(operation["requestBody"]), schemas),
        answer: answerFields(contentSchema(responses["200"] ?? responses["201"]), schemas),
      });
    }
  }
  const words = new Set<string>();
  collectWords(document, words);
  return { operations, words };
}

function contentSchema(value: unknown): unknown {
  const content = objectOf(objectOf(value)["content"]);
  const type = Object.keys(content).find((name) => name.includes("json"));
  return type === undefined ? undefined : objectOf(content[type])["schema"];
}

function answerFields(schema: unknown, schemas: JSONObject): ReadonlySet<string> {
  const data = alternatives(schema, schemas)
    .map((each) => objectOf(each["properties"])["data"])
    .find((found) => found !== undefined);
  return fieldsOf(data ?? schema, schemas);
}

function fieldsOf(schema: unknown, schemas: JSONObject): ReadonlySet<string> {
  const fields = new Set<string>();
  for (const each of alternatives(schema, schemas)) {
    const elements = each["items"] === undefined ? [each] : alternatives(each["items"], schemas);
    for (const element of elements) {
      for (const name of Object.keys(objectOf(element["properties"]))) fields.add(name);
    }
  }
  return fields;
}

/** The schemas a schema stands for, with references and unions followed. */
function alternatives(schema: unknown, schemas: JSONObject, depth = 0): readonly JSONObject[] {
  if (!isObject(schema) || depth > MAX_DEPTH) return [];
  const reference = stringOf(schema["$ref"]);
  if (reference !== undefined) {
    return alternatives(schemas[reference.split("/").at(-1) ?? ""], schemas, depth + 1);
  }
  const others = ["anyOf", "oneOf", "allOf"].flatMap((key) => arrayOf(schema[key]));
  return [schema, ...others.flatMap((other) => alternatives(other, schemas, depth + 1))];
}

function collectWords(value: unknown, words: Set<string>): void {
  if (Array.isArray(value)) {
    for (const item of value) collectWords(item, words);
  } else if (isObject(value)) {
    const fixed = stringOf(value["const"]);
    if (fixed !== undefined) words.add(fixed);
    for (const word of arrayOf(value["enum"])) if (typeof word === "string") words.add(word);
    for (const item of Object.values(value)) collectWords(item, words);
  }
}
