/**
 * A desktop VS Code for those who have one, or can download one.
 */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { isVscodeHostSupported } from "./prepareVscodeHost.mjs";
import { projectRoot, readManifest } from "./project.mjs";

/** Where @vscode/test-electron keeps what it downloads. */
export const desktopCacheDir = path.join(projectRoot, ".vscode-test");

/**
 * The desktop VS Code for a test run, or undefined where the VS Code server has to stand in: the one that
 * VSCODE_DESKTOP names, else one downloaded earlier, else (where there is no VS Code server for this platform)
 * one downloaded now. On Linux a desktop needs a display. The oldest VS Code supported is the server where there
 * is one, else a desktop of that version.
 *
 * @param {keyof typeof import("./project.mjs").vscodeHosts} vscode
 * @returns {Promise<string | undefined>}
 */
export async function desktopForTests(vscode) {
  if (vscode === "minimum") {
    return isVscodeHostSupported() ? undefined : downloadDesktop(readManifest().minimumVscode);
  }
  const named = namedDesktop();
  if (named) return named;
  if (isVscodeHostSupported()) {
    if (!process.env["DISPLAY"] && !process.env["WAYLAND_DISPLAY"]) return undefined;
    if (!hasDownloadedDesktop()) return undefined;
  }
  return downloadDesktop();
}

/**
 * The desktop VS Code to start for a person: named, downloaded earlier, or downloaded now. Throws when it
 * cannot be had.
 *
 * @returns {Promise<string>}
 */
export async function desktopToStart() {
  return namedDesktop() ?? (await downloadDesktop());
}

function namedDesktop() {
  const named = process.env["VSCODE_DESKTOP"];
  if (named && !existsSync(named)) throw new Error(`VSCODE_DESKTOP names ${named}: not there.`);
  return named;
}

function hasDownloadedDesktop() {
  if (!existsSync(desktopCacheDir)) return false;
  return readdirSync(desktopCacheDir).some((name) =>
    existsSync(path.join(desktopCacheDir, name, "is-complete")),
  );
}

/** Also finds what was downloaded earlier, and falls back to it when the versions cannot be asked for. */
async function downloadDesktop(version = "stable") {
  const { downloadAndUnzipVSCode } = await import("@vscode/test-electron");
  try {
    return await downloadAndUnzipVSCode({ version, cachePath: desktopCacheDir });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `VS Code could not be downloaded (${reason}). Set VSCODE_DESKTOP to the program of one you have.`,
      { cause: error },
    );
  }
}
