/**
 * What a window answers to agents and programs.
 */
import { isLoopbackURL } from "../core/endpoint.ts";
import type { OpenCodeSessionsAPI } from "./publicAPI.ts";
import { BadArgument, sessionArgument, type ToolArguments } from "./toolArguments.ts";
import {
  listInWindow,
  reportInWindow,
  statusInWindow,
  type WindowSources,
} from "./windowAnswers.ts";

/** The exported functions. */
export function apiCalls(
  sources: WindowSources,
): Pick<OpenCodeSessionsAPI, "sessionStatus" | "listSessions" | "usageReport"> {
  return {
    sessionStatus: (session) => statusInWindow(sources, session),
    listSessions: (options) => Promise.resolve(listInWindow(sources, { ...options })),
    usageReport: (options) => reportInWindow(sources, { ...options }),
  };
}

/** Answers a language-model tool: JSON, or what is wrong, for the model. */
export async function toolAnswer(
  sources: WindowSources,
  tool: string,
  given: ToolArguments,
): Promise<string> {
  try {
    const answer = await answerOf(sources, tool, given);
    return typeof answer === "string" ? answer : JSON.stringify(answer);
  } catch (error) {
    if (error instanceof BadArgument) return error.message;
    throw error;
  }
}

async function answerOf(
  sources: WindowSources,
  tool: string,
  given: ToolArguments,
): Promise<object | string> {
  switch (tool) {
    case "session_status": {
      const sessionID = sessionArgument(given);
      const status = await statusInWindow(sources, sessionID);
      if (status !== undefined) return status;
      return sessionID === undefined
        ? "No session is active in this window: name one by sessionID."
        : `No server of this window knows a session ${sessionID}.`;
    }
    case "list_sessions":
      return listInWindow(sources, given);
    case "usage_report":
      return (
        (await reportInWindow(sources, given)) ??
        `The usage ledger could not be opened: ${sources.usage.failure ?? "unknown reason"}`
      );
    default:
      throw new BadArgument(`there is no tool ${tool}`);
  }
}

/** How an MCP server for one OpenCode server is started by VS Code; without its password. */
export interface ServerDefinition {
  readonly label: string;
  readonly serverID: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** An MCP server for each connected OpenCode server. */
export function serverDefinitions(
  { store }: Pick<WindowSources, "store">,
  program: string,
): readonly ServerDefinition[] {
  return [...store.state.servers].flatMap(([serverID, { endpoint, connection }]) => {
    if (connection.kind !== "connected") return [];
    // The program refuses to send a password over the network in the clear.
    const isReachable = isLoopbackURL(endpoint.url) || endpoint.url.startsWith("https:");
    if (!isReachable) return [];
    return [
      {
        label: `OpenCode Sessions: ${endpoint.name}`,
        serverID,
        command: process.execPath,
        args: [program, "mcp"],
        environment: {
          // VS Code's own program runs as Node then.
          ELECTRON_RUN_AS_NODE: "1",
          OPENCODE_SESSIONS_URL: endpoint.url,
          OPENCODE_SESSIONS_USERNAME: endpoint.username,
        },
      },
    ];
  });
}
