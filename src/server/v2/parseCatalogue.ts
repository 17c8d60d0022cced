import type { Model, ModelRef } from "../../core/model.ts";
import type { Project } from "../../core/state.ts";
import type { Agent, SlashCommand } from "../gateway.ts";
import { arrayOf, countOf, isObject, objectOf, stringOf } from "../narrow.ts";
import { parseModelRef, parsePrice } from "../parseUsage.ts";

/** Reads a model `{id, providerID, name, limit{context}, cost[{tier?, …}]}`; its base price is the one without a tier. */
export function parseModel(value: unknown): Model | undefined {
  const model = objectOf(value);
  const providerID = stringOf(model["providerID"]);
  const modelID = stringOf(model["id"]) ?? stringOf(model["modelID"]);
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

/** Reads the model used when nothing else is said: a ref, or the model itself. */
export function parseDefaultModel(value: unknown): ModelRef | undefined {
  const { id, modelID, providerID, variant } = objectOf(value);
  return parseModelRef({ providerID, modelID: id ?? modelID, variant });
}

/** Reads an agent a prompt may name; undefined for hidden ones. */
export function parseAgent(value: unknown): Agent | undefined {
  const agent = objectOf(value);
  const name = stringOf(agent["id"]) ?? stringOf(agent["name"]);
  if (name === undefined || agent["hidden"] === true) return undefined;
  return {
    name,
    description: stringOf(agent["description"]) ?? "",
    isPrimary: agent["mode"] !== "subagent",
  };
}

/** Reads a slash command. */
export function parseCommand(value: unknown): SlashCommand | undefined {
  const command = objectOf(value);
  const name = stringOf(command["name"]);
  return name === undefined
    ? undefined
    : { name, description: stringOf(command["description"]) ?? "" };
}

/** Reads a project `{id, canonical, name?}`. */
export function parseProject(value: unknown): Project | undefined {
  const project = objectOf(value);
  const id = stringOf(project["id"]);
  const worktree = stringOf(project["canonical"]) ?? stringOf(project["directory"]);
  if (id === undefined || worktree === undefined) return undefined;
  return { id, worktree, name: stringOf(project["name"]) };
}
