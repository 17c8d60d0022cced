/**
 * `npm run check`: the one command before a commit. Runs types, lint, format, the walls between the rooms and
 * the unit tests in parallel. Each reports its result, and the exit code is 1 if one of them failed.
 */
import { availableParallelism } from "node:os";
import { CHECKS } from "../support/checks.mjs";
import { endWithParent } from "../support/cleanup.mjs";
import { projectRoot } from "../support/project.mjs";
import { recentNode } from "../support/recentNode.mjs";
import { inLanes, runStep } from "../support/runSuite.mjs";
import { setup } from "../support/setup.mjs";
import { dealFiles, findTestFiles } from "../support/testFiles.mjs";

const LIMIT_MS = 10 * 60_000;

/** These run side by side, next to the other checks, because unit tests spend half of their time waiting. */
const UNIT_PARTS = 3;

endWithParent();
process.chdir(projectRoot);
setup(["vscodeHost"]);
const run = ({ title, command }) => runStep(title, command, LIMIT_MS);
const units = dealFiles(findTestFiles(["test/unit"]), UNIT_PARTS).map((files, index) => ({
  title: `unit tests, part ${index + 1} of ${UNIT_PARTS}`,
  command: [recentNode, "test/run/mocha.mjs", ...files, "--by-group"],
}));
const results = await Promise.all([
  inLanes(Math.max(1, availableParallelism() - 1), CHECKS, run),
  inLanes(UNIT_PARTS, units, run),
]);
if (results.flat().some(({ state }) => state === "failed")) process.exitCode = 1;
