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

const LIMIT_MS = 10 * 60_000;

endWithParent();
process.chdir(projectRoot);
setup(["vscodeHost"]);
const [longest, ...others] = CHECKS;
const unit = { title: "unit tests", command: [recentNode, "test/run/mocha.mjs", "test/unit"] };
const steps = [longest, unit, ...others];
const results = await inLanes(availableParallelism(), steps, ({ title, command }) =>
  runStep(title, command, LIMIT_MS),
);
if (results.some(({ state }) => state === "failed")) process.exitCode = 1;
