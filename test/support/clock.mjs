/**
 * The time zone of a test run: one in which it is ten in the morning when the run begins, so that no day, week or month ends
 * during it. What is about midnight has a clock of its own.
 */

const HOUR_MS = 3_600_000;

/**
 * @param {number} nowMs
 * @returns {string} for the variable TZ, which all that a run starts inherits
 */
export function zoneAtTen(nowMs) {
  const utcHour = Math.floor(nowMs / HOUR_MS) % 24;
  const ahead = 10 - utcHour;
  // Zones go from 12 hours behind to 14 ahead, and their names count westwards.
  const hours = ahead < -12 ? ahead + 24 : ahead;
  return hours === 0 ? "Etc/GMT" : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
}
