/**
 * The environment for an npm of one's own: what an outer `npm test --silent` exports (npm_package_*, its flags as
 * npm_config_*) must not leak into it. Where packages come from stays as it is.
 *
 * @returns {Record<string, string | undefined>}
 */
export function npmEnvironment() {
  const flags = "prefix|local_prefix|global|omit|include|ignore_scripts|save|nodedir|loglevel";
  const leaks = new RegExp(`^npm_(package|lifecycle|command|execpath|config_(${flags})$)`, "i");
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !leaks.test(name)));
}
