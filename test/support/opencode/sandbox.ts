import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { endWithProgram } from "../cleanup.mjs";

const run = promisify(execFile);

/** Isolated folders for one OpenCode installation: the user's own are never read or written. */
export interface Sandbox {
  /** Contains everything below. */
  readonly root: string;
  /** Environment for OpenCode: the caller's without any OpenCode, XDG or proxy variables, plus ours. */
  readonly env: Readonly<Record<string, string>>;
  /** OpenCode's data folder, which ccusage calls `OPENCODE_DATA_DIR`. */
  readonly dataDirectory: string;
  /** The SQLite database; it exists once OpenCode has run. */
  readonly databasePath: string;
  /** Creates a git repository with a unique commit, so that its project id is unique too. */
  createGitProject(name: string): Promise<string>;
  /** Creates a folder outside any git repository. */
  createPlainFolder(name: string): Promise<string>;
  /** Removes all folders; also happens when this program ends. */
  remove(): Promise<void>;
}

/** Creates the folders in the system's temporary folder: a surrounding checkout would become their project. */
export function createSandbox(): Sandbox {
  const root = realpathSync(mkdtempSync(join(tmpdir(), "opencode-sessions-")));
  const folder = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path, { recursive: true });
    return path;
  };
  const data = folder("data");
  preventPluginInstall(folder("config/opencode"));
  const env = {
    ...inheritedEnv(),
    HOME: folder("home"),
    TMPDIR: folder("tmp"),
    XDG_DATA_HOME: data,
    XDG_CONFIG_HOME: folder("config"),
    XDG_CACHE_HOME: folder("cache"),
    XDG_STATE_HOME: folder("state"),
    OPENCODE_DISABLE_MODELS_FETCH: "1",
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    OPENCODE_DISABLE_DEFAULT_PLUGINS: "1",
    OPENCODE_DISABLE_SHARE: "1",
    GIT_CONFIG_NOSYSTEM: "1",
    NO_PROXY: "127.0.0.1,localhost",
    NO_COLOR: "1",
  };
  const removeNow = (): void => {
    rmSync(root, { recursive: true, force: true });
  };
  const remove = async (): Promise<void> => {
    forget();
    await rm(root, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  };
  const forget = endWithProgram({ stop: remove, kill: removeNow });
  const dataDirectory = join(data, "opencode");
  return {
    root,
    env,
    dataDirectory,
    databasePath: join(dataDirectory, "opencode.db"),
    createGitProject: async (name) => {
      const directory = join(root, "projects", name);
      await mkdir(join(directory, "src"), { recursive: true });
      await writeFile(join(directory, "README.md"), `# ${name}\n`);
      await writeFile(join(directory, "src", "index.ts"), sourceFile(name));
      const git = async (...args: string[]): Promise<void> => {
        await run("git", args, { cwd: directory, env });
      };
      const identity = ["-c", "user.name=Test", "-c", "user.email=test@example.invalid"];
      await git("init", "--quiet", "--initial-branch=main");
      await git("add", ".");
      await git(...identity, "commit", "--quiet", "-m", `Start ${name} in ${root}`);
      return directory;
    },
    createPlainFolder: async (name) => {
      const directory = join(root, "folders", name);
      await mkdir(directory, { recursive: true });
      return directory;
    },
    remove,
  };
}

/**
 * Makes OpenCode believe that a configuration folder (the global one, or a project's `.opencode`) already
 * has its packages; otherwise it would download some 100 MB in the background for each one.
 */
export function preventPluginInstall(configFolder: string): void {
  mkdirSync(join(configFolder, "node_modules"), { recursive: true });
  const dependencies = { "@opencode-ai/plugin": "*" };
  const lock = { lockfileVersion: 3, requires: true, packages: { "": { dependencies } } };
  writeFileSync(join(configFolder, "package.json"), JSON.stringify({ dependencies }));
  writeFileSync(join(configFolder, "package-lock.json"), JSON.stringify(lock));
}

function inheritedEnv(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [key, value] of Object.entries(process.env)) {
    if (value === undefined || /^(_EXTENSION_)?OPENCODE|^XDG_|_proxy$|^GIT_/i.test(key)) continue;
    env[key] = value;
  }
  return env;
}

function sourceFile(name: string): string {
  const lines = [`export const project = "${name}";`, ""];
  for (let at = 1; at <= 60; at++) {
    lines.push(
      `export function step${String(at)}(value: number): number {`,
      `  return value + ${String(at)};`,
      "}",
      "",
    );
  }
  return lines.join("\n");
}
