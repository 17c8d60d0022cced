import { formatDate } from "../../core/language.ts";

/** `3 Nov` for `2026-11-03`. */
export function formatDay(name: string): string {
  return formatDate(dateOf(name), DAY);
}

/** `Nov 2026` for `2026-11-03`. */
export function formatMonth(name: string): string {
  return formatDate(dateOf(name), MONTH);
}

/** `3 Nov 2026` for `2026-11-03`. */
export function formatFullDay(name: string): string {
  return formatDate(dateOf(name), FULL_DAY);
}

/** `Tue 3 Nov 2026` for `2026-11-03`. */
export function formatWeekdayAndDay(name: string): string {
  return formatDate(dateOf(name), WEEKDAY_AND_DAY);
}

/** `Nov` for `2026-11-03`. */
export function monthName(name: string): string {
  return formatDate(dateOf(name), { month: "short" });
}

/** `Sun`; 0 is Sunday. */
export function weekdayName(day: number): string {
  return formatDate(new Date(Date.UTC(2023, 0, 1 + day)), { weekday: "short" });
}

const DAY = { day: "numeric", month: "short" } as const;
const MONTH = { month: "short", year: "numeric" } as const;
const FULL_DAY = { ...DAY, year: "numeric" } as const;
const WEEKDAY_AND_DAY = { ...FULL_DAY, weekday: "short" } as const;

function dateOf(name: string): Date {
  return new Date(`${name.slice(0, 10)}T00:00:00Z`);
}
