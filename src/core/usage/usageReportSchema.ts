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
    description: "Model answers, excluding copies made by forks",
  },
  ...tokens,
  ...price,
  alsoSpentUSD: {
    ...amount,
    description:
      "US dollars spent on deleted or reverted answers, in addition to cost; null if none of it has a price",
  },
  alsoSpentState: price.costState,
} as const;

/** Schema of every `usage_report` answer: a `UsageReport`. */
export const USAGE_REPORT_SCHEMA = answerSchema(
  "usage_report",
  "Usage in a period, grouped by one dimension. Unknown values are null.",
  {
    period: exactly({
      name: { enum: REPORT_PERIODS },
      fromMs: { ...amount, description: "Milliseconds since the epoch; null for all time" },
      untilMs: count,
      timeZone: text,
    }),
    total: exactly(sum),
    by: { enum: REPORT_GROUPINGS },
    groups: {
      type: "array",
      description: "Most expensive first; time buckets oldest first",
      items: exactly({ key: text, name: text, ...sum }),
    },
    moreGroups: {
      type: "integer",
      minimum: 0,
      description: "Number of groups omitted because of the limit",
    },
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
