/**
 * Builds what is shipped: one row of `targets` is one bundle with its budget. `--watch` rebuilds on
 * change, readable and unchecked; any other build is minified and fails above a budget.
 * `--production` leaves the source maps out, `--only NAMES` all other targets (parted by commas), `--outdir DIR` writes elsewhere.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

import { build, context } from "esbuild";

const root = path.dirname(fileURLToPath(import.meta.url));
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const watch = process.argv.includes("--watch");
const production = process.argv.includes("--production");
const only = argument("--only")?.split(",");
const outdir = argument("--outdir") ?? "dist";

function argument(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

/** Runs in the extension host: Node without a package folder beside it. */
const host = { platform: "node", target: "node20", format: "cjs", external: ["vscode"] };
/** Runs in a webview. */
const browser = { platform: "browser", target: "es2022", format: "iife" };

/**
 * A dynamic import of one of our files is a bundle of its own, a sibling named after the file, loaded
 * when it is first needed. It has to have a row in `targets`, so that it has a budget.
 */
const lazyBundles = {
  name: "lazy-bundles",
  setup(builder) {
    builder.onResolve({ filter: /^\.{1,2}\/.*\.ts$/ }, ({ kind, path: file }) => {
      if (kind !== "dynamic-import") return undefined;
      const bundle = path.basename(file, ".ts");
      const isKnown = targets.some(({ options }) =>
        options.entryPoints.some(({ out }) => out === bundle),
      );
      return isKnown
        ? { path: `./${bundle}.cjs`, external: true }
        : { errors: [{ text: `${bundle} has no row in the table of targets` }] };
    });
  },
};

/**
 * The MCP SDK brings a compiler of JSON Schemas, for answers that a server asks its client for, and zod's writer
 * of them. Ours asks for none and writes its schemas itself: a third of the program's size.
 */
const withoutSchemaTools = {
  name: "without-schema-tools",
  setup(builder) {
    const absent = `const absent = () => { throw new Error("not in this program"); };`;
    builder.onLoad({ filter: /[\\/]validation[\\/]ajv-provider\.js$/ }, () => ({
      contents: `${absent} export class AjvJsonSchemaValidator { getValidator = absent; }`,
    }));
    const writers = /zod[\\/]v4[\\/]core[\\/](?:to-json-schema|json-schema-processors)\.js$/;
    builder.onLoad({ filter: writers }, ({ path: file }) => {
      const names = readFileSync(file, "utf8").matchAll(/^export (?:const|function) (\w+)/gm);
      // What makes a schema's method is called with every schema, the method never.
      const exported = [...names].map(([, name]) => `export const ${name} = () => absent;`);
      return { contents: [absent, ...exported].join("\n") };
    });
  },
};

/**
 * The Kubernetes client's kubeconfig reader imports all its generated calls and a fetch of its own, none of which is used here:
 * leaving them out is worth two thirds of the bundle.
 */
const leanKubernetesClient = {
  name: "lean-kubernetes-client",
  setup(builder) {
    const namespace = "lean-kubernetes-client";
    const ours = /@kubernetes[\\/]client-node[\\/]dist[\\/]config\.js$/;
    builder.onResolve(
      { filter: /^(\.\/gen\/index\.js|node-fetch)$/ },
      ({ path: name, importer }) => (ours.test(importer) ? { path: name, namespace } : undefined),
    );
    builder.onLoad({ filter: /.*/, namespace }, () => ({
      contents: `export const Headers = globalThis.Headers;
export function createConfiguration() { throw new Error("left out"); }
export class ServerConfiguration {}`,
    }));
  },
};

