import * as vscode from "vscode";

import { parseSessionKey } from "../core/state/session.ts";
import type { OpenCodeSessionsAPI, SessionsChange } from "../core/agents/publicAPI.ts";
import { type AgentsOptions, keepPrepared, registerDefinitions } from "./registerDefinitions.ts";
import { apiCalls, toolAnswer } from "./windowAnswers.ts";

/** Names of the manifest's language-model tools, and of the tools behind them. */
const LANGUAGE_MODEL_TOOLS = {
  opencode_session_status: "session_status",
  opencode_list_sessions: "list_sessions",
  opencode_usage_report: "usage_report",
} as const;

/** Offers the agents' tools to VS Code's own models and MCP clients. */
export function registerAgents(options: AgentsOptions): vscode.Disposable {
  const tools = Object.entries(LANGUAGE_MODEL_TOOLS).map(([name, tool]) =>
    vscode.lm.registerTool<Record<string, unknown>>(name, {
      invoke: async ({ input }) => {
        const answer = await toolAnswer(options, tool, input);
        return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(answer)]);
      },
    }),
  );
  return vscode.Disposable.from(...tools, registerDefinitions(options), keepPrepared(options));
}

/** The functions exported to other extensions. */
export function exportedCalls(
  options: AgentsOptions,
): Omit<OpenCodeSessionsAPI, "apiVersion" | "activationMs"> {
  return {
    ...apiCalls(options),
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
