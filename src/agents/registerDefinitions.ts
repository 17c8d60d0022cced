import * as vscode from "vscode";

import { loadSetup } from "./loadSetup.ts";
import type { AgentsOptions } from "./agentsOptions.ts";
import { onDidChangeDefinitions, serverDefinitions } from "./serverDefinitions.ts";

/*
 * Newer than the VS Code this extension asks for: looked for before it is used, and named here as it is
 * documented.
 */
interface Definition {
  env: Record<string, string | number | null>;
}
type DefinitionClass = new (
  label: string,
  command: string,
  args: string[],
  environment: Record<string, string>,
) => Definition;
type Register = (
  id: string,
  provider: {
    readonly onDidChangeMcpServerDefinitions: vscode.Event<void>;
    provideMcpServerDefinitions(): Promise<Definition[]>;
    resolveMcpServerDefinition(definition: Definition): Promise<Definition>;
  },
) => vscode.Disposable;

const MCP_PROVIDER_ID = "opencodeSessions.mcp";

/**
 * Keeps the program that OpenCode starts, and the budgets beside it, those of this version and these settings,
 * where they were ever put there.
 */
export function keepPrepared({ extension, settings }: AgentsOptions): vscode.Disposable {
  const folder = vscode.Uri.joinPath(vscode.Uri.file(extension.globalStorageUri.fsPath), "agents");
  const keep = async (): Promise<void> => {
    try {
      await vscode.workspace.fs.stat(folder);
    } catch {
      return; // Never added to any OpenCode: most windows.
    }
    const setup = await loadSetup(extension);
    if (await setup.isPrepared()) await setup.prepare(settings());
  };
  void keep();
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration("opencodeSessions")) void keep();
  });
}

/** Offers VS Code an MCP server for each connected OpenCode server, where this VS Code knows such. */
export function registerDefinitions(options: AgentsOptions): vscode.Disposable {
  const register: unknown = Reflect.get(vscode.lm, "registerMcpServerDefinitionProvider");
  const McpStdioServerDefinition: unknown = Reflect.get(vscode, "McpStdioServerDefinition");
  const { store, extension } = options;
  if (!isRegister(register) || !isClass(McpStdioServerDefinition)) {
    return vscode.Disposable.from();
  }
  const program = extension.asAbsolutePath("dist/opencode-sessions.cjs");
  const changed = new vscode.EventEmitter<void>();
  const serverOf = new WeakMap<object, string>();
  const provider = register(MCP_PROVIDER_ID, {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions: () => {
      const definitions = serverDefinitions(options, program).map((each) => {
        const { label, command, args, environment, serverID } = each;
        const definition = new McpStdioServerDefinition(label, command, [...args], {
          ...environment,
        });
        serverOf.set(definition, serverID);
        return definition;
      });
      return Promise.resolve(definitions);
    },
    // Only now, as it is started: what was provided before may be stored by VS Code.
    resolveMcpServerDefinition: async (definition) => {
      const server = store.state.servers.get(serverOf.get(definition) ?? "");
      if (server === undefined) return definition;
      const password = await options.passwordOf(server.endpoint);
      if (password !== undefined) {
        definition.env = { ...definition.env, OPENCODE_SESSIONS_PASSWORD: password };
      }
      return definition;
    },
  });
  const stop = onDidChangeDefinitions(options, program, () => {
    changed.fire();
  });
  return vscode.Disposable.from(provider, changed, new vscode.Disposable(stop));
}

function isClass(value: unknown): value is DefinitionClass {
  return typeof value === "function";
}

function isRegister(value: unknown): value is Register {
  return typeof value === "function";
}
