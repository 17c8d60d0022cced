import type { SpendProjection, UsageRate } from "./forecast.ts";
import type { ProjectionStatus, RateStatus } from "../agents/publicAPI.ts";

/** A rate as plain JSON. */
export function rateStatus(rate: UsageRate | undefined): RateStatus {
  return {
    usdPerHour: rate === undefined || rate.costState === "unpriced" ? null : rate.usdPerHour,
    usdPerHourState: rate?.costState ?? null,
    tokensPerMinute: rate?.tokensPerMinute ?? null,
  };
}

/** A projection as plain JSON. */
export function projectionStatus(projection: SpendProjection | undefined): ProjectionStatus {
  const { endOfDayUSD, endOfDayState, endOfMonthUSD, endOfMonthState } = projection ?? {};
  return {
    endOfDayUSD: endOfDayUSD ?? null,
    endOfDayState: endOfDayUSD === undefined ? null : (endOfDayState ?? null),
    endOfMonthUSD: endOfMonthUSD ?? null,
    endOfMonthState: endOfMonthUSD === undefined ? null : (endOfMonthState ?? null),
  };
}
