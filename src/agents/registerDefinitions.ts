import * as vscode from "vscode";

import type { Endpoint } from "../core/state/endpoint.ts";
import { createSetup, type ExtensionFolders } from "./openCodeSetup.ts";
import { onDidChangeDefinitions, serverDefinitions } from "./serverDefinitions.ts";
import type { WindowSources } from "./windowAnswers.ts";

/** What the registrations in VS Code need in addition. */
export interface AgentsOptions extends WindowSources {
  readonly extension: ExtensionFolders;
  /** The settings for programs outside VS Code. */
  readonly settings: () => object;
  readonly passwordOf: (endpoint: Endpoint) => Promise<string | undefined>;
}

const MCP_PROVIDER_ID = "opencodeSessions.mcp";

/**
 * Keeps the program that OpenCode starts, and the budgets next to it, up to date with this version and these
 * settings, if they were ever installed.
 */
export function keepPrepared({ extension, settings }: AgentsOptions): vscode.Disposable {
  const folder = vscode.Uri.joinPath(vscode.Uri.file(extension.globalStorageUri.fsPath), "agents");
  const keep = async (): Promise<void> => {
    try {
      await vscode.workspace.fs.stat(folder);
    } catch {
      return; // Never added to any OpenCode: most windows.
    }
    const setup = createSetup(extension);
    if (await setup.isPrepared()) await setup.prepare(settings());
  };
  void keep();
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration("opencodeSessions")) void keep();
  });
}

/** Offers VS Code an MCP server for each connected OpenCode server. */
export function registerDefinitions(options: AgentsOptions): vscode.Disposable {
  const { store, extension } = options;
  const program = extension.asAbsolutePath("dist/opencode-sessions.cjs");
  const changed = new vscode.EventEmitter<void>();
  const serverOf = new WeakMap<vscode.McpServerDefinition, string>();
  const definitions: vscode.McpServerDefinitionProvider<vscode.McpStdioServerDefinition> = {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions: () => {
      const servers = serverDefinitions(options, program).map((each) => {
        const { label, command, args, environment, serverID } = each;
        const definition = new vscode.McpStdioServerDefinition(label, command, [...args], {
          ...environment,
        });
        serverOf.set(definition, serverID);
        return definition;
      });
      return Promise.resolve(servers);
    },
    // The password is only added at start: VS Code may store what was provided before.
    resolveMcpServerDefinition: async (definition) => {
      const server = store.state.servers.get(serverOf.get(definition) ?? "");
      if (server === undefined) return definition;
      const password = await options.passwordOf(server.endpoint);
      if (password !== undefined) {
        definition.env = { ...definition.env, OPENCODE_SESSIONS_PASSWORD: password };
      }
      return definition;
    },
  };
  const provider = vscode.lm.registerMcpServerDefinitionProvider(MCP_PROVIDER_ID, definitions);
  const stop = onDidChangeDefinitions(options, program, () => {
    changed.fire();
  });
  return vscode.Disposable.from(provider, changed, new vscode.Disposable(stop));
}
