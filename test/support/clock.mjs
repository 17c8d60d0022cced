/**
 * The time zone of a test run: chosen so that the run starts at ten in the morning local time, and no day,
 * week or month ends during it. Tests about midnight use their own clock.
 */

const HOUR_MS = 3_600_000;

/**
 * @param {number} nowMs
 * @returns {string} for the TZ variable, which every process of the run inherits
 */
export function zoneAtTen(nowMs) {
  const utcHour = Math.floor(nowMs / HOUR_MS) % 24;
  const ahead = 10 - utcHour;
  // Zones range from UTC-12 to UTC+14; the sign in their `Etc/GMT` names is inverted.
  const hours = ahead < -12 ? ahead + 24 : ahead;
  return hours === 0 ? "Etc/GMT" : `Etc/GMT${hours > 0 ? "-" : "+"}${Math.abs(hours)}`;
}
