/** Rules of this project. `test/unit/lintRules.test.ts` tries the ways round each. */

/** Named exports only: a name is the same everywhere. */
export const noDefaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "Export by name.",
};

/** Data crosses a trust boundary by narrowing, never by a double cast. */
export const noDoubleCast = {
  selector: "TSAsExpression > TSAsExpression[typeAnnotation.type='TSUnknownKeyword']",
  message: "Parse and narrow instead of casting through unknown.",
};

const SEND = "Send requests through server/http.ts.";

/** One place decides what may be sent to which server, and redirects are not followed. */
export const noFetch = ["fetch", "XMLHttpRequest", "EventSource", "WebSocket"].map((name) => ({
  name,
  message: SEND,
}));

/** The same by way of the global object. */
export const noFetchOfGlobal = {
  selector:
    "MemberExpression[object.name=/^(globalThis|global|self|window)$/][property.name=/^(fetch|XMLHttpRequest|EventSource|WebSocket)$/]",
  message: SEND,
};

/** A global that is renamed, taken apart or handed on would get round what is said of its members. */
export const wholeGlobals = {
  selector:
    ":not(MemberExpression[computed=false], Property, TSTypeQuery, TSModuleDeclaration) > Identifier[name=/^(globalThis|global)$/], Property[value.name=/^(globalThis|global)$/]",
  message: "Name the global that is meant.",
};

/** Nothing holds these signals, so garbage collection removes them along with their timers. */
export const noUnheldSignals = [
  "MemberExpression[property.name=/^(any|timeout)$/]:matches([object.name='AbortSignal'], [object.property.name='AbortSignal'])",
  "MemberExpression[computed=true][object.name='AbortSignal']",
  "VariableDeclarator:matches([init.name='AbortSignal'], [init.property.name='AbortSignal'])",
].map((selector) => ({
  selector,
  message: "Use withLimits of core/timeLimit.ts: garbage collection can remove this signal.",
}));

/** So that the rules about `vscode.window` see every use of it: no other name, and nothing taken out of it. */
const vscodeByName = [
  {
    selector:
      ":matches(ImportDeclaration[source.value='vscode'][importKind!='type'] > :matches(ImportSpecifier[importKind!='type'], ImportDefaultSpecifier, ImportNamespaceSpecifier[local.name!='vscode']), :matches(ExportNamedDeclaration, ExportAllDeclaration, ImportExpression)[source.value='vscode'], CallExpression[callee.name='require'][arguments.0.value='vscode'], TSExternalModuleReference[expression.value='vscode'])",
    message: 'Only `import * as vscode from "vscode"`: rules go by that name.',
  },
  {
    selector:
      ":not(MemberExpression[computed=false], Property, TSQualifiedName, TSTypeQuery, TSImportType, ImportNamespaceSpecifier) > Identifier[name='vscode'], Property[value.name='vscode']",
    message: "Write `vscode.` each time: rules go by that name.",
  },
  {
    selector:
      ":not(MemberExpression[computed=false]) > MemberExpression[object.name='vscode'][property.name='window'], MemberExpression[object.object.name='vscode'][object.property.name='window'][computed=true]",
    message: "Write `vscode.window.` each time: rules go by that name.",
  },
];

/** One file turns text from servers and models into plain text before VS Code draws links and icons from it. */
export const messagesOnly = [
  ...vscodeByName,
  {
    selector:
      "MemberExpression[object.property.name='window'][property.name=/^(show(Error|Warning|Information)Message|showQuickPick|showInputBox|setStatusBarMessage)$/]",
    message: "VS Code draws links and icons from this text: use platform/messages.ts.",
  },
  {
    selector: "MemberExpression[property.name='MarkdownString']",
    message: "Use tooltipMarkdown of platform/messages.ts.",
  },
  {
    selector:
      "AssignmentExpression[left.property.name=/^(isTrusted|supportHtml|supportThemeIcons)$/]",
    message: "Use tooltipMarkdown of platform/messages.ts.",
  },
  {
    selector:
      "AssignmentExpression[left.property.name='items'][left.object.type!='ThisExpression']:not([right.callee.name='plainItems']):not([right.name='shown'])",
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
      "CallExpression[callee.property.name='withProgress'] > :not(ObjectExpression):first-child.arguments",
    message: "Write the options where they are used, so that their title can be checked.",
  },
  {
    selector:
      ":matches(Literal[value=/\\$\\([a-z-]+(~[a-z]+)?\\)/], TemplateElement[value.raw=/\\$\\(([a-z-]+(~[a-z]+)?\\)|$)/])",
    message: "Icons go beside the text: iconPath, or iconText of core/plainText.ts.",
  },
];

