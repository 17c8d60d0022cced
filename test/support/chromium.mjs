/** Finds a Chromium for the headless workbench, and installs one where possible. Node built-ins only. */
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import path from "node:path";

/** Five minutes to wait for the lock, and five for the work. */
const APT_LIMIT_MS = 10 * 60_000;

const NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
  "microsoft-edge-stable",
];
const PLACES = [
  "/usr/bin",
  "/usr/local/bin",
  "/snap/bin",
  "/opt/google/chrome",
  ...(process.env["PATH"] ?? "").split(path.delimiter).filter(Boolean),
];
const APPLICATIONS = [
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
  "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe",
];

/**
 * The Chromium to use: the one named by the CHROMIUM variable, else the first found in the usual places.
 * Throws if CHROMIUM names a file that doesn't exist.
 *
 * @returns {string | undefined}
 */
export function findChromium() {
  const named = process.env["CHROMIUM"];
  if (named) {
    if (!isExecutable(named))
      throw new Error(`CHROMIUM is set to ${named}, which isn't executable.`);
    return named;
  }
  const candidates = PLACES.flatMap((place) => NAMES.map((name) => path.join(place, name)));
  return [...candidates, ...APPLICATIONS].find(isExecutable);
}

/**
 * Installs Chromium from the distribution's packages. Requires Debian or a derivative, and root.
 * Throws with manual instructions if it can't.
 *
 * @param {(line: string) => void} report
 * @returns {string} the installed Chromium
 */
export function installChromium(report) {
  const byHand =
    "No Chromium found. The UI and host suites need one: install it (on Debian or Ubuntu " +
    "`sudo apt-get install chromium`) or set CHROMIUM to its path.";
  if (!canInstallPackages()) throw new Error(byHand);
  installPackages(["chromium"], report);
  const found = findChromium();
  if (!found) throw new Error(byHand);
  return found;
}

/** Whether this process can install distribution packages: apt-get exists and the user is root. */
export function canInstallPackages() {
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/**
 * Installs distribution packages with apt-get, without prompting. Throws with apt-get's output.
 *
 * @param {readonly string[]} packages
 * @param {(line: string) => void} report
 */
export function installPackages(packages, report) {
  const startedAt = Date.now();
  aptGet(["update"]);
  aptGet(["install", "-y", "--no-install-recommends", ...packages]);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
  report(`apt-get install ${packages.join(" ")} (${seconds} s)`);
}

/** Waits for another process's lock, and retries what may have been a temporary mirror failure. */
function aptGet(args) {
  const patient = ["-o", "DPkg::Lock::Timeout=300", "-o", "Acquire::Retries=3"];
  let output = "";
  for (let attempt = 1; attempt <= 3; attempt++) {
    const result = spawnSync("apt-get", [...patient, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 64 * 1024 * 1024,
      timeout: APT_LIMIT_MS,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    });
    if (result.status === 0) return;
    output = `${result.stdout}${result.stderr}${result.error?.message ?? ""}`;
  }
  throw new Error(`apt-get ${args.join(" ")} failed three times:\n${output}`);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
