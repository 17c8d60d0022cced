/** A desktop VS Code, if one is installed or can be downloaded. */
import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { isVscodeHostSupported } from "./prepareVscodeHost.mjs";
import { projectRoot, readManifest } from "./project.mjs";

/** Where @vscode/test-electron keeps its downloads. */
export const desktopCacheDir = path.join(projectRoot, ".vscode-test");

/**
 * The desktop VS Code for a test run: the one named by VSCODE_DESKTOP, else one downloaded earlier, else (on
 * platforms without a VS Code server) one downloaded now. Undefined if the VS Code server has to be used
 * instead. On Linux a desktop needs a display. The oldest supported VS Code is the server where available,
 * else a desktop of that version.
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
 * The desktop VS Code to start for a user: named, downloaded earlier, or downloaded now. Throws if none can
 * be found or downloaded.
 *
 * @returns {Promise<string>}
 */
export async function desktopToStart() {
  return namedDesktop() ?? (await downloadDesktop());
}

function namedDesktop() {
  const named = process.env["VSCODE_DESKTOP"];
  if (named && !existsSync(named))
    throw new Error(`VSCODE_DESKTOP is set to ${named}, which doesn't exist.`);
  return named;
}

function hasDownloadedDesktop() {
  if (!existsSync(desktopCacheDir)) return false;
  return readdirSync(desktopCacheDir).some((name) =>
    existsSync(path.join(desktopCacheDir, name, "is-complete")),
  );
}

/** Also finds earlier downloads, and falls back to them when the list of versions can't be fetched. */
async function downloadDesktop(version = "stable") {
  const { downloadAndUnzipVSCode } = await import("@vscode/test-electron");
  try {
    return await downloadAndUnzipVSCode({ version, cachePath: desktopCacheDir });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `VS Code could not be downloaded (${reason}). Set VSCODE_DESKTOP to an installed VS Code's executable.`,
      { cause: error },
    );
  }
}
