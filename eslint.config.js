import tseslint from "typescript-eslint";

/** Named exports only: a name is the same wherever it is read. */
const noDefaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "Export by name.",
};

/** A trust boundary is crossed by narrowing, never by saying so twice. */
const noDoubleCast = {
  selector: "TSAsExpression > TSAsExpression[typeAnnotation.type='TSUnknownKeyword']",
  message: "Parse and narrow instead of casting through unknown.",
};

export default tseslint.config(
  {
    ignores: [
      "dist/**",
      ".scratch/**",
      "**/node_modules/**",
      "test/fixtures/**",
      // Programs that run before the dependencies are there; prettier and their own runs check them.
      "**/*.{js,mjs,cjs}",
    ],
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-console": "error",
      "no-restricted-syntax": ["error", noDefaultExport, noDoubleCast],
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
  ...["src", "webview", "test"].map((room) => ({
    files: [`${room}/**/*.ts`],
    languageOptions: {
      parserOptions: {
        project: [room === "src" ? "./tsconfig.json" : `./${room}/tsconfig.json`],
        tsconfigRootDir: import.meta.dirname,
      },
    },
  })),
  {
    files: ["src/**/*.ts", "webview/**/*.ts"],
    rules: { "max-lines": ["error", { max: 400 }] },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/explicit-module-boundary-types": "off",
    },
  },
  {
    // What is started from a shell speaks to a person on the terminal.
    files: ["test/run/**", "test/bench/**", "test/support/**", "test/demo/**"],
    rules: { "no-console": "off" },
  },
);
