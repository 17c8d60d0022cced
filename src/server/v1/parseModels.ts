import type { Model } from "../../core/state/model.ts";
import { arrayOf, countOf, nameOf, objectOf, stringOf } from "../narrow.ts";
import { parsePrice } from "../sharedShapes.ts";

/** Reads the provider catalogue `{providers: [{id, models: {id: {name, limit, cost}}}]}`. */
export function parseModels(value: unknown): readonly Model[] {
  const models: Model[] = [];
  for (const item of arrayOf(objectOf(value)["providers"])) {
    const provider = objectOf(item);
    const providerID = nameOf(provider["id"]);
    if (providerID === undefined) continue;
    for (const [key, entry] of Object.entries(objectOf(provider["models"]))) {
      const modelID = nameOf(key);
      if (modelID === undefined) continue;
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
