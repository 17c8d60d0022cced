import { isRecord } from "./json.ts";

/**
 * Validates a value against a JSON Schema and returns one line per defect. Supports the keywords our own
 * schemas use; an unknown keyword is reported as a defect rather than ignored.
 */
export function schemaDefects(schema: unknown, value: unknown, path = "$"): string[] {
  if (!isRecord(schema)) return [`${path}: no schema`];
  const defects: string[] = [];
  for (const [word, rule] of Object.entries(schema)) {
    switch (word) {
      case "$schema":
      case "title":
      case "description":
        break;
      case "const":
        if (value !== rule) defects.push(`${path}: not ${JSON.stringify(rule)}`);
        break;
      case "enum":
        if (!(rule as unknown[]).includes(value)) defects.push(`${path}: not one of the words`);
        break;
      case "type":
        if (![rule].flat().some((name) => isOfType(name, value))) {
          defects.push(`${path}: ${typeOf(value)} is no ${String(rule)}`);
        }
        break;
      case "minimum":
        if (typeof value === "number" && value < (rule as number))
          defects.push(`${path}: too small`);
        break;
      case "properties":
        if (!isRecord(value)) break;
        for (const [name, inner] of Object.entries(rule as Record<string, unknown>)) {
          if (name in value) defects.push(...schemaDefects(inner, value[name], `${path}.${name}`));
        }
        break;
      case "required":
        if (!isRecord(value)) break;
        for (const name of rule as string[]) {
          if (!(name in value)) defects.push(`${path}.${name}: missing`);
        }
        break;
      case "additionalProperties":
        if (!isRecord(value)) break;
        for (const name of Object.keys(value)) {
          if (!Object.hasOwn(schema["properties"] ?? {}, name)) {
            defects.push(`${path}.${name}: not in the schema`);
          }
        }
        break;
      default:
        defects.push(`${path}: the schema says ${word}`);
    }
  }
  return defects;
}

function isOfType(name: unknown, value: unknown): boolean {
  if (name === "integer") return Number.isInteger(value);
  if (name === "number") return typeof value === "number" && Number.isFinite(value);
  return name === typeOf(value);
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}
