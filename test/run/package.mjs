/**
 * `npm run package`: builds, and packs the extension into .scratch/NAME-VERSION.vsix, with a copy next to
 * package.json. Prints its contents, and fails if it or the script of its pages exceeds its budget. `--no-build` packs what is in dist/.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { projectRoot, readManifest, scratchDir } from "../support/project.mjs";
import { setup } from "../support/setup.mjs";

const BUDGET_KB = 1500;
/** Every page loads the whole script when it is shown. */
const PAGES_BUDGET_KB = 900;

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
  "--no-dependencies", // the bundles contain everything needed
  ...["--out", vsix],
]);
copyFileSync(vsix, path.join(projectRoot, path.basename(vsix)));

for (const line of listing.split("\n").filter((each) => /[├└]─/.test(each))) console.log(line);
checkSize(vsix, BUDGET_KB);
checkSize(path.join(projectRoot, "dist/webview.js"), PAGES_BUDGET_KB);

/** Prints a file's size; fails the program if it is over its budget. */
function checkSize(file, budgetKB) {
  const name = path.basename(file);
  const sizeKB = statSync(file).size / 1000;
  console.log(`${name}: ${sizeKB.toFixed(1)} kB of ${budgetKB} kB`);
  if (sizeKB <= budgetKB) return;
  console.error(`${name} is over its budget.`);
  process.exitCode = 1;
}

/** Runs a Node program in the project and returns its output; if it fails, exits this program too. */
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
