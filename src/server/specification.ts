import { t } from "../core/language.ts";
import { ServerError } from "../core/errors.ts";
import { MAX_SCHEMA_NODES, MAX_SCHEMA_STEPS } from "../core/limits.ts";
import { failed, ok, type Result } from "../core/result.ts";
import { requestJSON, type ServerAccess } from "./http.ts";
import { arrayOf, isObject, type JSONObject, objectOf, stringOf } from "./narrow.ts";

/** What a server's own OpenAPI document says it offers. */
export interface Specification {
  /** By `METHOD /path` with `{}` for every parameter, e.g. `GET /api/session/{}`. */
  readonly operations: ReadonlyMap<string, Operation>;
  /** Every constant string in the document's schemas, including the names of events. */
  readonly words: ReadonlySet<string>;
}

/** Field names of an operation; those of the elements if the answer is a list. */
export interface Operation {
  readonly body: ReadonlySet<string>;
  /** The answer's fields, or those of its `data` if it is wrapped. */
  readonly answer: ReadonlySet<string>;
}

const METHODS = ["get", "post", "put", "patch", "delete"];
const TIMEOUT_MS = 15_000;

/** Reads a server's OpenAPI document. Fails with `unsupported` if a web page answers instead. */
export async function readSpecification(
  access: ServerAccess,
  path: string,
  signal?: AbortSignal,
): Promise<Result<Specification>> {
  const answer = await requestJSON(access, path, { signal, timeoutMs: TIMEOUT_MS });
  if (!answer.ok) return answer;
  const specification = parseSpecification(answer.value.body);
  return specification === undefined
    ? failed(
        new ServerError("invalidResponse", t("the server's specification has an unknown format")),
      )
    : ok(specification);
}

/** Key of an operation; parameters may have any name. */
export function operationKey(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replace(/\{[^{}]*\}|:[A-Za-z]\w*/g, "{}")}`;
}

/** Reads an OpenAPI document; undefined if it has no paths, or is larger than any of OpenCode's. */
export function parseSpecification(document: unknown): Specification | undefined {
  const root = objectOf(document);
  const words = wordsOf(document);
  if (!isObject(root["paths"]) || words === undefined) return undefined;
  const reader = new SchemaReader(objectOf(objectOf(root["components"])["schemas"]));
  const operations = new Map<string, Operation>();
  for (const [path, item] of Object.entries(root["paths"])) {
    for (const [method, value] of Object.entries(objectOf(item))) {
      if (!METHODS.includes(method)) continue;
      const operation = objectOf(value);
      const responses = objectOf(operation["responses"]);
      operations.set(operationKey(method, path), {
        body: reader.fields(contentSchema(operation["requestBody"])),
        answer: reader.answerFields(contentSchema(responses["200"] ?? responses["201"])),
      });
    }
  }
  return reader.isExhausted ? undefined : { operations, words };
}

function contentSchema(value: unknown): unknown {
  const content = objectOf(objectOf(value)["content"]);
  const type = Object.keys(content).find((name) => name.includes("json"));
  return type === undefined ? undefined : objectOf(content[type])["schema"];
}

/** Follows the references and unions of one document, even circular ones, for at most `MAX_SCHEMA_STEPS`. */
class SchemaReader {
  readonly #schemas: JSONObject;
  #stepsLeft = MAX_SCHEMA_STEPS;

  constructor(schemas: JSONObject) {
    this.#schemas = schemas;
  }

  get isExhausted(): boolean {
    return this.#stepsLeft <= 0;
  }

  /** Names of a schema's fields; those of the elements if it is a list. */
  fields(schema: unknown): ReadonlySet<string> {
    const fields = new Set<string>();
    for (const each of this.#alternatives(schema)) {
      const elements = each["items"] === undefined ? [each] : this.#alternatives(each["items"]);
      for (const element of elements) {
        for (const name of Object.keys(objectOf(element["properties"]))) fields.add(name);
      }
    }
    return fields;
  }

  /** Like `fields`, but for what is wrapped in `data`, if anything is. */
  answerFields(schema: unknown): ReadonlySet<string> {
    const data = this.#alternatives(schema)
      .map((each) => objectOf(each["properties"])["data"])
      .find((found) => found !== undefined);
    return this.fields(data ?? schema);
  }

  /** The schemas that a schema may be, each once: schemas may refer to themselves. */
  #alternatives(schema: unknown): readonly JSONObject[] {
    const found = new Set<JSONObject>();
    const waiting: unknown[] = [schema];
    for (const next of waiting) {
      if (--this.#stepsLeft <= 0) break;
      if (!isObject(next) || found.has(next)) continue;
      found.add(next);
      const reference = stringOf(next["$ref"]);
      if (reference !== undefined) {
        waiting.push(this.#schemas[reference.slice(reference.lastIndexOf("/") + 1)]);
        continue;
      }
      for (const key of ["anyOf", "oneOf", "allOf"]) {
        for (const other of arrayOf(next[key])) waiting.push(other);
      }
    }
    return [...found];
  }
}

/** Every `const` and `enum` of a document; undefined if it has more parts than `MAX_SCHEMA_NODES`. */
function wordsOf(document: unknown): ReadonlySet<string> | undefined {
  const words = new Set<string>();
  const waiting: unknown[] = [document];
  for (let nodes = 0; waiting.length > 0;) {
    const value = waiting.pop();
    if (typeof value !== "object" || value === null) continue;
    if (++nodes > MAX_SCHEMA_NODES) return undefined;
    const schema = objectOf(value);
    for (const word of [schema["const"], ...arrayOf(schema["enum"])])
      if (typeof word === "string") words.add(word);
    for (const item of Object.values(value)) waiting.push(item);
  }
  return words;
}
