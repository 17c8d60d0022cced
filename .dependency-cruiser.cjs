/**
 * The walls between the rooms. Type-only imports count like any other. ARCHITECTURE.md says what each room
 * is for; a room not listed here fails.
 */

const VSCODE = "^vscode$|(^|/)node_modules/@types/vscode/";
const SDK = "(^|/)node_modules/@opencode-ai/sdk/";
const JSONC = "(^|/)node_modules/jsonc-parser/";
const ZOD = "(^|/)node_modules/zod/";
const MCP = "(^|/)node_modules/@modelcontextprotocol/sdk/";
const KUBERNETES =
  "(^|/)node_modules/(@kubernetes/client-node|ws|@types/ws|(@types/)?cross-spawn)/";
const COLORD = "(^|/)node_modules/colord/";
const L10N = "(^|/)node_modules/@vscode/l10n/";
const CHART = "(^|/)node_modules/chart\\.js/";
/** What draws Markdown on the page of a session. */
const MARKDOWN = "(^|/)node_modules/(marked|dompurify|highlight\\.js)/";
const TOOLKIT = "(^|/)node_modules/@vscode/webview-ui-toolkit/";

const CLUSTER_GATEWAY = "^src/sources/kubernetes/clusterGateway\\.ts$";

/** Room -> what it may import besides itself; `node` stands for Node's built-ins. */
const rooms = {
  core: { may: [L10N] },
  viewModels: { may: ["core"] },
  protocol: { may: ["core", "viewModels", ZOD] },
  files: { may: [], node: true },
  server: { may: ["core", SDK], node: true },
  sources: { may: ["core", "files", JSONC, ZOD], node: true, without: "^src/sources/kubernetes/" },
  "sources/kubernetes": {
    may: ["core", "^src/sources/source(Reporter)?\\.ts$", KUBERNETES],
    node: true,
  },
  history: { may: ["core", "files"], node: true },
  platform: { may: ["core", "files", VSCODE, ZOD] },
  views: { may: ["core", "viewModels", "protocol", "platform", VSCODE] },
  agents: {
    may: ["core", "viewModels", "files", "server", "sources", "history", MCP, VSCODE],
    node: true,
  },
  commands: {
    may: ["core", "viewModels", "platform", "^src/server/gateway\\.ts$", CLUSTER_GATEWAY, VSCODE],
  },
};

function folder(room) {
  return /[(^]/.test(room) ? room : `^src/${room}/`;
}

const roomRules = Object.entries(rooms).map(([room, { may, node = false, without }]) => ({
  name: `room-${room.replace("/", "-")}`,
  comment: `src/${room} imports only itself${may.length > 0 ? ", " : ""}${may.join(", ")}${node ? ", node" : ""}`,
  severity: "error",
  from: { path: `^src/${room}/`, ...(without ? { pathNot: without } : {}) },
  to: {
    pathNot: [folder(room), ...may.map(folder)],
    ...(node ? { dependencyTypesNot: ["core"] } : {}),
  },
}));

module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: "no-unknown-room",
      comment: "every folder of src/ has its row in the table above",
      severity: "error",
      from: { path: "^src/[^/]+/", pathNot: [...Object.keys(rooms).map(folder), "^src/window/"] },
      to: {},
    },
    {
      name: "no-cycles",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "nothing-imports-the-front-door",
      severity: "error",
      from: { path: "^(src|webview)/" },
      to: { path: "^src/extension\\.ts$" },
    },
    {
      name: "only-the-front-door-imports-what-it-is-made-of",
      severity: "error",
      from: {
        path: "^(src|webview)/",
        pathNot: "^src/(extension|usage|clusters)\\.ts$|^src/window/",
      },
      to: { path: "^src/(window/|(usage|clusters|serverControls)\\.ts$)" },
    },
    {
      name: "webview-is-a-browser",
      comment: "the webview has no VS Code API, no Node, and of src/ only what crosses the border",
      severity: "error",
      from: { path: "^webview/" },
      to: {
        pathNot: [
          "^webview/",
          "^src/(protocol|viewModels|core)/",
          CHART,
          COLORD,
          MARKDOWN,
          TOOLKIT,
        ],
      },
    },
    {
      name: "pages-do-not-parse",
      comment:
        "a page trusts its host: the schemas are the host's, and stay out of the page's script",
      severity: "error",
      from: { path: "^webview/" },
      to: { path: "^src/protocol/parse\\.ts$" },
    },
    {
      name: "one-file-knows-the-toolkit",
      severity: "error",
      from: { path: "^(src|webview)/", pathNot: "^webview/toolkit\\.ts$" },
      to: { path: TOOLKIT },
    },
    {
      name: "one-file-knows-the-localisation-library",
      severity: "error",
      from: { path: "^(src|webview)/", pathNot: "^src/core/language\\.ts$" },
      to: { path: L10N },
    },
    {
      name: "only-the-v1-adapter-knows-the-sdk",
      severity: "error",
      from: { path: "^(src|webview)/", pathNot: "^src/server/v1/" },
      to: { path: SDK },
    },
    {
      name: "adapters-do-not-know-each-other",
      severity: "error",
      from: { path: "^src/server/(v[0-9]+)/" },
      to: { path: "^src/server/v[0-9]+/", pathNot: "^src/server/$1/" },
    },
    {
      name: "agents-register-in-one-file",
      comment: "the MCP server runs without VS Code",
      severity: "error",
      from: { path: "^src/agents/", pathNot: "^src/agents/register[A-Za-z]*\\.ts$" },
      to: { path: VSCODE },
    },
    {
      name: "product-does-not-know-its-tests",
      severity: "error",
      from: { path: "^(src|webview)/" },
      to: { path: "^test/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^(dist|\\.scratch)/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".js", ".mjs", ".cjs", ".d.ts"],
    },
  },
};
