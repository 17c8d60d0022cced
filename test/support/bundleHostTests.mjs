import { readFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as esbuild from "esbuild";
import { projectRoot } from "./project.mjs";

/** Keeps each project file's own `import.meta.url` in the bundle: helpers locate other files by it. */
const ownUrls = {
  name: "own-urls",
  setup(build) {
    build.onLoad({ filter: /\.(ts|mjs)$/ }, ({ path: file }) => {
      if (file.includes(`${path.sep}node_modules${path.sep}`)) return undefined;
      const source = readFileSync(file, "utf8");
      if (!source.includes("import.meta.url")) return undefined;
      const contents = source.replaceAll(
        "import.meta.url",
        JSON.stringify(pathToFileURL(file).href),
      );
      return { contents, loader: file.endsWith(".ts") ? "ts" : "js" };
    });
  },
};

/**
 * Bundles the test files into one CommonJS module that exports `run` for VS Code. `vscode` comes from the
 * host; mocha stays external so that `import { describe } from "mocha"` gets the running one.
 */
export async function bundleHostTests(testFiles, outfile) {
  const runner = path.join(projectRoot, "test/support/hostRunner.mjs");
  const world = path.join(projectRoot, "test/support/vscode/hostWorld.ts");
  const list = testFiles.map((file) => {
    const name = JSON.stringify(path.relative(projectRoot, file));
    return `{ file: ${name}, load: () => import(${JSON.stringify(file)}) }`;
  });
  await esbuild.build({
    stdin: {
      contents: `import { runInHost } from ${JSON.stringify(runner)};
        import { worldHooks } from ${JSON.stringify(world)};
        export const run = () => runInHost([${list.join(",\n")}], worldHooks);`,
      resolveDir: projectRoot,
    },
    bundle: true,
    outfile,
    platform: "node",
    format: "cjs",
    target: "node22",
    sourcemap: "inline",
    external: ["vscode", "mocha", "playwright-core"],
    plugins: [ownUrls],
    logLevel: "warning",
  });
}
