/**
 * Downloads a desktop VS Code by @vscode/test-electron; suites that find it run in it where there is a display.
 */
import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { desktopCacheDir } from "./desktopVscode.mjs";

console.log(await downloadAndUnzipVSCode({ version: "stable", cachePath: desktopCacheDir }));
