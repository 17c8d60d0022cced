/**
 * `npm run package`: builds, and packs the extension into .scratch/NAME-VERSION.vsix, with a copy next to
 * package.json. Prints its contents, and fails if it or the script of its pages exceeds its budget. `--no-build` packs what is in dist/.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { projectRoot, readManifest, scratchDir } from "../support/project.mjs";
import { setup } from "../support/setup.mjs";

const BUDGET_KB = 1500;
/** All scripts of the pages together. */
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
checkSize(path.basename(vsix), [vsix], BUDGET_KB);
const dist = path.join(projectRoot, "dist");
const scripts = readdirSync(dist).filter((file) => /^webview.*\.js$/.test(file));
checkSize(
  scripts.join(", "),
  scripts.map((file) => path.join(dist, file)),
  PAGES_BUDGET_KB,
);

/** Prints the size of files; fails the program if they are over their budget. */
function checkSize(what, files, budgetKB) {
  const sizeKB = files.reduce((sum, file) => sum + statSync(file).size / 1000, 0);
  console.log(`${what}: ${sizeKB.toFixed(1)} kB of ${budgetKB} kB`);
  if (sizeKB <= budgetKB) return;
  console.error(`${what}: over budget.`);
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
