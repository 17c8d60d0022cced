type Fields = Readonly<Record<string, unknown>>;
type ObjectSchema = Fields & { readonly type: "object" };

/** JSON Schema of an object with exactly these fields, all required. */
export function exactly(properties: Fields, description?: string): ObjectSchema {
  return {
    type: "object",
    ...(description === undefined ? {} : { description }),
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

function orNull(schema: ObjectSchema): Fields {
  return { ...schema, type: ["object", "null"] };
}

/** JSON Schema (2020-12) of a complete answer. */
export function answerSchema(title: string, description: string, properties: Fields): ObjectSchema {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title,
    ...exactly({ schemaVersion: { const: 1 }, ...properties }, description),
  };
}

/** Building blocks shared by the schemas. */
export const count = { type: "number", minimum: 0 } as const;
export const amount = { type: ["number", "null"], minimum: 0 } as const;
export const text = { type: "string" } as const;
const flag = { type: "boolean" } as const;

export const tokens = {
  input: {
    ...count,
    description: "Prompt tokens, excluding those read from or written to a cache",
  },
  output: { ...count, description: "Answer tokens, excluding reasoning" },
  reasoning: count,
  cache: exactly({ read: count, write: count }),
  totalTokens: { ...count, description: "All five kinds together, cumulative: not the context" },
} as const;

export const price = {
  cost: { ...amount, description: "US dollars; null when no price is known" },
  costState: {
    enum: ["recorded", "estimated", "partial", "unpriced"],
    description:
      "recorded by the server; estimated from list prices; partial: only part of it has a price; unpriced",
  },
} as const;

/** How reliable an amount is; null if there is none, or too little is known. */
export const amountState = { enum: [...price.costState.enum, null] } as const;
export const rate = {
  usdPerHour: amount,
  usdPerHourState: amountState,
  tokensPerMinute: amount,
} as const;

const cost = {
  ...price,
  isEstimate: { ...flag, description: "Text still being streamed is counted by its length" },
} as const;

const budget = orNull(
  exactly({
    used: count,
    limit: count,
    percent: { ...count, description: "Above 100 when overdrawn" },
    unit: { enum: ["USD", "tokens"] },
    isLowerBound: { ...flag, description: "Some of the usage has no known price" },
  }),
);

/** Budgets by their periods. */
export const budgets = exactly(
  { hourly: budget, daily: budget, weekly: budget, monthly: budget, session: budget },
  "For each period, the budget with the highest percentage used",
);

/** What a session is doing. */
export const state = {
  enum: [
    "idle",
    "working",
    "compacting",
    "waiting_permission",
    "question",
    "retry",
    "error",
    "unavailable",
    null,
  ],
  description: "Null if it could not be read",
} as const;

/** Schema of every `session_status` answer: a `SessionStatus`. */
export const SESSION_STATUS_SCHEMA = answerSchema(
  "session_status",
  "What an OpenCode session and the sessions it started have used, and what it is doing. Unknown values are null.",
  {
    sessionID: text,
    title: text,
    server: { ...text, description: "Name of the server it runs on" },
    parentID: { type: ["string", "null"] },
    rootID: text,
    state,
    model: { type: ["string", "null"], description: "providerID/modelID" },
    usage: exactly({
      session: exactly(
        { turns: { type: ["integer", "null"], minimum: 0 }, ...tokens, ...cost },
        "This session only",
      ),
      tree: exactly(
        { sessions: { type: "integer", minimum: 1 }, ...tokens, ...cost },
        "The session and all sessions it started",
      ),
      lastTurn: orNull(
        exactly(
          {
            input: tokens.input,
            output: tokens.output,
            totalTokens: tokens.totalTokens,
            ...price,
          },
          "The last turn with a finished step: the running one, or the previous one until its first step ends",
        ),
      ),
      budgets,
    }),
    context: orNull(
      exactly(
        { used: count, limit: amount, percent: amount, isEstimate: flag },
        "Tokens in the context window now",
      ),
    ),
    forecast: exactly({
      ...rate,
      turnsUntilContextFull: { type: ["integer", "null"], minimum: 0 },
      budgetReachedMs: { ...amount, description: "Milliseconds since the epoch" },
    }),
  },
);
