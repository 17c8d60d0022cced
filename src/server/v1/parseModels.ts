import type { Model } from "../../core/model.ts";
import { arrayOf, countOf, objectOf, stringOf } from "../narrow.ts";
import { parsePrice } from "../parseUsage.ts";

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
