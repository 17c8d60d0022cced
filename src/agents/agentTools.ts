import { failed, type Result } from "../core/result.ts";
import type { SessionStatus } from "../core/agents/publicAPI.ts";
import type { CallingSession } from "./callingSession.ts";
import type { ChosenServer } from "./chooseServer.ts";
import { readSessionList, readSessionStatus } from "./sessionAnswers.ts";
import type { ServerReading } from "./serverReading.ts";
import {
  BadArgument,
  listArguments,
  reportArguments,
  sessionArgument,
  type ToolArguments,
} from "./toolArguments.ts";
import { readUsageReport } from "./usageAnswers.ts";
import type { Budgets } from "./budgets.ts";

export interface AgentToolsOptions {
  readonly server: ChosenServer;
  readonly budgets: Budgets;
  /** Undefined if not called by an OpenCode server: then a session has to be named. */
  readonly caller: CallingSession | undefined;
}

/** The tools of the MCP server. Each call reads current figures from the OpenCode server. */
export class AgentTools {
  readonly #options: AgentToolsOptions;

  constructor(options: AgentToolsOptions) {
    this.#options = options;
  }

  /** Answers a call; an error's message is suitable for the agent. Never rejects. */
  async call(name: string, given: ToolArguments): Promise<Result<object, Error>> {
    const { server, budgets } = this.#options;
    try {
      switch (name) {
        case "session_status":
          return await this.#status(sessionArgument(given));
        case "list_sessions": {
          const options = listArguments(given);
          return await server.ask((reading) => readSessionList(reading, options, budgets));
        }
        case "usage_report": {
          const options = reportArguments(given);
          return await server.ask((reading) => readUsageReport(reading, options, budgets));
        }
        default:
          return failed(new BadArgument(`there is no tool ${name}`));
      }
    } catch (error) {
      if (error instanceof BadArgument) return failed(error);
      return failed(new Error("the answer could not be produced", { cause: error }));
    }
  }

  async #status(sessionID: string | undefined): Promise<Result<SessionStatus, Error>> {
    const { server, caller, budgets } = this.#options;
    const reading = await server.read();
    if (!reading.ok) return reading;
    if (sessionID !== undefined) return readSessionStatus(reading.value, sessionID, budgets);
    if (caller === undefined) {
      return failed(
        new BadArgument("specify a sessionID; list_sessions lists the available sessions"),
      );
    }
    const found = await caller.find(reading.value);
    if (!found.ok) return found;
    switch (found.value.kind) {
      case "found": {
        // What it has used meanwhile counts: reads again after the search.
        const now = await server.read();
        return now.ok ? readSessionStatus(now.value, found.value.sessionID, budgets) : now;
      }
      case "unseen":
        return failed(
          new BadArgument(
            "this server does not show which session is calling: call again with sessionID; list_sessions lists the available sessions",
          ),
        );
      case "ambiguous": {
        const names = found.value.sessionIDs.map((id) => nameOf(reading.value, id)).join(", ");
        return failed(
          new BadArgument(
            `several sessions are calling session_status right now, and yours cannot be identified: ${names}. Call again, or pass your sessionID`,
          ),
        );
      }
    }
  }
}

function nameOf({ sessions }: ServerReading, sessionID: string): string {
  const title = sessions.find(({ id }) => id === sessionID)?.title ?? "";
  return title === "" ? sessionID : `${sessionID} (${title})`;
}