/** Budgets are in kB of 1,000 bytes, over all the files a target writes. */
const targets = [
  {
    name: "host",
    budgetKB: 150,
    options: {
      ...host,
      entryPoints: [{ in: "src/extension.ts", out: "extension" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Loaded with the first command that runs.
    name: "commands",
    budgetKB: 90,
    options: {
      ...host,
      entryPoints: [{ in: "src/commands/commandTable.ts", out: "commandTable" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Loaded with the first token breakdown that is opened.
    name: "breakdown",
    budgetKB: 40,
    options: {
      ...host,
      entryPoints: [{ in: "src/views/breakdownPanel.ts", out: "breakdownPanel" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Loaded with the first page of usage that is seen.
    name: "usage page",
    budgetKB: 70,
    options: {
      ...host,
      entryPoints: [{ in: "src/views/usagePage.ts", out: "usagePage" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Looks for servers on this machine, where that is switched on.
    name: "machine",
    budgetKB: 40,
    options: {
      ...host,
      entryPoints: [{ in: "src/sources/machineSources.ts", out: "machineSources" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Loaded when the first OpenCode 1 server answers; most of it is the SDK.
    name: "OpenCode 1",
    budgetKB: 100,
    options: {
      ...host,
      entryPoints: [{ in: "src/server/v1/v1Adapter.ts", out: "v1Adapter" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "OpenCode 2",
    budgetKB: 60,
    options: {
      ...host,
      entryPoints: [{ in: "src/server/v2/v2Adapter.ts", out: "v2Adapter" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "notices",
    budgetKB: 30,
    options: {
      ...host,
      entryPoints: [{ in: "src/views/attentionNotifier.ts", out: "attentionNotifier" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "autocompact",
    budgetKB: 30,
    options: {
      ...host,
      entryPoints: [{ in: "src/commands/autoCompactor.ts", out: "autoCompactor" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "requests",
    budgetKB: 20,
    options: {
      ...host,
      entryPoints: [{ in: "src/views/requestDocuments.ts", out: "requestDocuments" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // The front door of clusters, with what makes their rows.
    name: "clusters",
    budgetKB: 45,
    options: {
      ...host,
      entryPoints: [{ in: "src/clusters.ts", out: "clusters" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "in clusters",
    budgetKB: 60,
    options: {
      ...host,
      entryPoints: [{ in: "src/commands/clusterCommands.ts", out: "clusterCommands" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Loaded when a Kubernetes cluster is configured, or asked for.
    name: "Kubernetes",
    budgetKB: 340,
    options: {
      ...host,
      entryPoints: [{ in: "src/sources/kubernetes/kubernetesSource.ts", out: "kubernetesSource" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "clean-up",
    budgetKB: 50,
    options: {
      ...host,
      entryPoints: [{ in: "src/commands/cleanUpSessions.ts", out: "cleanUpSessions" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Loaded with the first transcript, prompt or difference, and when VS Code brings one back.
    name: "documents",
    budgetKB: 60,
    options: {
      ...host,
      entryPoints: [{ in: "src/views/sessionDocuments.ts", out: "sessionDocuments" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Outlives the extension host: watches over the managed server.
    name: "guardian",
    budgetKB: 30,
    options: {
      ...host,
      entryPoints: [{ in: "src/sources/serverGuardian.ts", out: "serverGuardian" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // The usage ledger with its budgets: loaded when the first server tells its sessions.
    name: "usage",
    budgetKB: 125,
    options: {
      ...host,
      entryPoints: [{ in: "src/usage.ts", out: "usage" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "export",
    budgetKB: 30,
    options: {
      ...host,
      entryPoints: [{ in: "src/commands/exportUsage.ts", out: "exportUsage" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "health",
    budgetKB: 30,
    options: {
      ...host,
      entryPoints: [{ in: "src/commands/checkHealth.ts", out: "checkHealth" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "backup",
    budgetKB: 20,
    options: {
      ...host,
      entryPoints: [{ in: "src/commands/backUpDatabase.ts", out: "backUpDatabase" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // A worker: fills and compacts the usage ledger beside the extension host.
    name: "ledger",
    budgetKB: 40,
    options: {
      ...host,
      entryPoints: [{ in: "src/history/ledgerWorker.ts", out: "ledgerWorker" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // Loaded when session_status is added to OpenCode, or was.
    name: "setup",
    budgetKB: 40,
    options: {
      ...host,
      entryPoints: [
        { in: "src/agents/openCodeSetup.ts", out: "openCodeSetup" },
        { in: "src/commands/sessionStatusTools.ts", out: "sessionStatusTools" },
      ],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    name: "definitions",
    budgetKB: 10,
    options: {
      ...host,
      entryPoints: [{ in: "src/agents/registerDefinitions.ts", out: "registerDefinitions" }],
      outExtension: { ".js": ".cjs" },
    },
  },
  {
    // One file on its own, for agents and programs: under plain Node, copied to where OpenCode starts it, and packed
    // for npm. A third of it is the MCP SDK with zod. With `lazyBundles` it would take the adapters' files from
    // beside it, which is worth 32 kB of the package.
    name: "program",
    budgetKB: 400,
    options: {
      ...host,
      entryPoints: [{ in: "src/agents/program.ts", out: "opencode-sessions" }],
      outExtension: { ".js": ".cjs" },
      banner: { js: "#!/usr/bin/env node" },
      plugins: [withoutSchemaTools],
      define: { "process.env.OPENCODE_SESSIONS_VERSION": JSON.stringify(version) },
    },
  },
  {
    name: "webview",
    budgetKB: 560,
    options: {
      ...browser,
      entryPoints: [
        { in: "webview/main.ts", out: "webview" },
        { in: "webview/styles.css", out: "webview" },
      ],
    },
  },
];

const wanted = targets.filter(({ name }) => only === undefined || only.includes(name));
if (wanted.length === 0) throw new Error(`there is no target ${only}`);

/** The options esbuild gets for a target. */
function optionsOf({ options }) {
  return {
    ...options,
    plugins:
      options.plugins ?? (options.platform === "node" ? [lazyBundles, leanKubernetesClient] : []),
    absWorkingDir: root,
    outdir,
    bundle: true,
    metafile: true,
    minify: !watch,
    sourcemap: production ? false : "linked",
    legalComments: "none",
    logLevel: watch ? "info" : "warning",
    define: { "process.env.NODE_ENV": '"production"', ...options.define },
  };
}

/** Bytes a build wrote, source maps aside. */
function sizeOf(metafile) {
  return Object.entries(metafile.outputs)
    .filter(([file]) => !file.endsWith(".map"))
    .reduce((sum, [, output]) => sum + output.bytes, 0);
}

function kB(bytes) {
  return `${(bytes / 1000).toFixed(1)} kB`;
}

/** Builds one target and tells its size; false when it is above its budget. */
async function buildTarget(target) {
  for (const { in: entry } of target.options.entryPoints) {
    if (!existsSync(path.join(root, entry))) throw new Error(`${target.name}: ${entry} is missing`);
  }
  const { metafile } = await build(optionsOf(target));
  if (production) {
    // Maps of an earlier build must not be shipped by accident.
    for (const file of Object.keys(metafile.outputs))
      rmSync(path.join(root, `${file}.map`), { force: true });
  }
  const bytes = sizeOf(metafile);
  const isWithin = bytes <= target.budgetKB * 1000;
  const verdict = isWithin ? "" : `  ABOVE its budget`;
  console.log(
    `${target.name.padEnd(12)} ${kB(bytes).padStart(9)} of ${target.budgetKB} kB${verdict}`,
  );
  return isWithin;
}

if (watch) {
  // The words are what the problem matcher of .vscode/tasks.json waits for.
  for (const target of wanted) await (await context(optionsOf(target))).watch();
  console.log("[watch] build started");
} else {
  let isWithin = true;
  for (const target of wanted) {
    try {
      isWithin = (await buildTarget(target)) && isWithin;
    } catch (error) {
      // esbuild has printed its own errors; what is left to say is which target failed.
      console.error(
        `build failed: ${error instanceof Error ? error.message.split("\n")[0] : error}`,
      );
      isWithin = false;
    }
  }
  if (!isWithin) process.exitCode = 1;
}
