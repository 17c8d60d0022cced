/**
 * The environment for a nested npm, without what an outer `npm test --silent` exports (npm_package_*, its
 * flags as npm_config_*). Registry settings are kept.
 *
 * @returns {Record<string, string | undefined>}
 */
export function npmEnvironment() {
  const flags = "prefix|local_prefix|global|omit|include|ignore_scripts|save|nodedir|loglevel";
  const leaks = new RegExp(`^npm_(package|lifecycle|command|execpath|config_(${flags})$)`, "i");
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !leaks.test(name)));
}
