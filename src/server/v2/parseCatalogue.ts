import type { Model, ModelRef } from "../../core/state/model.ts";
import { arrayOf, countOf, isObject, nameOf, objectOf, stringOf } from "../narrow.ts";
import { parseModelRef, parsePrice } from "../sharedShapes.ts";

/** Reads a model `{id, providerID, name, limit{context}, cost[{tier?, …}]}`; its price is the one without a tier. */
export function parseModel(value: unknown): Model | undefined {
  const model = objectOf(value);
  const providerID = nameOf(model["providerID"]);
  const modelID = nameOf(model["id"]) ?? nameOf(model["modelID"]);
  if (providerID === undefined || modelID === undefined) return undefined;
  const contextLimit = countOf(objectOf(model["limit"])["context"]);
  const prices = arrayOf(model["cost"]);
  return {
    providerID,
    modelID,
    name: stringOf(model["name"]) ?? modelID,
    contextLimit: contextLimit > 0 ? contextLimit : undefined,
    price: parsePrice(prices.find((price) => !isObject(objectOf(price)["tier"])) ?? prices[0]),
  };
}

/** Reads the model used when nothing else is specified: a ref, or the model itself. */
export function parseDefaultModel(value: unknown): ModelRef | undefined {
  const { id, modelID, providerID, variant } = objectOf(value);
  return parseModelRef({ providerID, modelID: id ?? modelID, variant });
}
