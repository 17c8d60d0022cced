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

/**
 * Deals test files out to `count` processes: by size, the largest first, forwards and backwards in turn, so
 * that each process gets about as much work.
 *
 * @param {readonly string[]} files
 * @param {number} count
 * @returns {string[][]}
 */
export function dealFiles(files, count) {
  const largestFirst = files
    .map((file) => ({ file, bytes: statSync(file).size }))
    .sort((a, b) => b.bytes - a.bytes);
  const parts = Array.from({ length: count }, () => []);
  for (const [index, { file }] of largestFirst.entries()) {
    const round = index % (2 * count);
    parts[round < count ? round : 2 * count - 1 - round].push(file);
  }
  return parts.filter((part) => part.length > 0);
}
