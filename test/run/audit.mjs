/**
 * `node test/run/audit.mjs`: asks npm's registry for known vulnerabilities of the packages that ship in the bundles.
 * They are development dependencies to npm, so `npm audit --omit=dev` sees none of them. Exit code 1 if there is one,
 * or if the registry does not answer.
 */
import { spawnSync } from "node:child_process";
import { projectRoot } from "../support/project.mjs";

const options = { cwd: projectRoot, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 };
const listed = spawnSync(process.execPath, ["esbuild.mjs", "--packages"], options);
if (listed.status !== 0) throw new Error(`The packages could not be listed: ${listed.stderr}`);
const shipped = new Set(listed.stdout.trim().split("\n"));

// Through the shell, because npm is a batch file on Windows.
const { stdout, stderr } = spawnSync("npm audit --json", { ...options, shell: true });
const { vulnerabilities, message } = stdout.trim() === "" ? {} : JSON.parse(stdout);
if (vulnerabilities === undefined) {
  console.error(`npm audit did not answer: ${message ?? stderr}`);
  process.exit(1);
}
const found = Object.values(vulnerabilities).flatMap(({ name, severity, nodes, via }) => {
  const paths = nodes.filter((node) => shipped.has(node));
  if (paths.length === 0) return [];
  const advisories = via.map((each) => (typeof each === "string" ? each : each.url));
  return [`${severity}: ${name} in ${paths.join(", ")}: ${advisories.join(", ")}`];
});
console.log(found.join("\n") || `None is known in the ${shipped.size} packages that ship.`);
if (found.length > 0) process.exitCode = 1;
