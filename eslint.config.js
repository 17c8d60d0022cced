import regexp from "eslint-plugin-regexp";
import tseslint from "typescript-eslint";

import {
  byCapability,
  fileWriters,
  hardPrivate,
  messagesOnly,
  noDefaultExport,
  noDoubleCast,
  noFetch,
  noFetchOfGlobal,
  noUnheldSignals,
  ownBounds,
  ownWordsInLogs,
  patientTimes,
  projectRules,
  wholeGlobals,
} from "./eslint.rules.js";

/** In all rooms. */
const everywhere = [noDefaultExport, noDoubleCast, ...noUnheldSignals];

/** Where requests may be sent from one file only. */
const noRequests = [wholeGlobals, noFetchOfGlobal];

/** In all of src but the files that a rule sends everyone to. */
const inSource = [
  ...everywhere,
  ...noRequests,
  ...messagesOnly,
  hardPrivate,
  ownWordsInLogs,
  ...ownBounds,
];

export default tseslint.config(
  {
    ignores: [
      "dist/**",
      ".scratch/**",
      "**/node_modules/**",
      "test/fixtures/**",
      // Programs that run before the dependencies are installed; prettier and their own runs check them.
      "**/*.{js,mjs,cjs}",
    ],
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { project: projectRules },
    rules: {
      "project/plain-english": "error",
      eqeqeq: "error",
      "no-console": "error",
      "no-restricted-syntax": ["error", ...everywhere],
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/consistent-type-exports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  // One program for src and its tests, so that types are resolved once.
  ...["test", "webview"].map((room) => ({
    files: room === "test" ? ["src/**/*.ts", "test/**/*.ts"] : [`${room}/**/*.ts`],
    languageOptions: {
      parserOptions: {
        project: [`./${room}/tsconfig.json`],
        tsconfigRootDir: import.meta.dirname,
      },
    },
  })),
  ...["src", "src/server"].map((room) => ({
    files: [`${room}/**/*.ts`],
    ignores: ["src/platform/messages.ts", "src/core/plainText.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        ...inSource,
        ...fileWriters,
        ...(room === "src" ? byCapability : []),
      ],
      "project/monotonic-waits": "error",
      "project/own-words": "error",
    },
  })),
  {
    files: ["src/files/writeFile.ts", "src/platform/savedFiles.ts"],
    rules: { "no-restricted-syntax": ["error", ...inSource, ...byCapability] },
  },
  {
    files: ["webview/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", ...everywhere, ...noRequests, hardPrivate] },
  },
  {
    files: ["src/**/*.ts", "webview/**/*.ts"],
    plugins: { regexp },
    rules: {
      "max-lines": ["error", { max: 400 }],
      // Texts from servers and models have any length: every pattern must be linear.
      "regexp/no-super-linear-backtracking": ["error", { report: "potential" }],
      "regexp/no-super-linear-move": ["error", { report: "potential" }],
      "no-restricted-globals": ["error", ...noFetch],
    },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/explicit-module-boundary-types": "off",
    },
  },
  {
    files: ["test/{ui,host,contract,chaos,unit}/**/*.ts"],
    rules: {
      "no-restricted-syntax": ["error", ...everywhere, ...patientTimes],
    },
  },
  {
    // Programs started from a shell write to the terminal.
    files: ["test/run/**", "test/bench/**", "test/support/**", "test/demo/**"],
    rules: { "no-console": "off" },
  },
);
