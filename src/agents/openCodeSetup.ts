import { execFile } from "node:child_process";
import { access, mkdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { homedir } from "node:os";
import path from "node:path";
import type { FileChange, ProgramStart, SetupScope } from "../core/agents/programSetup.ts";
import type { Capabilities } from "../core/state/capabilities.ts";
import { t } from "../core/language.ts";
import { makePrivateFolder, replaceUserFile, writePrivateFile } from "../files/writeFile.ts";
import { configValue, withConfigValue } from "../sources/openCodeConfigEdit.ts";
import { isNodeSupported } from "./nodeVersion.ts";
import { isOurToolFile, TOOL_FILE_NAME, toolFileText } from "./toolFile.ts";

/** The name of our MCP server in OpenCode; its tools are `opencode-sessions_session_status` and so on. */
export const MCP_SERVER_NAME = "opencode-sessions";

const PROGRAM = "opencode-sessions.cjs";

/** Our folder within the extension's own. */
const SETUP_FOLDER = "agents";

export interface OpenCodeSetupOptions {
  /** A folder of the extension that survives its updates. */
  readonly storageFolder: string;
  /** The folder with the built program, which the next update removes. */
  readonly builtFolder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
}

/** The part of a `vscode.ExtensionContext` that is needed: its folders. */
export interface ExtensionFolders {
  asAbsolutePath(file: string): string;
  readonly globalStorageUri: { readonly fsPath: string };
}

/** Sets up an OpenCode on this machine, with the extension's own folders and this user's OpenCode folders. */
export function createSetup(extension: ExtensionFolders): OpenCodeSetup {
  return new OpenCodeSetup({
    storageFolder: path.join(extension.globalStorageUri.fsPath, SETUP_FOLDER),
    builtFolder: extension.asAbsolutePath("dist"),
    environment: process.env,
    homeFolder: homedir(),
  });
}

/** A change that can't be made; the message says why and is suitable for display. */
export class SetupProblem extends Error {
  // Commands report this as a reason rather than as a malfunction: they recognise it by its name.
  override readonly name = "Refusal";
}

/**
 * Brings session_status to an OpenCode on this machine: copies the program to its permanent place, and edits
 * OpenCode's files. Edits are planned first and only written once shown; the rest of a file is untouched.
 */
export class OpenCodeSetup {
  readonly name = MCP_SERVER_NAME;
  readonly #options: OpenCodeSetupOptions;

  constructor(options: OpenCodeSetupOptions) {
    this.#options = options;
  }

  get program(): string {
    return path.join(this.#options.storageFolder, PROGRAM);
  }

  get settingsFile(): string {
    return path.join(this.#options.storageFolder, "settings.json");
  }

  /** Whether the program was ever installed there. */
  async isPrepared(): Promise<boolean> {
    return await exists(this.program);
  }

  /**
   * Copies this version's program to where OpenCode starts it, with budgets and prices next to it. Files that
   * are already up to date are left alone.
   */
  async prepare(settings: object): Promise<void> {
    const { storageFolder, builtFolder } = this.#options;
    await makePrivateFolder(storageFolder);
    await putFile(this.program, await readFile(path.join(builtFolder, PROGRAM)));
    await putFile(this.settingsFile, Buffer.from(`${JSON.stringify(settings, undefined, 2)}\n`));
  }

  /** How to start the MCP server now: with the runtime we are running in. */
  startNow(): ProgramStart {
    const isElectron = process.versions["electron"] !== undefined;
    return {
      command: [process.execPath, ...this.#arguments()],
      environment: isElectron ? { ELECTRON_RUN_AS_NODE: "1" } : {},
    };
  }

  /** How to start it permanently: with the Node on the path if there is a suitable one, since ours may move. */
  async startLasting(): Promise<ProgramStart> {
    return (await hasNode())
      ? { command: ["node", ...this.#arguments()], environment: {} }
      : this.startNow();
  }

  /** OpenCode's configuration file for a scope: the existing one, or else the one to create. */
  async configFile(scope: SetupScope): Promise<string> {
    const [folder, ...names] =
      scope === "user"
        ? [this.#configFolder(), "opencode.jsonc", "opencode.json", "config.json"]
        : [scope.directory, "opencode.jsonc", "opencode.json"];
    for (const name of names) {
      const file = path.join(folder, name);
      if (await exists(file)) return file;
    }
    return path.join(folder, "opencode.json");
  }

  /** The tool file of a scope. */
  toolFile(scope: SetupScope): string {
    const folder =
      scope === "user" ? this.#configFolder() : path.join(scope.directory, ".opencode");
    return path.join(folder, "tool", TOOL_FILE_NAME);
  }

  /**
   * Plans adding the MCP server to a scope's configuration, or removing it if there is no `start`. Undefined if
   * nothing changes. @throws SetupProblem if the file isn't a valid configuration, or a link out of its project.
   */
  async planConfig(
    scope: SetupScope,
    capabilities: Capabilities,
    start: ProgramStart | undefined,
  ): Promise<FileChange | undefined> {
    const file = await this.configFile(scope);
    if (await leadsOut(file, scope)) throw linkProblem(file);
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
            ...(capabilities.has("mcpSection") ? {} : { enabled: true }),
          };
    const after = withConfigValue(before ?? "", configPath(capabilities), entry);
    if (after === undefined) {
      throw new SetupProblem(`${file} is not valid JSON with comments: fix it first`);
    }
    return after === before ? undefined : { scope, file, before, after };
  }

  /**
   * Plans installing the tool file, or removing it. Undefined if nothing changes.
   * @throws SetupProblem if a file of that name isn't ours, or a link leads out of its project.
   */
  async planToolFile(scope: SetupScope, isWanted: boolean): Promise<FileChange | undefined> {
    const file = this.toolFile(scope);
    if (await leadsOut(file, scope)) {
      if (!isWanted) return undefined;
      throw linkProblem(file);
    }
    const before = await textOf(file);
    if (before !== undefined && !isOurToolFile(before)) {
      if (!isWanted) return undefined;
      throw new SetupProblem(`${file} is a different tool with that name and was left unchanged`);
    }
    const after = isWanted
      ? toolFileText({ program: this.program, settings: this.settingsFile })
      : undefined;
    return after === before ? undefined : { scope, file, before, after };
  }

  /** Makes a change. @throws SetupProblem if the file has changed since it was planned. */
  async write({ scope, file, before, after }: FileChange): Promise<void> {
    if (await leadsOut(file, scope)) throw linkProblem(file);
    if ((await textOf(file)) !== before) {
      throw new SetupProblem(`${file} has changed in the meantime: try again`);
    }
    if (after === undefined) {
      await rm(file);
      return;
    }
    await mkdir(path.dirname(file), { recursive: true });
    await replaceUserFile(file, after);
  }

  /** Whether a scope's own configuration contains our MCP server. */
  async isConfigured(scope: SetupScope, capabilities: Capabilities): Promise<boolean> {
    const file = await this.configFile(scope);
    if (await leadsOut(file, scope)) return false;
    const text = await textOf(file);
    return text !== undefined && configValue(text, configPath(capabilities)) !== undefined;
  }

  #configFolder(): string {
    const { environment, homeFolder } = this.#options;
    const configHome = environment["XDG_CONFIG_HOME"] || path.join(homeFolder, ".config");
    return path.join(configHome, "opencode");
  }

  #arguments(): readonly string[] {
    return [this.program, "mcp", "--name", MCP_SERVER_NAME, "--settings", this.settingsFile];
  }
}

/** Where a server's configuration lists ours. */
function configPath(capabilities: Capabilities): readonly [string, ...string[]] {
  return capabilities.has("mcpSection")
    ? ["mcp", "servers", MCP_SERVER_NAME]
    : ["mcp", MCP_SERVER_NAME];
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

function linkProblem(file: string): SetupProblem {
  return new SetupProblem(
    t`${file} was left unchanged: a symbolic link there leads out of the project.`,
  );
}

/**
 * Whether links lead from a project's file to one outside the project: a repository must not decide what is written
 * elsewhere. The user's own configuration may be a link, as many keep it in another folder.
 */
async function leadsOut(file: string, scope: SetupScope): Promise<boolean> {
  if (scope === "user") return false;
  const root = await realpath(scope.directory).catch(() => undefined);
  const target = await realTarget(file);
  // A loop of links, or a folder that cannot be read: nobody knows where that leads.
  if (root === undefined || target === undefined) return true;
  const way = path.relative(root, target);
  return way === ".." || way.startsWith(`..${path.sep}`) || path.isAbsolute(way);
}

/** Where a file is once links are followed, whether it exists or not; undefined if that can't be found out. */
async function realTarget(file: string): Promise<string | undefined> {
  try {
    return await realpath(file);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) return undefined;
  }
  const folder = await realTarget(path.dirname(file));
  if (folder === undefined) return undefined;
  const link = await readlink(file).catch(() => undefined);
  // A dangling link: writing would create what it names.
  if (link !== undefined) return await realTarget(path.resolve(folder, link));
  return path.join(folder, path.basename(file));
}

/** Replaces a file in one step, if it differs: several windows may do so, and OpenCode may read it at any time. */
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

/** Whether there is a Node on the path that runs the program. */
async function hasNode(): Promise<boolean> {
  return await new Promise((resolve) => {
    execFile("node", ["--version"], { timeout: 5_000, windowsHide: true }, (error, stdout) => {
      resolve(error === null && isNodeSupported(stdout));
    });
  });
}
