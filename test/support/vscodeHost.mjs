/**
 * A real VS Code without a display: its server with the web workbench (see prepareVscodeHost.mjs) and a
 * headless Chromium that shows it. Loopback only; everything is in one temporary folder.
 */
import { spawn, spawnSync } from "node:child_process";
import {
  cpSync,
  createWriteStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { findChromium } from "./chromium.mjs";
import { endGroup, endWithProgram, killGroup } from "./cleanup.mjs";
import { projectRoot, readManifest, vscodeHosts } from "./project.mjs";
import { patientMs, waitMs } from "./patience.mjs";

/**
 * Runs its arguments and waits for stdin to end: when the program that started the server is gone for any
 * reason, the whole process group is killed. The group also ends when the server exits on its own.
 */
const GUARD = '{ "$@"; kill -TERM 0; } & read -r line; kill -KILL 0';

/** For tests, which find rows by their titles. */
export const FINDABLE_ROWS = { "opencodeSessions.tree.titleLength": 40 };

/** Settings of every workbench; the caller's settings override them. */
const BASE_SETTINGS = {
  "telemetry.telemetryLevel": "off",
  "workbench.startupEditor": "none",
  "workbench.enableExperiments": false,
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "update.mode": "none",
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "security.workspace.trust.enabled": false,
  "chat.agentHost.enabled": false,
  "remote.autoForwardPorts": false, // it reports every server that starts
};

/** Built-in extensions that tests need: themes, languages, previews, and the authentication that startup waits for. */
const BUILT_IN = [
  "github-authentication",
  "json",
  "markdown-basics",
  "markdown-language-features",
  "theme-defaults",
  "typescript-basics",
];

/**
 * Settings of the machine that the server runs on: a window in a browser reads those of scope `machine` only
 * from there, never from the user's settings.
 */
const MACHINE_PREFIX = "opencodeSessions.";

/** Settings of scope `application`, which a window only reads from the user's settings. */
const APPLICATION_PREFIX = "opencodeSessions.usage.";

/**
 * Whether a setting belongs in the machine's settings.
 *
 * @param {string} name
 * @returns {boolean}
 */
export function isOfMachine(name) {
  return name.startsWith(MACHINE_PREFIX) && !name.startsWith(APPLICATION_PREFIX);
}

/**
 * @typedef {object} VscodeServer
 * @property {number} port
 * @property {string} origin e.g. `http://127.0.0.1:3000`
 * @property {string} baseDir its temporary folder, removed by `stop`
 * @property {string} logsDir where the workbench and the extension hosts write their logs
 * @property {number} startMs time from spawn to listening
 * @property {(settings: Record<string, unknown>) => void} writeSettings replaces the caller's user settings
 * @property {() => Promise<void>} stop ends the server's process group and removes its folder
 */

/**
 * @typedef {object} ServerOptions
 * @property {keyof typeof vscodeHosts} [vscode] which of the installed ones; `newest` by default
 * @property {boolean} [dev] honour `extensionDevelopmentPath` and `extensionTestsPath` in the address. The
 *   flag for this disables notification toasts, so don't use it for anything a user looks at.
 * @property {boolean} [fewBuiltIns] only enable built-in extensions that tests need
 * @property {string} [extensionsDir] folder with installed extensions; an empty one by default
 * @property {Record<string, unknown>} [settings] user settings
 * @property {Record<string, string>} [env] added to the environment. VS Code hides VSCODE_*, CODE_SERVER_*
 *   and ELECTRON_* from the extension host, so test variables need other names.
 * @property {boolean} [ownHome] keep the user's HOME and XDG folders; by default the server has empty ones
 * @property {boolean} [workspaceTrust] folders are untrusted until someone trusts them; by default all are trusted
 * @property {number} [port] a free one by default
 * @property {string} [defaultFolder] the workspace folder if the address names none
 * @property {string} [logFile] receives the server's own output
 */

/**
 * Starts the VS Code server and resolves once it is listening.
 *
 * @param {ServerOptions} [options]
 * @returns {Promise<VscodeServer>}
 */
export async function startServer(options = {}) {
  const { dev = false, env = {}, ownHome = false, logFile } = options;
  const { node, serverMain } = vscodeHosts[options.vscode ?? "newest"];
  const port = options.port ?? (await freePort());
  // short, because socket paths are limited to 107 characters
  const baseDir = mkdtempSync(path.join(tmpdir(), "vsc-"));
  const folder = (name) => {
    const dir = path.join(baseDir, name);
    mkdirSync(dir, { recursive: true });
    return dir;
  };
  const userDataDir = folder("data");
  const userSettings = path.join(folder("data/User"), "settings.json");
  const machineSettings = path.join(folder("data/Machine"), "settings.json");
  const writeSettings = (settings) => {
    const all = Object.entries({ ...BASE_SETTINGS, ...settings });
    const write = (file, entries) =>
      writeFileSync(file, JSON.stringify(Object.fromEntries(entries), null, 2));
    write(
      userSettings,
      all.filter(([name]) => !isOfMachine(name)),
    );
    write(
      machineSettings,
      all.filter(([name]) => isOfMachine(name)),
    );
  };
  writeSettings(options.settings ?? {});

  const args = [
    ...["--host", "127.0.0.1", "--port", String(port), "--without-connection-token"],
    ...["--accept-server-license-terms", "--telemetry-level", "off"],
    ...(options.workspaceTrust ? [] : ["--disable-workspace-trust"]),
    "--disable-update-check",
    ...["--server-data-dir", baseDir, "--user-data-dir", userDataDir],
    ...["--extensions-dir", options.extensionsDir ?? folder("extensions")],
    ...(options.defaultFolder ? ["--default-folder", options.defaultFolder] : []),
    ...(dev ? ["--enable-smoke-test-driver"] : []),
    ...(options.fewBuiltIns ? ["--builtin-extensions-dir", linkBuiltIns(serverMain, folder)] : []),
  ];
  const startedAt = Date.now();
  const child = spawn("sh", ["-c", GUARD, "vscode-server", node, serverMain, ...args], {
    detached: true, // a separate process group, so that all of it can be ended
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...serverEnvironment({ ownHome, home: folder("home") }),
      TMPDIR: folder("t"), // its sockets and caches are removed with the folder
      ...env,
    },
  });
  const remove = () =>
    rmSync(baseDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  const forget = endWithProgram({
    stop: () => stop(),
    kill: () => {
      if (child.pid !== undefined) killGroup(child.pid);
      remove();
    },
  });
  const stop = async () => {
    if (child.pid !== undefined) await endGroup(child.pid);
    remove();
    forget();
  };
  try {
    await listening(child, logFile);
  } catch (error) {
    await stop();
    throw error;
  }
  const origin = `http://127.0.0.1:${port}`;
  const logsDir = path.join(userDataDir, "logs");
  return { port, origin, baseDir, logsDir, startMs: Date.now() - startedAt, writeSettings, stop };
}

/** Creates a folder with only the {@link BUILT_IN} extensions of a VS Code server. */
function linkBuiltIns(serverMain, folder) {
  const target = folder("built-in");
  const all = path.resolve(serverMain, "../../extensions");
  for (const name of BUILT_IN) symlinkSync(path.join(all, name), path.join(target, name), "dir");
  return target;
}

/**
 * Makes an extension appear installed in a folder, by linking to the working copy. The folder must be new:
 * VS Code scans it for extensions once and then caches the list.
 *
 * @param {string} extensionsDir
 * @param {string} [extensionRoot]
 */
export function linkExtension(extensionsDir, extensionRoot = projectRoot) {
  const { id, version } = readManifest(extensionRoot);
  mkdirSync(extensionsDir, { recursive: true });
  symlinkSync(extensionRoot, path.join(extensionsDir, `${id}-${version}`), "dir");
}

/**
 * Installs an extension by copying its files, so later builds don't affect it. The folder must be new.
 *
 * @param {string} extensionsDir
 * @param {string} [extensionRoot]
 */
export function copyExtension(extensionsDir, extensionRoot = projectRoot) {
  const { id, version } = readManifest(extensionRoot);
  const target = path.join(extensionsDir, `${id}-${version}`);
  for (const name of readdirSync(extensionRoot)) {
    if (!/^(dist|media|l10n|package(\.nls.*)?\.json)$/.test(name)) continue;
    cpSync(path.join(extensionRoot, name), path.join(target, name), { recursive: true });
  }
}

/**
 * Installs a package into an extensions folder, as a user would. Throws with VS Code's output on failure.
 *
 * @param {string} extensionsDir
 * @param {string} vsix
 */
export function installExtension(extensionsDir, vsix) {
  mkdirSync(extensionsDir, { recursive: true });
  const home = mkdtempSync(path.join(tmpdir(), "vsc-"));
  const { node, serverMain } = vscodeHosts.newest;
  const args = ["--install-extension", vsix, "--extensions-dir", extensionsDir];
  try {
    const result = spawnSync(
      node,
      [serverMain, ...args, "--server-data-dir", home, "--accept-server-license-terms"],
      {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
        env: { ...serverEnvironment({ ownHome: false, home }), TMPDIR: home },
      },
    );
    if (result.status === 0) return;
    throw new Error(`Installing ${vsix} failed:\n${result.stdout}${result.stderr}`);
  } finally {
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

/**
 * The workbench's address.
 *
 * @param {VscodeServer} server
 * @param {object} [options]
 * @param {string} [options.folder] the workspace folder, absolute
 * @param {string} [options.developmentPath] an extension under development (a `dev` server only)
 * @param {string} [options.testsPath] the module whose `run` is the test run (a `dev` server only)
 */
export function workbenchUrl(server, { folder, developmentPath, testsPath } = {}) {
  const remote = (file) => `vscode-remote://127.0.0.1:${server.port}${file}`;
  const payload = [["skipWelcome", "true"]];
  if (developmentPath) payload.push(["extensionDevelopmentPath", remote(developmentPath)]);
  if (testsPath) payload.push(["extensionTestsPath", remote(testsPath)]);
  const query = new URLSearchParams();
  if (folder) query.set("folder", folder);
  query.set("payload", JSON.stringify(payload));
  return `${server.origin}/?${query.toString()}`;
}

/** @type {Promise<import("playwright-core").Browser> | undefined} */
let shared;

/**
 * This program's headless Chromium, started on first use. Callers share it, each with their own contexts,
 * which they close; it ends with the program.
 *
 * @returns {Promise<import("playwright-core").Browser>}
 */
export async function sharedBrowser() {
  const running = await shared?.catch(() => undefined);
  if (!running?.isConnected()) shared = launchBrowser();
  return shared;
}

/**
 * Starts a headless Chromium. The caller closes it; it also ends with the program.
 *
 * @returns {Promise<import("playwright-core").Browser>}
 */
async function launchBrowser() {
  const executablePath = findChromium();
  if (!executablePath) throw new Error("No Chromium found: run `node test/support/setup.mjs`.");
  const { chromium } = await import("playwright-core");
  const home = mkdtempSync(path.join(tmpdir(), "chromium-home-"));
  const removeHome = () =>
    rmSync(home, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  const browser = await chromium.launch({
    executablePath,
    headless: true,
    // cleanup.mjs handles the signals
    ...{ handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false },
    env: { ...process.env, HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  const forget = endWithProgram({ stop: () => browser.close(), kill: removeHome });
  browser.once("disconnected", () => {
    forget();
    removeHome();
  });
  return browser;
}

/**
 * Runs a command from the palette by its title. Types only once the palette's input is visible and picks the
 * row by its name: typing blindly occasionally runs the most recent command.
 *
 * @param {import("playwright-core").Page} page
 * @param {string} title as the palette shows it, with the category
 */
export async function runCommand(page, title) {
  const input = page.locator('.quick-input-widget input[type="text"]').first();
  // a closing palette would receive the title and take it along
  if (await input.isVisible()) await page.keyboard.press("Escape");
  await input.waitFor({ state: "hidden" });
  // Anything that takes the focus meanwhile, such as an editor that opens late, closes the palette.
  for (const endMs = performance.now() + waitMs; ;) {
    try {
      if (!(await input.isVisible())) await page.keyboard.press("F1");
      await input.fill(`>${title}`, { timeout: patientMs(5000) });
      const row = page.locator(".quick-input-list .monaco-list-row", { hasText: title }).first();
      await row.click({ timeout: patientMs(5000) });
      break;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      // An open palette doesn't notice commands that are registered later.
      if (await input.isVisible()) await page.keyboard.press("Escape");
    }
  }
  // an input that the command itself opens must not be mistaken for the palette
  await page.waitForFunction(() => {
    const palette = document.querySelector('.quick-input-widget input[type="text"]');
    return !palette?.checkVisibility() || !palette.value.startsWith(">");
  });
}

/**
 * A port on 127.0.0.1 that was free just now.
 *
 * @returns {Promise<number>}
 */
export function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

/**
 * The server's environment: without variables of an outer VS Code or npm, without a gallery, and without
 * code-server's proxy route, so that `asExternalUri` returns the loopback address.
 */
function serverEnvironment({ ownHome, home }) {
  const leaks = ownHome
    ? /^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$)/
    : /^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$|XDG_|OPENCODE_(?!SESSIONS_))/;
  const kept = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !leaks.test(name)),
  );
  return {
    ...kept,
    ...(ownHome ? {} : { HOME: home }),
    EXTENSIONS_GALLERY: "{}",
    VSCODE_PROXY_URI: "",
  };
}

/** Resolves once the server reports that it is listening. Rejects with its output if it exits or times out. */
function listening(child, logFile) {
  const log = logFile ? createWriteStream(logFile, { flags: "a" }) : undefined;
  return new Promise((resolve, reject) => {
    let output = "";
    const fail = (reason) => {
      clearTimeout(timer);
      reject(new Error(`The VS Code server ${reason}:\n${output}`));
    };
    const timer = setTimeout(() => fail(`did not listen within ${waitMs} ms`), waitMs);
    const onData = (chunk) => {
      log?.write(chunk);
      if (output.length < 100_000) output += chunk;
      if (/Extension host agent listening on/.test(output)) {
        clearTimeout(timer);
        resolve(undefined);
      }
    };
    child.stdout.on("data", onData);
    child.stderr.on("data", onData);
    child.stdin.on("error", () => undefined); // the guard is already gone
    child.once("error", (error) => fail(`did not start (${error.message})`));
    child.once("exit", () => fail("ended"));
  });
}
