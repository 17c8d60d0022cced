/**
 * `npm run bench [-- --only P1,P3] [--json FILE]`: bundles the benchmarks like the extension (a loader that
 * compiles on the fly changes the code and with it the figures) and runs them in plain Node.
 */
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { moveToRecentNode } from "../support/recentNode.mjs";
import { setup } from "../support/setup.mjs";
import { projectRoot as root } from "../support/project.mjs";

setup();
await moveToRecentNode();
const { build } = await import("esbuild");

/** Keeps `import.meta.url` as in the source, because files are located relative to it. */
const ownURL = {
  name: "own-url",
  setup(builder) {
    builder.onLoad({ filter: /[\\/]test[\\/].*\.(ts|mjs)$/ }, ({ path: file }) => ({
      contents: readFileSync(file, "utf8").replaceAll(
        "import.meta.url",
        JSON.stringify(pathToFileURL(file).href),
      ),
      loader: file.endsWith(".ts") ? "ts" : "js",
    }));
  },
};

const folder = path.join(root, ".scratch", "bench");
mkdirSync(folder, { recursive: true });
const outfile = path.join(folder, "main.mjs");
await build({
  absWorkingDir: root,
  entryPoints: ["test/bench/main.ts"],
  outfile,
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node22",
  packages: "external",
  logLevel: "warning",
  plugins: [ownURL],
});

const child = spawn(
  process.execPath,
  ["--expose-gc", "--enable-source-maps", outfile, ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: "inherit",
    // Twenty sessions at once take their time on a slow machine, and that wait isn't what is measured.
    env: { ...process.env, OPENCODE_SESSIONS_TEST_PATIENCE: "10" },
  },
);
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
child.once("exit", (code) => process.exit(code ?? 1));
