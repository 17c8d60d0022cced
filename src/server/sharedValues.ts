import type { ModelRef } from "../core/state/model.ts";

/**
 * Deduplicates equal strings and model refs of many sessions: thousands of sessions share a few directories,
 * projects, agents and models.
 */
export class SharedValues {
  readonly #strings = new Map<string, string>();
  readonly #models = new Map<string, ModelRef>();

  string(value: string | undefined): string | undefined {
    if (value === undefined) return undefined;
    const known = this.#strings.get(value);
    if (known !== undefined) return known;
    this.#strings.set(value, value);
    return value;
  }

  model(value: ModelRef | undefined): ModelRef | undefined {
    if (value === undefined) return undefined;
    const key = `${value.providerID}\n${value.modelID}\n${value.variant ?? ""}`;
    const known = this.#models.get(key);
    if (known !== undefined) return known;
    this.#models.set(key, value);
    return value;
  }
}
