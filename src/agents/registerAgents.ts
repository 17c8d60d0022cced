import * as vscode from "vscode";

import { parseSessionKey } from "../core/session.ts";
import type { OpenCodeSessionsAPI, SessionsChange } from "./publicAPI.ts";
import type { AgentsOptions } from "./agentsOptions.ts";

/** Names of the manifest's language-model tools, and of the tools behind them. */
const LANGUAGE_MODEL_TOOLS = {
  opencode_session_status: "session_status",
  opencode_list_sessions: "list_sessions",
  opencode_usage_report: "usage_report",
} as const;

/** Offers what agents may ask to VS Code's own models and MCP clients. What answers is loaded when it is asked. */
export function registerAgents(options: AgentsOptions): vscode.Disposable {
  const tools = Object.entries(LANGUAGE_MODEL_TOOLS).map(([name, tool]) =>
    vscode.lm.registerTool<Record<string, unknown>>(name, {
      invoke: async ({ input }) => {
        const { toolAnswer } = await options.loadTools();
        const answer = await toolAnswer(options, tool, input);
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(answer)]);
      },
    }),
  );
  // Nobody waits for these: after activation is soon enough.
  const definitions = import("./registerDefinitions.ts").then((loaded) =>
    vscode.Disposable.from(loaded.registerDefinitions(options), loaded.keepPrepared(options)),
  );
  return vscode.Disposable.from(...tools, {
    dispose: () => {
      void definitions.then((registered) => {
        registered.dispose();
      });
    },
  });
}

/** The functions that other extensions get. */
export function exportedCalls(
  options: AgentsOptions,
): Omit<OpenCodeSessionsAPI, "apiVersion" | "activationMs"> {
  const load = async () => (await options.loadTools()).apiCalls(options);
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
