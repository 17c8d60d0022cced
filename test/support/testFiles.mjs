import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";

/**
 * The test files for folders and files, absolute and in a fixed order. Throws if a name doesn't exist or
 * contains no `*.test.ts`, because a missing suite must not pass.
 *
 * @param {readonly string[]} names
 * @returns {string[]}
 */
export function findTestFiles(names) {
  return names.flatMap((name) => {
    const place = path.resolve(name);
    if (!existsSync(place)) throw new Error(`${name} does not exist.`);
    if (statSync(place).isFile()) return [place];
    const files = readdirSync(place, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".test.ts"))
      .sort()
      .map((file) => path.join(place, file));
    if (files.length === 0) throw new Error(`${name} contains no tests.`);
    return files;
  });
}
