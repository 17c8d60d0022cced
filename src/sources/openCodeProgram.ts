import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import path from "node:path";
import type { Environment } from "./openCodeConfig.ts";

/** A program that can be started. */
export interface FoundProgram {
  readonly file: string;
  /** True for a Windows batch file, which only a shell can start. */
  readonly needsShell: boolean;
}

/** Where to look for a program. */
export interface ProgramPlaces {
  readonly environment: Environment;
  readonly homeDir: string;
  readonly platform: NodeJS.Platform;
}

/**
 * Finds a program by the platform's rules: a path as given (`~/` is the home folder), a plain name on PATH
 * and then where OpenCode's own installers put it, since an editor started from a desktop may have a shorter
 * PATH than a terminal. Undefined if there is none.
 */
export async function findProgram(
  program: string,
  places: ProgramPlaces,
): Promise<FoundProgram | undefined> {
  const name = program.trim();
  if (name === "") return undefined;
  for (const candidate of candidatePaths(name, places)) {
    if (await isExecutable(candidate, places.platform)) {
      return { file: candidate, needsShell: /\.(cmd|bat)$/i.test(candidate) };
    }
  }
  return undefined;
}

/** The window's environment for a program, without the variables an editor sets for its own processes. */
export function programEnvironment(environment: Environment): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name]) => !/^(ELECTRON_|VSCODE_|NODE_OPTIONS$)/i.test(name),
    ),
  );
}

/** The files that a program's name may refer to, best first. */
export function candidatePaths(
  name: string,
  { environment, homeDir, platform }: ProgramPlaces,
): readonly string[] {
  const isWindows = platform === "win32";
  const paths = isWindows ? path.win32 : path.posix;
  const endings =
    isWindows && !/\.(exe|cmd|bat|com)$/i.test(name) ? [".exe", ".cmd", ".bat"] : [""];
  const withEndings = (file: string) => endings.map((ending) => `${file}${ending}`);
  if (/^~[\\/]/.test(name)) return withEndings(paths.join(homeDir, name.slice(2)));
  if (name.includes("/") || (isWindows && name.includes("\\"))) return withEndings(name);
  const onPath = (environment["PATH"] ?? environment["Path"] ?? "")
    .split(paths.delimiter)
    .filter((folder) => paths.isAbsolute(folder));
  const installed = [".opencode/bin", ".local/bin", ".bun/bin"].map((folder) =>
    paths.join(homeDir, folder),
  );
  const shared = isWindows ? [] : ["/usr/local/bin", "/opt/homebrew/bin"];
  return [...onPath, ...installed, ...shared].flatMap((folder) =>
    withEndings(paths.join(folder, name)),
  );
}

async function isExecutable(file: string, platform: NodeJS.Platform): Promise<boolean> {
  try {
    if (!(await stat(file)).isFile()) return false;
    if (platform !== "win32") await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