/** A private member is private for JavaScript too, and reads as such where it is used. */
export const hardPrivate = {
  selector:
    ":matches(PropertyDefinition, MethodDefinition[kind!='constructor'], TSAbstractPropertyDefinition, TSAbstractMethodDefinition, TSParameterProperty)[accessibility=/^(private|protected)$/]",
  message: "Write `#name`.",
};

/** What generation a server is of, is known in `server` alone; Kubernetes has a “v1” of its own. */
export const byCapability = [
  ":not(BinaryExpression[left.name='apiVersion']) > Literal[value=/^(v[12]|OpenCode [12])$/]",
  "BinaryExpression[operator=/^[<>]/] MemberExpression[property.name='generation']",
].map((selector) => ({ selector, message: "Ask for a capability of the server." }));

/** Files are for their user alone unless someone decided otherwise: two files write them. */
export const fileWriters = [
  "ImportDeclaration[source.value=/^(node:)?fs(\\u002Fpromises)?$/] > :matches(ImportDefaultSpecifier, ImportNamespaceSpecifier, ImportSpecifier[imported.name=/^(promises|default|(appendFile|copyFile|cp|writeFile)(Sync)?|createWriteStream)$/])",
  "MemberExpression[object.object.property.name='workspace'][object.property.name='fs'][property.name=/^(writeFile|createDirectory|copy)$/]",
  "MemberExpression[object.object.property.name='workspace'][object.property.name='fs'][computed=true]",
  ":not(MemberExpression) > MemberExpression[object.property.name='workspace'][property.name='fs']",
].map((selector) => ({
  selector,
  message:
    "Write files by files/writeFile.ts, those that the user asked for by platform/savedFiles.ts.",
}));

const OWN_WORDS = "An error's text may quote a prompt: use loggable of core/log.ts.";

/** What a server or a library said may quote a prompt. */
export const ownWordsInLogs = {
  selector:
    "CallExpression[callee.property.name=/^(trace|debug|info|warn|error)$/]:matches([callee.object.name=/log$/i], [callee.object.property.name=/log$/i]) MemberExpression[property.name=/^(message|stack)$/]",
  message: OWN_WORDS,
};

const LEVEL = /^(trace|debug|info|warn|error)$/;
const TEXT = /^(message|stack)$/;

/** Whether a name stands for the text of an error: taken from one, or passed on under that name. */
function isErrorText({ type, name, node }, sourceCode) {
  const { parent } = name;
  const key = parent.type === "AssignmentPattern" ? parent.parent : parent;
  if (key.type === "Property") return TEXT.test(key.key.name);
  if (type === "Parameter") return TEXT.test(name.name);
  if (type !== "Variable" || !node.init) return false;
  return /\.(message|stack)\b/.test(sourceCode.getText(node.init));
}

