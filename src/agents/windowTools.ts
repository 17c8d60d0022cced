/** A window's answers to agents and programs. */
import type { OpenCodeSessionsAPI } from "../core/agents/publicAPI.ts";
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
    // Invalid options reject, like those of the other functions.
    listSessions: (options) => Promise.resolve().then(() => listInWindow(sources, { ...options })),
    usageReport: (options) => reportInWindow(sources, { ...options }),
  };
}

/** Answers a language-model tool: JSON, or what is wrong, for the model to read. */
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
        ? "No session is active in this window: specify a sessionID."
        : `No server in this window has a session ${sessionID}.`;
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
