import regexp from "eslint-plugin-regexp";
import tseslint from "typescript-eslint";

/** Named exports only: a name is the same everywhere. */
const noDefaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "Export by name.",
};

/** One place decides what may be sent to which server, and redirects are not followed. */
const noFetch = {
  name: "fetch",
  message: "Send requests through server/http.ts.",
};

/** Data crosses a trust boundary by narrowing, never by a double cast. */
const noDoubleCast = {
  selector: "TSAsExpression > TSAsExpression[typeAnnotation.type='TSUnknownKeyword']",
  message: "Parse and narrow instead of casting through unknown.",
};

/** Nothing holds these signals, so garbage collection removes them along with their timers. */
const noUnheldSignals = ["any", "timeout"].map((property) => ({
  object: "AbortSignal",
  property,
  message: "Use withLimits of core/timeLimit.ts: garbage collection can remove this signal.",
}));

/** One file turns text from servers and models into plain text before VS Code draws links and icons from it. */
const messagesOnly = [
  {
    selector:
      "MemberExpression[object.property.name='window'][property.name=/^(show(Error|Warning|Information)Message|showQuickPick|showInputBox|setStatusBarMessage)$/]",
    message: "VS Code draws links and icons from this text: use platform/messages.ts.",
  },
  {
    selector: "NewExpression[callee.property.name='MarkdownString']",
    message: "Use tooltipMarkdown of platform/messages.ts.",
  },
  {
    selector:
      "MemberExpression[property.name=/^(isTrusted|supportHtml)$/][object.name=/markdown|tooltip/i]",
    message: "Use tooltipMarkdown of platform/messages.ts.",
  },
  {
    selector:
      "AssignmentExpression[left.property.name='items'][left.object.name=/pick/i]:not([right.callee.name='plainItems']):not([right.name='shown'])",
    message: "VS Code draws icons from the texts of items: pass them through plainItems.",
  },
  {
    selector:
      "AssignmentExpression[left.property.name=/^(prompt|validationMessage|message)$/][left.object.name=/input|open|pick/i] > Identifier.right",
    message: "VS Code draws links from this text: pass it through plainText.",
  },
  {
    selector:
      "AssignmentExpression[left.property.name='message'][left.object.property.name='view'] > Identifier.right",
    message: "Pass it through plainText.",
  },
  {
    selector:
      "CallExpression[callee.property.name='withProgress'] > ObjectExpression > Property[key.name='title']:not([value.callee.name='plainText'])",
    message: "VS Code draws links from this title: pass it through plainText.",
  },
  {
    selector:
      ":matches(Literal[value=/\\$\\([a-z-]+(~[a-z]+)?\\)/], TemplateElement[value.raw=/\\$\\(([a-z-]+(~[a-z]+)?\\)|$)/])",
    message: "Icons go beside the text: iconPath, or iconText of core/plainText.ts.",
  },
];

/** Tests are as patient as their machine is slow: times go through test/support/patience.mjs. */
const patientTimes = [
  {
    selector:
      ":matches(CallExpression[callee.name=/^(delay|sleep|poll)$/], CallExpression[callee.property.name='waitForTimeout']) > Literal[raw=/^[0-9]/]",
    message: "A literal time: `quiet`, or a wait without one.",
  },
  {
    selector: "CallExpression[callee.name='setTimeout'] > Literal.arguments:nth-child(2)",
    message: "A literal time: `quiet`, or patientMs.",
  },
  {
    selector: "Property[key.name=/^timeout(Ms)?$/] > Literal[raw=/^[0-9]/]",
    message: "A literal time: patientMs, or none.",
  },
  {
    selector: "CallExpression[callee.property.name='timeout'][callee.object.type='ThisExpression']",
    message: "All tests have one limit, in patience.mjs.",
  },
  {
    selector:
      "BinaryExpression[operator='-'][left.callee.object.name='Date'], BinaryExpression[operator='-'][right.callee.object.name='Date']",
    message: "The clock may be set back in the meantime: use performance.now().",
  },
];

/** The system's clock may be set at any time: it says when something was, not how long to wait. */
const monotonicWaits = ["left", "right"].map((side) => ({
  selector: `BinaryExpression[operator=/^([-+]|[<>]=?)$/][${side}.callee.object.name='Date'][${side}.callee.property.name='now']`,
  message: "Wait by performance.now(), and compare a server's times with the newest of its own.",
}));

/** Phrases that make a reader stumble, in comments and test titles. Say it in plain words. */
const STILTED =
  /\b(anew|parted by|one's own|shall|at work|(is|are|be|been) (told|wanted)|told apart|stands? (in|at|above|below|beside|after|before)|goes on|c[ao]mes? to know)\b/i;

const plainEnglish = {
  rules: {
    phrases: {
      create(context) {
        const check = (node, text) => {
          const [phrase] = STILTED.exec(text) ?? [];
          if (phrase) context.report({ node, message: `Say “${phrase}” in plainer words.` });
        };
        return {
          Program: () =>
            context.sourceCode.getAllComments().forEach((each) => check(each, each.value)),
          "CallExpression[callee.name=/^(describe|it)$/] > Literal:first-child": (node) =>
            check(node, String(node.value)),
        };
      },
    },
  },
};

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
    plugins: { "plain-english": plainEnglish },
    rules: {
      "plain-english/phrases": "error",
      eqeqeq: "error",
      "no-console": "error",
      "no-restricted-syntax": ["error", noDefaultExport, noDoubleCast],
      "no-restricted-properties": ["error", ...noUnheldSignals],
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
  {
    files: ["src/**/*.ts"],
    ignores: ["src/platform/messages.ts", "src/core/plainText.ts"],
    rules: {
      "no-restricted-syntax": [
        "error",
        noDefaultExport,
        noDoubleCast,
        ...messagesOnly,
        ...monotonicWaits,
      ],
    },
  },
  {
    files: ["src/**/*.ts", "webview/**/*.ts"],
    plugins: { regexp },
    rules: {
      "max-lines": ["error", { max: 400 }],
      // Texts from servers and models have any length: every pattern must be linear.
      "regexp/no-super-linear-backtracking": ["error", { report: "potential" }],
      "regexp/no-super-linear-move": ["error", { report: "potential" }],
      "no-restricted-globals": ["error", noFetch],
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
      "no-restricted-syntax": ["error", noDefaultExport, noDoubleCast, ...patientTimes],
    },
  },
  {
    // Programs started from a shell write to the terminal.
    files: ["test/run/**", "test/bench/**", "test/support/**", "test/demo/**"],
    rules: { "no-console": "off" },
  },
);
