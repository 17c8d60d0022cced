import { isRecord } from "../../json.ts";

/** The part of JSON Schema that the double needs. Fields that a schema doesn't mention are allowed. */
export interface Schema {
  readonly type?: "object" | "array" | "string" | "number" | "integer" | "boolean";
  readonly const?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly minimum?: number;
  readonly pattern?: string;
}

/** Where a value doesn't match a schema, each as `path: reason`; empty if it matches. */
export function misfits(value: unknown, schema: Schema, path = "$"): readonly string[] {
  if (schema.anyOf !== undefined) {
    const tries = schema.anyOf.map((each) => misfits(value, each, path));
    if (tries.some((found) => found.length === 0)) return [];
    return tries.reduce((best, next) => (next.length < best.length ? next : best));
  }
  if (schema.const !== undefined && value !== schema.const) {
    return [`${path}: not ${schema.const}`];
  }
  if (schema.enum !== undefined && !schema.enum.includes(String(value))) {
    return [`${path}: none of ${schema.enum.join(", ")}`];
  }
  if (schema.type !== undefined && !isOfType(value, schema.type)) {
    return [`${path}: no ${schema.type}`];
  }
  if (typeof value === "string" && schema.pattern !== undefined) {
    return new RegExp(schema.pattern).test(value) ? [] : [`${path}: does not match`];
  }
  if (typeof value === "number" && schema.minimum !== undefined && value < schema.minimum) {
    return [`${path}: below ${schema.minimum}`];
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return [];
    return value.flatMap((item, index) => misfits(item, items, `${path}[${index}]`));
  }
  return isRecord(value) ? fieldMisfits(value, schema, path) : [];
}

function fieldMisfits(
  value: Readonly<Record<string, unknown>>,
  schema: Schema,
  path: string,
): readonly string[] {
  const missing = (schema.required ?? [])
    .filter((name) => value[name] === undefined)
    .map((name) => `${path}.${name}: missing`);
  const wrong = Object.entries(value).flatMap(([name, field]) => {
    const of = schema.properties?.[name] ?? schema.additionalProperties;
    return of === undefined || field === undefined ? [] : misfits(field, of, `${path}.${name}`);
  });
  return [...missing, ...wrong];
}

function isOfType(value: unknown, type: NonNullable<Schema["type"]>): boolean {
  switch (type) {
    case "object":
      return isRecord(value);
    case "array":
      return Array.isArray(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

export const text: Schema = { type: "string" };
export const number: Schema = { type: "number" };
export const flag: Schema = { type: "boolean" };
export const anything: Schema = {};

/** An object whose fields are all required, except those whose name ends in `?`. */
export function object(fields: Readonly<Record<string, Schema>>): Schema {
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  for (const [name, schema] of Object.entries(fields)) {
    const bare = name.replace(/\?$/, "");
    properties[bare] = schema;
    if (bare === name) required.push(bare);
  }
  return { type: "object", properties, required };
}

export function list(items: Schema): Schema {
  return { type: "array", items };
}

export function oneOf(...words: readonly string[]): Schema {
  return { type: "string", enum: words };
}

/** An id with its prefix, such as `ses_…`. */
export function id(prefix: string): Schema {
  return { type: "string", pattern: `^${prefix}_` };
}
