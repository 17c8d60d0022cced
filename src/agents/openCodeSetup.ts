import { execFile } from "node:child_process";
import { access, mkdir, readFile, rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import { makePrivateFolder, replaceUserFile, writePrivateFile } from "../files/writeFile.ts";
import { configValue, withConfigValue } from "../sources/openCodeConfigEdit.ts";
import { isNodeSupported } from "./nodeVersion.ts";
import { isOurToolFile, TOOL_FILE_NAME, toolFileText } from "./toolFile.ts";

/** The name under which OpenCode knows our MCP server; its tools are `opencode-sessions_session_status` and so on. */
export const MCP_SERVER_NAME = "opencode-sessions";

const PROGRAM = "opencode-sessions.cjs";

/** Our folder in the extension's own. */
const SETUP_FOLDER = "agents";

export interface OpenCodeSetupOptions {
  /** A folder of the extension's own that stays when the extension is updated. */
  readonly storageFolder: string;
  /** Where the program was built to, a folder that goes with the next update. */
  readonly builtFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
}

/** What is needed of a `vscode.ExtensionContext`: its folders. */
export interface ExtensionFolders {
  asAbsolutePath(file: string): string;
  readonly globalStorageUri: { readonly fsPath: string };
}

/** What brings session_status to an OpenCode of this machine: with the extension's own folders, and OpenCode's of this user. */
export function createSetup(extension: ExtensionFolders): OpenCodeSetup {
  return new OpenCodeSetup({
    storageFolder: path.join(extension.globalStorageUri.fsPath, SETUP_FOLDER),
    builtFolder: extension.asAbsolutePath("dist"),
    environment: process.env,
    homeFolder: homedir(),
  });
}

/** A file as it is and as it is to be; undefined where there is none. */
export interface FileChange {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** How a program is started: the way OpenCode's configuration has it. */
export interface ProgramStart {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
}

/** Where something is put: for all of a user's projects, or below one folder. */
export type SetupScope = "user" | { readonly directory: string };

/** A change that cannot be made; the message says why and is fit to be shown. */
export class SetupProblem extends Error {
  // What commands take for a reason to be told, not for something broken: known by its name.
  override readonly name = "Refusal";
}

/**
 * Brings session_status to an OpenCode of this machine: the program to where it stays, and changes to OpenCode's
 * own files, which are planned first and written only when they were seen. Touches nothing else in them.
 */
export class OpenCodeSetup {
  readonly name = MCP_SERVER_NAME;
  private readonly options: OpenCodeSetupOptions;

  constructor(options: OpenCodeSetupOptions) {
    this.options = options;
  }

  get program(): string {
    return path.join(this.options.storageFolder, PROGRAM);
  }

  get settingsFile(): string {
    return path.join(this.options.storageFolder, "settings.json");
  }

  /** Whether the program was ever put there. */
  async isPrepared(): Promise<boolean> {
    return await exists(this.program);
  }

  /**
   * Puts the program of this version to where OpenCode starts it, with budgets and prices beside it. What is there
   * already is left as it is.
   */
  async prepare(settings: object): Promise<void> {
    const { storageFolder, builtFolder } = this.options;
    await makePrivateFolder(storageFolder);
    await putFile(this.program, await readFile(path.join(builtFolder, PROGRAM)));
    await putFile(this.settingsFile, Buffer.from(`${JSON.stringify(settings, undefined, 2)}\n`));
  }

  /** How the MCP server is started now: by the runtime we run in ourselves. */
  startNow(): ProgramStart {
    const isElectron = process.versions["electron"] !== undefined;
    return {
      command: [process.execPath, ...this.arguments()],
      environment: isElectron ? { ELECTRON_RUN_AS_NODE: "1" } : {},
    };
  }

  /** How it is started in times to come: by the Node on the path, where one is fit, as our own may move. */
  async startLasting(): Promise<ProgramStart> {
    return (await hasNode())
      ? { command: ["node", ...this.arguments()], environment: {} }
      : this.startNow();
  }

  /** OpenCode's configuration file of a scope: the one there is, else the one it would be. */
  async configFile(scope: SetupScope): Promise<string> {
    const [folder, ...names] =
      scope === "user"
        ? [this.configFolder(), "opencode.jsonc", "opencode.json", "config.json"]
        : [scope.directory, "opencode.jsonc", "opencode.json"];
    for (const name of names) {
      const file = path.join(folder, name);
      if (await exists(file)) return file;
    }
    return path.join(folder, "opencode.json");
  }

  /** The tool file of a scope. */
  toolFile(scope: SetupScope): string {
    const folder = scope === "user" ? this.configFolder() : path.join(scope.directory, ".opencode");
    return path.join(folder, "tool", TOOL_FILE_NAME);
  }

  /**
   * What adding the MCP server to a configuration changes, or removing it without `start`. Undefined when
   * nothing. @throws SetupProblem when the file is no valid configuration.
   */
  async planConfig(
    file: string,
    generation: "OpenCode 1" | "OpenCode 2",
    start: ProgramStart | undefined,
  ): Promise<FileChange | undefined> {
    const before = await textOf(file);
    if (before === undefined && start === undefined) return undefined;
    const entry =
      start === undefined
        ? undefined
        : {
            type: "local",
            command: start.command,
            ...(Object.keys(start.environment).length === 0
              ? {}
              : { environment: start.environment }),
            ...(generation === "OpenCode 1" ? { enabled: true } : {}),
          };
    const after = withConfigValue(before ?? "", configPath(generation), entry);
    if (after === undefined) {
      throw new SetupProblem(`${file} is not valid JSON with comments: fix it first`);
    }
    return after === before ? undefined : { file, before, after };
  }

  /**
   * What installing the tool file changes, or removing it. Undefined when nothing.
   * @throws SetupProblem when a file of that name is somebody else's.
   */
  async planToolFile(scope: SetupScope, isWanted: boolean): Promise<FileChange | undefined> {
    const file = this.toolFile(scope);
    const before = await textOf(file);
    if (before !== undefined && !isOurToolFile(before)) {
      if (!isWanted) return undefined;
      throw new SetupProblem(`${file} is another tool of that name and is left alone`);
    }
    const after = isWanted
      ? toolFileText({ program: this.program, settings: this.settingsFile })
      : undefined;
    return after === before ? undefined : { file, before, after };
  }

  /** Makes a change. @throws SetupProblem when the file has changed since it was planned. */
  async write({ file, before, after }: FileChange): Promise<void> {
    if ((await textOf(file)) !== before) {
      throw new SetupProblem(`${file} has changed meanwhile: try again`);
    }
    if (after === undefined) {
      await rm(file);
      return;
    }
    await mkdir(path.dirname(file), { recursive: true });
    await replaceUserFile(file, after);
  }

  /** Whether a configuration names our MCP server. */
  async isConfigured(file: string, generation: "OpenCode 1" | "OpenCode 2"): Promise<boolean> {
    const text = await textOf(file);
    return text !== undefined && configValue(text, configPath(generation)) !== undefined;
  }

  private configFolder(): string {
    const { environment, homeFolder } = this.options;
    const configHome = environment["XDG_CONFIG_HOME"] || path.join(homeFolder, ".config");
    return path.join(configHome, "opencode");
  }

  private arguments(): readonly string[] {
    return [this.program, "mcp", "--name", MCP_SERVER_NAME, "--settings", this.settingsFile];
  }
}

/** Where a configuration names MCP servers, by generation. */
function configPath(generation: "OpenCode 1" | "OpenCode 2"): readonly [string, ...string[]] {
  return generation === "OpenCode 1"
    ? ["mcp", MCP_SERVER_NAME]
    : ["mcp", "servers", MCP_SERVER_NAME];
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new SetupProblem(`${file} cannot be read (${String(code)})`);
  }
}

/** Writes a file at once, where it is another. Several windows may do so together, and OpenCode may read it at any time. */
async function putFile(file: string, content: Buffer): Promise<void> {
  const present = await readFile(file).catch(() => undefined);
  if (present?.equals(content) === true) return;
  await writePrivateFile(file, content);
}

async function exists(file: string): Promise<boolean> {
  return await access(file).then(
    () => true,
    () => false,
  );
}

/** Whether a Node that runs the program is on the path. */
async function hasNode(): Promise<boolean> {
  return await new Promise((resolve) => {
    execFile("node", ["--version"], { timeout: 5_000, windowsHide: true }, (error, stdout) => {
      resolve(error === null && isNodeSupported(stdout));
    });
  });
}
