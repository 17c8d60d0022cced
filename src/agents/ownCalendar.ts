import type { Calendar } from "../core/ledger/timeBuckets.ts";

/** This machine's time zone: where days and hours begin. */
export function ownCalendar(): Calendar {
  return { timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}
