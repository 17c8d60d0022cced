/** Pieces that the other schemas of this answer share. */
export const count = { type: "number", minimum: 0 } as const;
export const amount = { type: ["number", "null"], minimum: 0 } as const;
export const text = { type: "string" } as const;

export const tokens = {
  input: { ...count, description: "Prompt tokens, without those read from or written to a cache" },
  output: { ...count, description: "Answer tokens, without reasoning" },
  reasoning: count,
  cache: {
    type: "object",
    properties: { read: count, write: count },
    required: ["read", "write"],
    additionalProperties: false,
  },
  totalTokens: { ...count, description: "All five kinds together, cumulative: not the context" },
} as const;

export const price = {
  cost: { ...amount, description: "US dollars; null when no price is known" },
  costState: {
    enum: ["recorded", "estimated", "partial", "unpriced"],
    description:
      "recorded by the server; estimated from list prices; partial: only a part has a price; unpriced",
  },
} as const;

const cost = {
  ...price,
  isEstimate: { type: "boolean", description: "Text that still streams is counted by its length" },
} as const;

const budget = {
  type: ["object", "null"],
  properties: {
    used: count,
    limit: count,
    percent: { ...count, description: "Above 100 when overdrawn" },
    unit: { enum: ["USD", "tokens"] },
  },
  required: ["used", "limit", "percent", "unit"],
  additionalProperties: false,
} as const;

/** Budgets by their periods. */
export const budgets = {
  type: "object",
  description: "Of each period the budget that is used up most",
  properties: {
    hourly: budget,
    daily: budget,
    weekly: budget,
    monthly: budget,
    session: budget,
  },
  required: ["hourly", "daily", "weekly", "monthly", "session"],
  additionalProperties: false,
} as const;

export const tokenNames = ["input", "output", "reasoning", "cache", "totalTokens"] as const;

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
  ],
} as const;

/** JSON Schema (2020-12) of `SessionStatus`: what `session_status` answers, whoever asks. */
export const SESSION_STATUS_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "session_status",
  description:
    "What an OpenCode session and the sessions it started have used, and what it is doing. What is not known is null.",
  type: "object",
  properties: {
    schemaVersion: { const: 1 },
    sessionID: text,
    title: text,
    server: { ...text, description: "Name of the server it runs on" },
    parentID: { type: ["string", "null"] },
    rootID: text,
    state,
    model: { type: ["string", "null"], description: "providerID/modelID" },
    usage: {
      type: "object",
      properties: {
        session: {
          type: "object",
          description: "The session alone",
          properties: { turns: { type: ["integer", "null"], minimum: 0 }, ...tokens, ...cost },
          required: ["turns", ...tokenNames, "cost", "costState", "isEstimate"],
          additionalProperties: false,
        },
        tree: {
          type: "object",
          description: "The session with all sessions it started",
          properties: { sessions: { type: "integer", minimum: 1 }, ...tokens, ...cost },
          required: ["sessions", ...tokenNames, "cost", "costState", "isEstimate"],
          additionalProperties: false,
        },
        lastTurn: {
          type: ["object", "null"],
          description:
            "The last turn of which a step has ended: the one at work, or before its first step the one before",
          properties: {
            input: tokens.input,
            output: tokens.output,
            totalTokens: tokens.totalTokens,
            cost: cost.cost,
          },
          required: ["input", "output", "totalTokens", "cost"],
          additionalProperties: false,
        },
        budgets,
      },
      required: ["session", "tree", "lastTurn", "budgets"],
      additionalProperties: false,
    },
    context: {
      type: ["object", "null"],
      description: "Tokens in the context window now",
      properties: {
        used: count,
        limit: amount,
        percent: amount,
        isEstimate: { type: "boolean" },
      },
      required: ["used", "limit", "percent", "isEstimate"],
      additionalProperties: false,
    },
    forecast: {
      type: "object",
      properties: {
        usdPerHour: amount,
        tokensPerMinute: amount,
        turnsUntilContextFull: { type: ["integer", "null"], minimum: 0 },
        budgetReachedMs: { ...amount, description: "Milliseconds since the epoch" },
      },
      required: ["usdPerHour", "tokensPerMinute", "turnsUntilContextFull", "budgetReachedMs"],
      additionalProperties: false,
    },
  },
  required: [
    "schemaVersion",
    "sessionID",
    "title",
    "server",
    "parentID",
    "rootID",
    "state",
    "model",
    "usage",
    "context",
    "forecast",
  ],
  additionalProperties: false,
} as const;
