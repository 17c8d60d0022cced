/**
 * What has to hold before a commit, each a command of its own: for `npm run check`, and for the suite `check` of
 * `npm test`. What they keep in node_modules/.cache makes the next run a short one; it goes by content, not by time.
 */
const node = process.execPath;
const cached = (name) => [
  "--cache",
  ...["--cache-strategy", "content"],
  ...["--cache-location", `node_modules/.cache/${name}`],
];
const tsc = (project) => [node, "node_modules/typescript/bin/tsc", "-p", project];

/** @type {readonly { title: string, command: readonly string[] }[]} the longest first */
export const CHECKS = [
  {
    title: "lint",
    command: [
      ...[node, "node_modules/eslint/bin/eslint.js", "src", "webview", "test"],
      ...["--max-warnings", "0", ...cached("eslint")],
    ],
  },
  { title: "typecheck of src and test", command: tsc("test") },
  { title: "typecheck of src alone", command: tsc(".") },
  { title: "typecheck of webview", command: tsc("webview") },
  {
    title: "walls between the rooms",
    command: [
      ...[node, "node_modules/dependency-cruiser/bin/dependency-cruise.mjs", "src", "webview"],
      ...["--config", ".dependency-cruiser.cjs"],
    ],
  },
  {
    title: "format",
    command: [
      ...[node, "node_modules/prettier/bin/prettier.cjs", "--check", "."],
      ...cached("prettier"),
    ],
  },
];
