import type { Model } from "../../core/model.ts";
import type { ModelPrice } from "../../core/usage.ts";
import { countOf, isObject, objectOf, stringOf, arrayOf } from "../narrow.ts";

/** Reads `{input, output, cache{read, write}}` in dollars per million; undefined when all are zero. */
function parsePrice(value: unknown): ModelPrice | undefined {
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

/** Reads the provider catalogue `{providers: [{id, models: {id: {name, limit, cost}}}]}`. */
export function parseModels(value: unknown): readonly Model[] {
  const models: Model[] = [];
  for (const item of arrayOf(objectOf(value)["providers"])) {
    const provider = objectOf(item);
    const providerID = stringOf(provider["id"]);
    if (providerID === undefined) continue;
    for (const [modelID, entry] of Object.entries(objectOf(provider["models"]))) {
      const model = objectOf(entry);
      const contextLimit = countOf(objectOf(model["limit"])["context"]);
      models.push({
        providerID,
        modelID,
        name: stringOf(model["name"]) ?? modelID,
        contextLimit: contextLimit > 0 ? contextLimit : undefined,
        price: parsePrice(model["cost"]),
      });
    }
  }
  return models;
}
