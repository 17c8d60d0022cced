import type { ModelRef } from "../core/model.ts";
import { type ModelPrice, NO_TOKENS, type Tokens } from "../core/usage.ts";
import { countOf, isObject, objectOf, stringOf } from "./narrow.ts";

/*
 * Shapes that both generations of OpenCode share.
 */

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

/** Reads `{providerID, id | modelID, variant?}`. */
export function parseModelRef(value: unknown): ModelRef | undefined {
  if (!isObject(value)) return undefined;
  const providerID = stringOf(value["providerID"]);
  const modelID = stringOf(value["modelID"]) ?? stringOf(value["id"]);
  if (providerID === undefined || modelID === undefined) return undefined;
  const variant = stringOf(value["variant"]);
  return { providerID, modelID, variant: variant === "default" ? undefined : variant };
}

/** Reads `{input, output, cache{read, write}}` in dollars per million; undefined when all are zero. */
export function parsePrice(value: unknown): ModelPrice | undefined {
  if (!isObject(value)) return undefined;
  const cache = objectOf(value["cache"]);
  const price: ModelPrice = {
    input: countOf(value["input"]),
    output: countOf(value["output"]),
    cacheRead: countOf(cache["read"]),
    cacheWrite: countOf(cache["write"]),
  };
  const isFree = price.input + price.output + price.cacheRead + price.cacheWrite === 0;
  return isFree ? undefined : price;
}

/** Reads all items of a list, leaving out those `parse` refuses; undefined when it is no list. */
export function parseAll<T>(
  body: unknown,
  parse: (item: unknown) => T | undefined,
): T[] | undefined {
  if (!Array.isArray(body)) return undefined;
  const found: T[] = [];
  const items: readonly unknown[] = body;
  for (const item of items) {
    const parsed = parse(item);
    if (parsed !== undefined) found.push(parsed);
  }
  return found;
}
