/**
 * The checks required before a commit, one command each: for `npm run check` and the `check` suite of `npm
 * test`. Their caches in node_modules/.cache are keyed by content, not by time.
 */
const node = process.execPath;
const cached = (name) => [
  "--cache",
  ...["--cache-strategy", "content"],
  ...["--cache-location", `node_modules/.cache/${name}`],
];
const tsc = (project) => [node, "node_modules/typescript/bin/tsc", "-p", project];

/** @type {readonly { title: string, command: readonly string[] }[]} longest first */
export const CHECKS = [
  {
    title: "lint",
    command: [
      ...[node, "node_modules/eslint/bin/eslint.js", "src", "webview", "test"],
      ...["--max-warnings", "0", ...cached("eslint")],
    ],
  },
  { title: "typecheck of src and test", command: tsc("test") },
  { title: "typecheck of src only", command: tsc(".") },
  { title: "typecheck of webview", command: tsc("webview") },
  {
    title: "dependency rules between modules",
    command: [
      ...[node, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs", "src", "webview"],
      ...["--config", ".dependency-cruiser.cjs"],
    ],
  },
  {
    title: "format",
    command: [
      ...[node, "node_modules/prettier/bin/prettier.cjs", "--check", "."],
      ...cached("prettier-check"),
    ],
  },
];
