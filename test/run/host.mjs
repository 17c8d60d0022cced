/**
 * Runs test/host inside VS Code's extension host, with the project itself as the extension under development:
 * through @vscode/test-electron, in a desktop VS Code if one is available (see desktopVscode.mjs), else in
 * the VS Code server. The extension has to be built.
 *
 *     node test/run/host.mjs [--grep PATTERN] [--result FILE] [--verbose] [--extension DIR] [FOLDER or FILE ...]
 *
 * `--minimum` runs it in the oldest VS Code that the extension supports.
 * `--bundle-only` stops after .scratch/host-tests/index.cjs, for the debugger.
 */
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runTests } from "@vscode/test-electron";
import { bundleHostTests } from "../support/bundleHostTests.mjs";
import { endWithParent, endWithProgram } from "../support/cleanup.mjs";
import { desktopForTests } from "../support/desktopVscode.mjs";
import { EVIDENCE_VARIABLE } from "../support/evidence.mjs";
import { GREP_VARIABLE, LINES_VARIABLE, RESULT_VARIABLE } from "../support/hostRunner.mjs";
import { projectRoot, scratchDir } from "../support/project.mjs";
import { readJournal } from "../support/runSuite.mjs";
import { countOutcomes, countsLine, outcomesOf } from "../support/suiteReporter.mjs";
import { setup } from "../support/setup.mjs";
import { findTestFiles } from "../support/testFiles.mjs";

const codeShim = fileURLToPath(new URL("../support/codeShim.mjs", import.meta.url));

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    "bundle-only": { type: "boolean" },
    extension: { type: "string", default: projectRoot },
    grep: { type: "string" },
    minimum: { type: "boolean", default: false },
    result: { type: "string" },
    verbose: { type: "boolean" },
  },
});

let isStopped = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.once(signal, () => (isStopped = true));
endWithParent();
setup(values.minimum ? ["vscodeMinimum"] : []);
const testFiles = findTestFiles(positionals.length > 0 ? positionals : ["test/host"]);
const bundleDir = path.join(scratchDir, "host-tests");
if (values["bundle-only"]) {
  await bundleHostTests(testFiles, path.join(bundleDir, "index.cjs"));
} else {
  const outcomes = await runHostSuite({
    extensionRoot: path.resolve(values.extension),
    testFiles,
    grep: values.grep,
    isVerbose: values.verbose ?? false,
  });
  const counts = countOutcomes(outcomes);
  console.log(`  ${countsLine(counts)}`);
  process.exit(counts.failed > 0 || counts.passed + counts.skipped === 0 ? 1 : 0);
}

/** Runs the files and prints their reporter's output; writes the journal to `--result`, test by test. */
async function runHostSuite({ extensionRoot, testFiles, grep, isVerbose }) {
  const { bundle, folder, userDataDir, extensionsDir, linesFile, journal, remove } =
    makeRunFolders();
  const resultFile = values.result ? path.resolve(values.result) : journal;
  const evidence = process.env[EVIDENCE_VARIABLE];
  const forget = endWithProgram({ stop: remove, kill: remove });
  try {
    await bundleHostTests(testFiles, bundle);
    const vscode = values.minimum ? "minimum" : "newest";
    const desktop = await desktopForTests(vscode);
    console.log(
      `  in ${desktop ? `the desktop VS Code ${desktop}` : "the VS Code server"}, ${vscode}`,
    );
    const noise = keepTail();
    const problem = await runTests({
      vscodeExecutablePath: desktop ?? codeShim,
      extensionDevelopmentPath: extensionRoot,
      extensionTestsPath: bundle,
      launchArgs: [
        folder,
        `--user-data-dir=${userDataDir}`,
        `--extensions-dir=${extensionsDir}`,
        "--disable-extensions",
      ],
      extensionTestsEnv: {
        OPENCODE_SESSIONS_TEST_VSCODE: vscode,
        [LINES_VARIABLE]: linesFile,
        [RESULT_VARIABLE]: resultFile,
        ...(evidence ? { [EVIDENCE_VARIABLE]: evidence } : {}),
        ...(grep ? { [GREP_VARIABLE]: grep } : {}),
        ...(isVerbose ? { OPENCODE_SESSIONS_TEST_VERBOSE: "1" } : {}),
      },
      ...(isVerbose ? {} : { stdout: noise.stream, stderr: noise.stream }),
    }).then(
      () => undefined,
      (error) => (error instanceof Error ? error.message : String(error)),
    );
    const lines = readIfThere(linesFile).trimEnd();
    if (lines) console.log(lines);
    const entries = readJournal(resultFile);
    if (!entries.some(({ kind }) => kind === "end")) {
      console.log(`  the run did not finish: ${problem ?? "no reason given"}`);
      if (!lines) console.log(noise.text());
      // Nobody stopped it, and tests had begun: the extension host is gone.
      if (!isStopped && entries.length > 0) {
        const crash = { kind: "crash", message: `the extension host is gone: ${problem}` };
        appendFileSync(resultFile, `${JSON.stringify(crash)}\n`);
        entries.push(crash);
      }
    }
    return outcomesOf(entries, problem);
  } finally {
    forget();
    remove();
  }
}

/** Folders for this run only: several may run at once. The bundle is in the project, where mocha is found. */
function makeRunFolders() {
  mkdirSync(bundleDir, { recursive: true });
  const bundleOfRun = mkdtempSync(path.join(bundleDir, "run-"));
  const dir = mkdtempSync(path.join(tmpdir(), "host-suite-"));
  const folder = path.join(dir, "workspace");
  mkdirSync(folder);
  return {
    bundle: path.join(bundleOfRun, "index.cjs"),
    folder,
    userDataDir: path.join(dir, "user-data"),
    extensionsDir: path.join(dir, "extensions"),
    linesFile: path.join(dir, "lines"),
    journal: path.join(dir, "journal"),
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
      rmSync(bundleOfRun, { recursive: true, force: true });
    },
  };
}

/** Keeps the end of VS Code's output, which mostly only matters if the run fails to start. */
function keepTail() {
  let tail = "";
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      tail = (tail + chunk).slice(-4000);
      done();
    },
  });
  return { stream, text: () => tail };
}

function readIfThere(file) {
  return existsSync(file) ? readFileSync(file, "utf8") : "";
}
