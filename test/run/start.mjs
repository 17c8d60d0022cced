/**
 * `npm start`: works on a fresh clone. Installs what is missing, builds, and opens a real VS Code with the
 * extension, fed by real OpenCode servers with running sessions. Ctrl-C stops everything it has started.
 *
 *     npm start                               VS Code in the browser, on loopback, with the demo
 *     npm start -- --opencode URL             with your own OpenCode server (repeat for several)
 *     npm start -- --desktop                  a desktop VS Code (VSCODE_DESKTOP, or downloaded)
 *     npm start -- --port 3000 --light        on this port; --light or --dark
 *     npm start -- --v2 --cluster             the demo with an OpenCode 2 server, with a cluster
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import {
  endAll,
  endGroup,
  endWithProgram,
  expectToBeStopped,
  killGroup,
} from "../support/cleanup.mjs";
import { desktopToStart } from "../support/desktopVscode.mjs";
import { opencodeBinary } from "../support/opencodeBinary.mjs";
import { isVscodeHostSupported } from "../support/prepareVscodeHost.mjs";
import { projectRoot } from "../support/project.mjs";
import { setup } from "../support/setup.mjs";
import { startDemo } from "../support/startDemo.mjs";
import { linkExtension, startServer } from "../support/vscodeHost.mjs";

const OPTIONS = {
  cluster: { type: "boolean" },
  dark: { type: "boolean" },
  desktop: { type: "boolean" },
  light: { type: "boolean" },
  opencode: { type: "string", multiple: true },
  port: { type: "string" },
  v2: { type: "boolean" },
};

const values = readFlags();
const isDesktop = values.desktop ?? !isVscodeHostSupported();
expectToBeStopped();
try {
  await start();
} catch (error) {
  console.error(error.message);
  await endAll();
  process.exit(1);
}

async function start() {
  setup(isDesktop ? ["opencode"] : ["opencode", "vscodeHost"]);
  build();
  const temporaryDir = mkdtempSync(path.join(tmpdir(), "start-"));
  const remove = () => rmSync(temporaryDir, { recursive: true, force: true, maxRetries: 5 });
  endWithProgram({ stop: remove, kill: remove });

  const shown = values.opencode ? ownServers(values.opencode) : await demoServers();
  const settings = {
    "opencodeSessions.servers": shown.servers,
    ...shown.settings,
    ...(values.light ? { "workbench.colorTheme": "Light Modern" } : {}),
    ...(values.dark ? { "workbench.colorTheme": "Dark Modern" } : {}),
  };
  if (isDesktop) await openDesktop({ temporaryDir, settings, folder: shown.workspace });
  else await openInBrowser({ temporaryDir, settings, folder: shown.workspace });
}

function readFlags() {
  const usage = (problem) => {
    console.error(
      `${problem}\nThe flags: ${Object.keys(OPTIONS)
        .map((name) => `--${name}`)
        .join(" ")}`,
    );
    process.exit(2);
  };
  let flags;
  try {
    flags = parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    return usage(error.message);
  }
  if (!(flags.opencode ?? []).every((url) => URL.canParse(url) && /^https?:/.test(url))) {
    return usage("--opencode wants a URL, such as http://127.0.0.1:4096.");
  }
  if (flags.port !== undefined && !/^\d+$/.test(flags.port)) return usage("--port wants a number.");
  return flags;
}

function build() {
  const result = spawnSync(process.execPath, ["esbuild.mjs"], {
    cwd: projectRoot,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (result.status !== 0) throw new Error(`The build failed:\n${result.stdout}${result.stderr}`);
}

/** Only the demo, without the user's own OpenCode servers. */
async function demoServers() {
  console.log("Starting the demo: OpenCode servers with a scripted model ...");
  const flags = [...(values.v2 ? ["--v2"] : []), ...(values.cluster ? ["--cluster"] : [])];
  const { servers, workspace, settings } = await startDemo(flags);
  return {
    servers,
    workspace,
    settings: { "opencodeSessions.localDiscovery.enabled": false, ...settings },
  };
}

function ownServers(urls) {
  return {
    servers: urls.map((url) => ({ url })),
    workspace: process.env["INIT_CWD"],
    settings: {},
  };
}

async function openInBrowser({ temporaryDir, settings, folder }) {
  const extensionsDir = path.join(temporaryDir, "extensions");
  linkExtension(extensionsDir);
  const isDemo = !values.opencode;
  const server = await startServer({
    extensionsDir,
    settings,
    env: { PATH: pathWithOpencode(isDemo) },
    ownHome: !isDemo,
    ...(folder ? { defaultFolder: folder } : {}),
    ...(values.port === undefined ? {} : { port: Number(values.port) }),
  });
  explain(`in a browser:\n\n    ${server.origin}/\n`);
}

/** Opens a separate window with its own settings and no other extension; resolves when it is closed. */
async function openDesktop({ temporaryDir, settings, folder }) {
  const executable = await desktopToStart();
  const userDataDir = path.join(temporaryDir, "user-data");
  mkdirSync(path.join(userDataDir, "User"), { recursive: true });
  writeFileSync(path.join(userDataDir, "User/settings.json"), JSON.stringify(settings, null, 2));
  const child = spawn(
    executable,
    [
      ...(folder && existsSync(folder) ? [folder] : []),
      `--extensionDevelopmentPath=${projectRoot}`,
      `--user-data-dir=${userDataDir}`,
      `--extensions-dir=${path.join(temporaryDir, "extensions")}`,
      "--disable-updates",
      "--disable-workspace-trust",
      "--skip-welcome",
      "--skip-release-notes",
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
    {
      detached: true,
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, PATH: pathWithOpencode(!values.opencode) },
    },
  );
  endWithProgram({
    stop: () => (child.pid === undefined ? undefined : endGroup(child.pid)),
    kill: () => {
      if (child.pid !== undefined) killGroup(child.pid);
    },
  });
  const closed = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  explain("in the window that opens.\n");
  const code = await closed;
  console.log("The window is closed.");
  await endAll();
  process.exit(code ?? 0);
}

/** "Open in Terminal" and a managed server need the `opencode` program: the pinned one, first in the demo. */
function pathWithOpencode(isFirst) {
  const pinned = path.dirname(opencodeBinary());
  const own = process.env["PATH"] ?? "";
  return (isFirst ? [pinned, own] : [own, pinned]).join(path.delimiter);
}

function explain(where) {
  const demo = values.opencode
    ? ""
    : `  The demo's sessions work for ten minutes: rows and badges update automatically.
`;
  console.log(`
OpenCode Sessions is running in VS Code: see it ${where}
  Click the OpenCode icon on the left: sessions and sub-sessions, with their state and cost.
  Hover a row for its figures; right-click it for its actions.
  F1, "OpenCode: Switch Session…" picks the active session; the status bar shows its cost.
  F1, "OpenCode: Compact Session…" makes room in its context and shows the savings.
  Ctrl+Enter on a row opens its token breakdown. F1, "OpenCode: Open Conversation" is where you read and prompt it.
  Open the view Usage below the sessions, or F1, "OpenCode: Open Usage": weeks of it, with budgets and forecasts.
${demo}
Ctrl-C stops everything.`);
}
