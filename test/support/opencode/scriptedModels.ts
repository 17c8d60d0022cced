/** A model of the scripted provider. Prices are US dollars per million tokens, limits are tokens. */
export interface ScriptedModel {
  readonly name: string;
  readonly limit: { readonly context: number; readonly output: number } | undefined;
  readonly cost: {
    readonly input: number;
    readonly output: number;
    readonly cache_read: number;
    readonly cache_write: number;
  };
  /** Whether usage reports cache writes separately, as some providers do. */
  readonly reportsCacheWrites: boolean;
}

/**
 * The models by id. `steady` is the default, `small` writes titles, `narrow` fills its context quickly,
 * `unlimited` has no limit (no context %), `free` has no price (an unpriced cost).
 */
export const scriptedModels = {
  steady: {
    name: "Steady 2",
    limit: { context: 200_000, output: 16_000 },
    cost: { input: 3, output: 15, cache_read: 0.3, cache_write: 3.75 },
    reportsCacheWrites: true,
  },
  swift: {
    name: "Swift Mini",
    limit: { context: 128_000, output: 8_000 },
    cost: { input: 0.8, output: 4, cache_read: 0.08, cache_write: 0 },
    reportsCacheWrites: false,
  },
  deep: {
    name: "Deep Thought",
    limit: { context: 400_000, output: 64_000 },
    cost: { input: 15, output: 75, cache_read: 1.5, cache_write: 18.75 },
    reportsCacheWrites: true,
  },
  narrow: {
    name: "Narrow 32k",
    limit: { context: 32_000, output: 4_000 },
    cost: { input: 0.5, output: 1.5, cache_read: 0.05, cache_write: 0 },
    reportsCacheWrites: false,
  },
  unlimited: {
    name: "Boundless",
    limit: undefined,
    cost: { input: 1, output: 2, cache_read: 0.1, cache_write: 0 },
    reportsCacheWrites: false,
  },
  free: {
    name: "Free Local",
    limit: { context: 64_000, output: 8_000 },
    cost: { input: 0, output: 0, cache_read: 0, cache_write: 0 },
    reportsCacheWrites: false,
  },
  small: {
    name: "Small Titles",
    limit: { context: 64_000, output: 4_000 },
    cost: { input: 0.2, output: 0.8, cache_read: 0.02, cache_write: 0 },
    reportsCacheWrites: false,
  },
} as const satisfies Record<string, ScriptedModel>;

/** Id of one of {@link scriptedModels}; on the server its provider is `scripted`. */
export type ScriptedModelID = keyof typeof scriptedModels;

/** The model for a request's `model` field, or undefined. */
export function scriptedModelOf(id: string): ScriptedModel | undefined {
  return Object.hasOwn(scriptedModels, id) ? scriptedModels[id as ScriptedModelID] : undefined;
}
