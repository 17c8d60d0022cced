#!/usr/bin/env node
/**
 * Replaces the desktop `code` program where there is none, for @vscode/test-electron's
 * `vscodeExecutablePath`. Takes --extensionDevelopmentPath, --extensionTestsPath and a folder, and runs them
 * in the VS Code server with a headless browser as its window. Exits with the run's exit code. Options that
 * only a desktop needs (--no-sandbox and the like) are ignored.
 */
import { endAll, endWithParent } from "./cleanup.mjs";
import { FINDABLE_ROWS, sharedBrowser, startServer, workbenchUrl } from "./vscodeHost.mjs";

const PAGE_CRASHED = 70;
const vscode = process.env["OPENCODE_SESSIONS_TEST_VSCODE"] ?? "newest";
const isVerbose = Boolean(process.env["OPENCODE_SESSIONS_TEST_VERBOSE"]);

const args = process.argv.slice(2);
const developmentPath = option("extensionDevelopmentPath");
const testsPath = option("extensionTestsPath");
const folder = args.find((arg) => !arg.startsWith("-"));
if (!developmentPath || !testsPath) {
  throw new Error("--extensionDevelopmentPath=DIR and --extensionTestsPath=FILE are needed.");
}

endWithParent();
let exitCode = 1;
try {
  const server = await startServer({
    dev: true,
    vscode,
    fewBuiltIns: true,
    settings: FINDABLE_ROWS,
  });
  const browser = await sharedBrowser();
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  exitCode = await new Promise((resolve, reject) => {
    page.on("crash", () => {
      console.error("The workbench's page crashed.");
      resolve(PAGE_CRASHED);
    });
    const open = async () => {
      // before the page loads, so that a run that ends immediately isn't missed
      await page.exposeFunction("codeAutomationExit", (code) => resolve(code));
      await page.exposeFunction("codeAutomationLog", (type, values) => {
        if (isVerbose) console.log(`[${type}]`, ...values);
      });
      await page.goto(workbenchUrl(server, { folder, developmentPath, testsPath }));
    };
    open().catch(reject);
  });
} finally {
  await endAll();
}
process.exit(exitCode);

function option(name) {
  const prefix = `--${name}=`;
  return args.find((arg) => arg.startsWith(prefix))?.slice(prefix.length);
}
