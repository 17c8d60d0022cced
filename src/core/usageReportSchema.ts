import { amount, budgets, count, price, text, tokenNames, tokens } from "./sessionStatusSchema.ts";
import { REPORT_GROUPINGS, REPORT_PERIODS } from "./usageReport.ts";

const sum = {
  messages: {
    type: "integer",
    minimum: 0,
    description: "Answers of a model, copies of forks apart",
  },
  ...tokens,
  ...price,
  alsoSpentUSD: {
    ...count,
    description: "US dollars beyond cost that were spent and the servers have forgotten",
  },
} as const;
const sumNames = ["messages", ...tokenNames, "cost", "costState", "alsoSpentUSD"] as const;

/** JSON Schema (2020-12) of `UsageReport`: what `usage_report` answers, whoever asks. */
export const USAGE_REPORT_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  title: "usage_report",
  description:
    "What has been used in a period, taken apart by one thing. What is not known is null.",
  type: "object",
  properties: {
    schemaVersion: { const: 1 },
    period: {
      type: "object",
      properties: {
        name: { enum: REPORT_PERIODS },
        fromMs: {
          ...amount,
          description: "Milliseconds since the epoch; null: from the beginning",
        },
        untilMs: count,
        timeZone: text,
      },
      required: ["name", "fromMs", "untilMs", "timeZone"],
      additionalProperties: false,
    },
    total: { type: "object", properties: sum, required: sumNames, additionalProperties: false },
    by: { enum: REPORT_GROUPINGS },
    groups: {
      type: "array",
      description: "The most expensive first, or by time the oldest",
      items: {
        type: "object",
        properties: { key: text, name: text, ...sum },
        required: ["key", "name", ...sumNames],
        additionalProperties: false,
      },
    },
    moreGroups: { type: "integer", minimum: 0, description: "Groups that the limit left out" },
    budgets,
    forecast: {
      type: "object",
      properties: {
        usdPerHour: amount,
        tokensPerMinute: amount,
        endOfDayUSD: amount,
        endOfMonthUSD: amount,
      },
      required: ["usdPerHour", "tokensPerMinute", "endOfDayUSD", "endOfMonthUSD"],
      additionalProperties: false,
    },
  },
  required: [
    "schemaVersion",
    "period",
    "total",
    "by",
    "groups",
    "moreGroups",
    "budgets",
    "forecast",
  ],
  additionalProperties: false,
} as const;
