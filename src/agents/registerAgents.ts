import * as vscode from "vscode";

import type { Endpoint } from "../core/endpoint.ts";
import { parseSessionKey } from "../core/session.ts";
import type { OpenCodeSessionsAPI, SessionsChange } from "./publicAPI.ts";
import type { WindowSources } from "./windowAnswers.ts";

export interface AgentsOptions extends WindowSources {
  /** Path of the program `opencode-sessions.cjs`. */
  readonly program: string;
  readonly version: string;
  readonly passwordOf: (endpoint: Endpoint) => Promise<string | undefined>;
}

/** Names of the manifest's language-model tools, and of the tools behind them. */
const LANGUAGE_MODEL_TOOLS = {
  opencode_session_status: "session_status",
  opencode_list_sessions: "list_sessions",
  opencode_usage_report: "usage_report",
} as const;

const MCP_PROVIDER_ID = "opencodeSessions.mcp";

/** Newer than the VS Code this extension asks for: looked for before it is used. */
interface MCPApi {
  registerMcpServerDefinitionProvider?(
    id: string,
    provider: {
      readonly onDidChangeMcpServerDefinitions: vscode.Event<void>;
      provideMcpServerDefinitions(): Promise<unknown[]>;
      resolveMcpServerDefinition(definition: unknown): Promise<unknown>;
    },
  ): vscode.Disposable;
}
type DefinitionClass = new (
  label: string,
  command: string,
  args: string[],
  environment: Record<string, string>,
  version: string,
) => { env: Record<string, string | number | null> };

/** Offers what agents may ask to VS Code's own models and MCP clients. What answers is loaded when it is asked. */
export function registerAgents(options: AgentsOptions): vscode.Disposable {
  const tools = Object.entries(LANGUAGE_MODEL_TOOLS).map(([name, tool]) =>
    vscode.lm.registerTool<Record<string, unknown>>(name, {
      invoke: async ({ input }) => {
        const { toolAnswer } = await import("./windowTools.ts");
        const answer = await toolAnswer(options, tool, input);
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(answer)]);
      },
    }),
  );
  return vscode.Disposable.from(...tools, ...registerDefinitions(options));
}

function registerDefinitions(options: AgentsOptions): readonly vscode.Disposable[] {
  const api: MCPApi = vscode.lm;
  const McpStdioServerDefinition: unknown = Reflect.get(vscode, "McpStdioServerDefinition");
  if (api.registerMcpServerDefinitionProvider === undefined) return [];
  if (!isClass(McpStdioServerDefinition)) return [];
  const { store } = options;
  const changed = new vscode.EventEmitter<void>();
  const serverOf = new WeakMap<object, string>();
  const provider = api.registerMcpServerDefinitionProvider(MCP_PROVIDER_ID, {
    onDidChangeMcpServerDefinitions: changed.event,
    provideMcpServerDefinitions: async () => {
      const { serverDefinitions } = await import("./windowTools.ts");
      return serverDefinitions(options, options.program).map((each) => {
        const { label, command, args, environment, serverID } = each;
        const definition = new McpStdioServerDefinition(
          label,
          command,
          [...args],
          { ...environment },
          options.version,
        );
        serverOf.set(definition, serverID);
        return definition;
      });
    },
    // Only now, as it is started: what was provided before may be stored by VS Code.
    resolveMcpServerDefinition: async (definition) => {
      if (typeof definition !== "object" || definition === null) return definition;
      const server = store.state.servers.get(serverOf.get(definition) ?? "");
      if (server === undefined || !("env" in definition)) return definition;
      const password = await options.passwordOf(server.endpoint);
      if (password !== undefined) {
        definition.env = { ...Object(definition.env), OPENCODE_SESSIONS_PASSWORD: password };
      }
      return definition;
    },
  });
  const stop = store.onDidChange(({ servers }) => {
    if (servers.size > 0) changed.fire();
  });
  return [provider, changed, { dispose: stop }];
}

function isClass(value: unknown): value is DefinitionClass {
  return typeof value === "function";
}

/** The functions that other extensions get. */
export function exportedCalls(
  options: WindowSources,
): Omit<OpenCodeSessionsAPI, "apiVersion" | "activationMs"> {
  const load = async () => (await import("./windowTools.ts")).apiCalls(options);
  return {
    sessionStatus: async (session) => (await load()).sessionStatus(session),
    listSessions: async (given) => (await load()).listSessions(given),
    usageReport: async (given) => (await load()).usageReport(given),
    onDidChange: (listener, thisArgs, disposables) => {
      const dispose = options.store.onDidChange(({ sessions, structure, servers }) => {
        if (sessions.size === 0 && servers.size === 0 && !structure) return;
        const change: SessionsChange = {
          sessions: [...sessions].flatMap((key) => parseSessionKey(key) ?? []),
          hasListChanged: structure,
        };
        listener.call(thisArgs, change);
      });
      disposables?.push({ dispose });
      return { dispose };
    },
  };
}
