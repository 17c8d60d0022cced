/**
 * Builds what is shipped into dist/, minified and with source maps, and prints the size of each file.
 * `--watch` rebuilds on change, unminified. `--production` omits the source maps, `--only NAMES` all other
 * bundles (separated by commas), `--outdir DIR` writes elsewhere. `--packages` only prints the folders of the
 * packages whose code is in the bundles.
 */
import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import { build, context } from "esbuild";

const root = import.meta.dirname;
const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8"));
const { values } = parseArgs({
  options: {
    only: { type: "string" },
    outdir: { type: "string", default: "dist" },
    packages: { type: "boolean", default: false },
    production: { type: "boolean", default: false },
    watch: { type: "boolean", default: false },
  },
});

/** Keeps a module out of the bundle that imports it: it is a bundle of its own, loaded when it is needed. */
function apart(filter, file) {
  return {
    name: `${file}-apart`,
    setup(builder) {
      builder.onResolve({ filter }, ({ kind }) =>
        kind === "entry-point" ? undefined : { path: `./${file}`, external: true },
      );
    },
  };
}

/** Runs under the Node of VS Code 1.105, without a package folder next to it. */
const node = {
  platform: "node",
  target: "node22",
  format: "cjs",
  outExtension: { ".js": ".cjs" },
  external: ["vscode"],
  // With the first cluster.
  plugins: [apart(/\/kubernetesClient\.ts$/, "kubernetesClient.cjs")],
};

const browser = { platform: "browser", target: "es2022", format: "esm" };

const bundles = {
  extension: { ...node, entryPoints: { extension: "src/extension.ts" } },
  kubernetesClient: {
    ...node,
    entryPoints: { kubernetesClient: "src/sources/kubernetes/kubernetesClient.ts" },
  },
  /** A worker of the extension host. */
  ledgerWorker: { ...node, entryPoints: { ledgerWorker: "src/history/ledgerWorker.ts" } },
  /** A process that outlives the extension host. */
  serverGuardian: { ...node, entryPoints: { serverGuardian: "src/sources/serverGuardian.ts" } },
  /** For agents and users: run in plain Node, copied to where OpenCode starts it, and packed for npm. */
  program: {
    ...node,
    entryPoints: { "opencode-sessions": "src/agents/program.ts" },
    banner: { js: "#!/usr/bin/env node" },
    define: { "process.env.OPENCODE_SESSIONS_VERSION": JSON.stringify(version) },
  },
  webview: {
    ...browser,
    splitting: true,
    chunkNames: "webview-[name]",
    entryPoints: [
      { in: "webview/main.ts", out: "webview" },
      { in: "webview/styles.css", out: "webview" },
    ],
    // With the first code.
    plugins: [apart(/\/highlight\.ts$/, "webview-highlight.js")],
  },
  highlight: {
    ...browser,
    entryPoints: { "webview-highlight": "webview/conversation/highlight.ts" },
  },
};

/** The esbuild options of a bundle. */
function optionsOf(bundle) {
  return {
    ...bundle,
    absWorkingDir: root,
    outdir: values.outdir,
    bundle: true,
    metafile: true,
    minify: !values.watch,
    sourcemap: values.production ? false : "linked",
    legalComments: "none",
    logLevel: values.watch ? "info" : "warning",
    define: { "process.env.NODE_ENV": '"production"', ...bundle.define },
  };
}

const names = values.only?.split(",") ?? Object.keys(bundles);
const unknown = names.filter((name) => !(name in bundles));
if (unknown.length > 0) throw new Error(`No bundle ${unknown.join(", ")}.`);

if (values.packages) {
  const folders = new Set();
  for (const name of names) {
    const { metafile } = await build({ ...optionsOf(bundles[name]), write: false });
    // Without what was only looked at and left out again.
    const inputs = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.entries(inputs));
    for (const [input, { bytesInOutput }] of inputs) {
      if (bytesInOutput === 0) continue;
      const [folder] = /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(input) ?? [];
      if (folder) folders.add(folder);
    }
  }
  console.log([...folders].sort().join("\n"));
} else if (values.watch) {
  // The problem matcher of .vscode/tasks.json waits for this text.
  for (const name of names) await (await context(optionsOf(bundles[name]))).watch();
  console.log("[watch] build started");
} else {
  // Nothing from an earlier build may be shipped.
  if (values.production && !values.only)
    rmSync(path.join(root, values.outdir), { recursive: true, force: true });
  for (const name of names) {
    const { metafile } = await build(optionsOf(bundles[name]));
    for (const [file, { bytes }] of Object.entries(metafile.outputs)) {
      if (!file.endsWith(".map")) console.log(`${file.padEnd(30)} ${(bytes / 1000).toFixed(1)} kB`);
    }
  }
}
