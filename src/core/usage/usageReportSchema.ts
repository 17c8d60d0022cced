import {
  amount,
  amountState,
  answerSchema,
  budgets,
  count,
  exactly,
  price,
  rate,
  text,
  tokens,
} from "../agents/sessionStatusSchema.ts";
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
    ...amount,
    description:
      "US dollars beyond cost that were spent and the servers have forgotten; null when nothing of it has a price",
  },
  alsoSpentState: price.costState,
} as const;

/** Schema of every `usage_report` answer: a `UsageReport`. */
export const USAGE_REPORT_SCHEMA = answerSchema(
  "usage_report",
  "What was used in a period, grouped by one thing. What is not known is null.",
  {
    period: exactly({
      name: { enum: REPORT_PERIODS },
      fromMs: { ...amount, description: "Milliseconds since the epoch; null: from the beginning" },
      untilMs: count,
      timeZone: text,
    }),
    total: exactly(sum),
    by: { enum: REPORT_GROUPINGS },
    groups: {
      type: "array",
      description: "The most expensive first, or by time the oldest",
      items: exactly({ key: text, name: text, ...sum }),
    },
    moreGroups: { type: "integer", minimum: 0, description: "Groups that the limit left out" },
    budgets,
    forecast: exactly({
      ...rate,
      endOfDayUSD: amount,
      endOfDayState: amountState,
      endOfMonthUSD: amount,
      endOfMonthState: amountState,
    }),
  },
);
