/** Downloads a desktop VS Code with @vscode/test-electron, which suites run in if there is a display. */
import { downloadAndUnzipVSCode } from "@vscode/test-electron";
import { desktopCacheDir } from "./desktopVscode.mjs";

console.log(await downloadAndUnzipVSCode({ version: "stable", cachePath: desktopCacheDir }));
