import type { ModelPrice } from "../usage/usage.ts";

/** A model as referenced by sessions. */
export interface ModelRef {
  readonly providerID: string;
  readonly modelID: string;
  readonly variant: string | undefined;
}

/** A model in a server's catalogue. */
export interface Model {
  readonly providerID: string;
  readonly modelID: string;
  readonly name: string;
  /** Context window in tokens; undefined if the catalogue has none or zero: then there is no context percentage. */
  readonly contextLimit: number | undefined;
  /** List price; undefined when unknown or zero in every kind. */
  readonly price: ModelPrice | undefined;
}

/** Key of a model within one server's catalogue. */
export function modelKey(model: { readonly providerID: string; readonly modelID: string }): string {
  return `${model.providerID}/${model.modelID}`;
}

/** The model a key identifies: provider ids contain no slash. */
export function modelOfKey(key: string | undefined): ModelRef | undefined {
  const [, providerID, modelID] = /^([^/]+)\/(.+)$/.exec(key ?? "") ?? [];
  if (providerID === undefined || modelID === undefined) return undefined;
  return { providerID, modelID, variant: undefined };
}