/** The same for what was taken out of an error first, and for whole outcomes that have its text. */
const ownWords = {
  create(context) {
    const { sourceCode } = context;
    const check = (node) => {
      let scope = sourceCode.getScope(node);
      while (scope !== null && !scope.set.has(node.name)) scope = scope.upper;
      const [definition] = scope?.set.get(node.name)?.defs ?? [];
      if (definition && isErrorText(definition, sourceCode))
        context.report({ node, message: OWN_WORDS });
    };
    const find = (node) => {
      if (node.type === "Identifier") check(node);
      else if (node.type === "TemplateLiteral") node.expressions.forEach(find);
      else if (node.type === "BinaryExpression") [node.left, node.right].forEach(find);
      else if (node.type === "ConditionalExpression")
        [node.consequent, node.alternate].forEach(find);
      else if (node.type === "LogicalExpression") [node.left, node.right].forEach(find);
      else if (node.type === "CallExpression") {
        const name = sourceCode.getText(node.callee);
        if (name === "JSON.stringify") context.report({ node, message: OWN_WORDS });
        else if (name === "String") node.arguments.forEach(find);
      }
    };
    return {
      CallExpression({ callee, arguments: passed }) {
        if (callee.type !== "MemberExpression" || !LEVEL.test(callee.property.name)) return;
        const { object } = callee;
        if (/log$/i.test(object.name ?? object.property?.name ?? "")) passed.forEach(find);
      },
    };
  },
};

/** Tests are as patient as their machine is slow: times go through test/support/patience.mjs. */
export const patientTimes = [
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
    selector:
      "CallExpression[callee.object.name='assert']:not([arguments.1.value=0]) > AwaitExpression > CallExpression[callee.property.name='count']",
    message: "A page draws in its own time: `untilCount`.",
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
const CLOCK = "Wait by performance.now(), and compare a server's times with the newest of its own.";

/** What reads the system's clock: `Date.now()`, `new Date().getTime()`, `+new Date()`, `Number(new Date())`. */
function readsClock(node) {
  if (node.type === "NewExpression")
    return node.callee.name === "Date" && node.arguments.length === 0;
  if (node.type === "UnaryExpression") return readsClock(node.argument);
  if (node.type !== "CallExpression") return false;
  const { callee } = node;
  if (callee.name === "Number") return node.arguments.some(readsClock);
  if (callee.type !== "MemberExpression") return false;
  if (callee.object.name === "Date") return callee.property.name === "now";
  return /^(getTime|valueOf)$/.test(callee.property.name) && readsClock(callee.object);
}

/** Forbids to calculate or compare with what the clock said, also through a variable. */
const monotonicWaits = {
  create(context) {
    const isClock = (node) => {
      if (node.type !== "Identifier") return readsClock(node);
      let scope = context.sourceCode.getScope(node);
      while (scope !== null && !scope.set.has(node.name)) scope = scope.upper;
      const [definition] = scope?.set.get(node.name)?.defs ?? [];
      const init = definition?.type === "Variable" ? definition.node.init : undefined;
      return definition?.node.id?.name === node.name && Boolean(init) && readsClock(init);
    };
    return {
      "BinaryExpression[operator=/^([-+]|[<>]=?)$/]": (node) => {
        if (isClock(node.left) || isClock(node.right)) context.report({ node, message: CLOCK });
      },
    };
  },
};

/** Phrases that make a reader stumble, in comments and test titles. Say it in plain words. */
const STILTED =
  /\b(anew|parted by|one's own|shall|at work|(is|are|be|been) (told|wanted)|told apart|stands? (in|at|above|below|beside|after|before)|goes on|c[ao]mes? to know)\b/i;

const phrases = {
  create(context) {
    const check = (node, text) => {
      const [phrase] = STILTED.exec(text) ?? [];
      if (phrase) context.report({ node, message: `Say “${phrase}” in plainer words.` });
    };
    return {
      Program: () => context.sourceCode.getAllComments().forEach((each) => check(each, each.value)),
      "CallExpression[callee.name=/^(describe|it)$/] > Literal:first-child": (node) =>
        check(node, String(node.value)),
    };
  },
};

/** As a plugin of eslint. */
export const projectRules = {
  rules: { "monotonic-waits": monotonicWaits, "own-words": ownWords, "plain-english": phrases },
};

/** A slice keeps the text it was cut from in memory, however long that is. */
export const ownBounds = [
  {
    selector:
      "CallExpression[callee.property.name=/^(slice|substring)$/] > Identifier.arguments[name=/(_CHARACTERS|^LONGEST_[A-Z]+)$/]",
    message: "Cut texts with `bounded` of core/limits.ts, which keeps only the piece.",
  },
];
