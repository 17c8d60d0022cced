/**
 * `npm run package`: builds, and packs the extension into .scratch/NAME-VERSION.vsix, with a copy beside
 * package.json. Prints what is in it, and fails when it is over its budget. `--no-build` packs what is in dist/.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { deflateRawSync } from "node:zlib";
import { parseArgs } from "node:util";
import { projectRoot, readManifest, scratchDir } from "../support/project.mjs";
import { setup } from "../support/setup.mjs";

const BUDGET_KB = 600;

/** Read by those alone who add a cluster, and held to a budget of its own by the build: it does not count here. */
const APART = "dist/kubernetesSource.cjs";

const { values } = parseArgs({ options: { "no-build": { type: "boolean" } } });
setup([]);
if (!values["no-build"]) run("the build", ["esbuild.mjs", "--production"], "inherit");
if (!existsSync(path.join(projectRoot, "dist/extension.cjs"))) {
  throw new Error("dist/extension.cjs is missing: build first.");
}

const { name, version } = readManifest();
const vsix = path.join(scratchDir, `${name}-${version}.vsix`);
mkdirSync(scratchDir, { recursive: true });
const listing = run("vsce", [
  "node_modules/@vscode/vsce/vsce",
  "package",
  "--no-dependencies", // all that is needed is in the bundles
  "--allow-missing-repository",
  "--no-rewrite-relative-links",
  ...["--out", vsix],
]);
copyFileSync(vsix, path.join(projectRoot, path.basename(vsix)));

for (const line of listing.split("\n").filter((each) => /[├└]─/.test(each))) console.log(line);
const sizeKB = statSync(vsix).size / 1000;
const apartKB = deflateRawSync(readFileSync(path.join(projectRoot, APART))).length / 1000;
const countedKB = sizeKB - apartKB;
console.log(
  `${path.basename(vsix)}: ${sizeKB.toFixed(1)} kB; without the Kubernetes client ${countedKB.toFixed(1)} kB of ${BUDGET_KB} kB`,
);
if (countedKB > BUDGET_KB) {
  console.error("The package is over its budget.");
  process.exitCode = 1;
}

/** Runs a Node program in the project and returns its output; ends this program with it when it fails. */
function run(label, args, stdout = "pipe") {
  const result = spawnSync(process.execPath, args, {
    cwd: projectRoot,
    encoding: "utf8",
    stdio: ["ignore", stdout, "pipe"],
  });
  if (result.status === 0) return result.stdout ?? "";
  console.error(`${label} failed:\n${result.stdout ?? ""}${result.stderr}`);
  process.exit(1);
}
