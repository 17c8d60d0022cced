import { parseArgs } from "node:util";
import { ServerError } from "../core/errors.ts";
import { failed, type Result } from "../core/result.ts";
import type { SessionList, SessionStatus, UsageReport } from "../core/agents/publicAPI.ts";
import { REPORT_GROUPINGS, REPORT_PERIODS } from "../core/usage/usageReport.ts";
import { AgentTools } from "./agentTools.ts";
import { Budgets } from "./budgets.ts";
import { CallingSession } from "./callingSession.ts";
import { ChosenServer } from "./chooseServer.ts";
import type { Environment } from "./findServers.ts";
import { serveTools } from "./mcpServer.ts";
import { listText, statusText, usageText } from "./humanText.ts";
import { readSessionList, readSessionStatus } from "./sessionAnswers.ts";
import type { ServerReading } from "./serverReading.ts";
import { terminalJSON, terminalText } from "./terminalText.ts";
import { BadArgument, listArguments, reportArguments, sessionArgument } from "./toolArguments.ts";
import { readLocalUsageReport, readUsageReport } from "./usageAnswers.ts";

/** What a program run from a command line is given, and where its output goes. */
export interface CLIContext {
  readonly version: string;
  readonly environment: Environment;
  readonly directory: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** Names the file with budgets and prices if no argument does. */
const SETTINGS_VARIABLE = "OPENCODE_SESSIONS_SETTINGS";

/** Exit codes of the program. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  noServer: 3,
  password: 4,
  unknownSession: 5,
} as const;

const HELP = `Usage: opencode-sessions <command> [options]

Commands:
  status [SESSION]  tokens, cost, budgets and context of a session and everything it started;
                    without an id: the most recently changed session in this folder
  list              the sessions of the server, most recently changed first
  usage             what has been used in a period
  mcp               serve session_status, list_sessions and usage_report to an agent,
                    over the Model Context Protocol on standard input and output

Options:
  --json            the answer as JSON
  --server URL      server to use; default: OPENCODE_SESSIONS_URL, or else one running on this machine
  --period WORD     for usage: ${REPORT_PERIODS.join(", ")} (default today)
  --by WORD         for usage: ${REPORT_GROUPINGS.join(", ")} (default model)
  --limit N         for list and usage: maximum number of entries (default 20)
  --children        for list: include sessions started by tasks
  --archived        for list: include archived sessions
  --directory DIR   for list: only sessions in this folder
  --settings FILE   JSON with budgets and prices; default: OPENCODE_SESSIONS_SETTINGS
  --name NAME       for mcp: the name under which it was added to OpenCode
  --version, --help

The password comes from OPENCODE_SESSIONS_PASSWORD or OPENCODE_SERVER_PASSWORD, the user
name from OPENCODE_SESSIONS_USERNAME. Another machine is contacted over plain HTTP only
with OPENCODE_SESSIONS_PLAIN_HTTP=1. Exit codes: 0 done, 1 failed, 2 usage error,
3 no server, 4 password required or rejected, 5 unknown session.
`;

/** Runs one command; returns the exit code. Never rejects. */
export async function runCLI(args: readonly string[], given: CLIContext): Promise<number> {
  const out = (text: string): void => {
    given.out(terminalText(text));
  };
  const err = (text: string): void => {
    given.err(terminalText(text));
  };
  try {
    return await run(args, { ...given, out, err });
  } catch (error) {
    const isMisuse =
      error instanceof BadArgument ||
      (error instanceof TypeError && "code" in error && String(error.code).startsWith("ERR_PARSE"));
    const message = error instanceof Error ? error.message : "unknown error";
    err(`opencode-sessions: ${message}\n`);
    if (isMisuse) err("Try opencode-sessions --help\n");
    return isMisuse ? EXIT.usage : EXIT.failed;
  }
}

async function run(args: readonly string[], context: CLIContext): Promise<number> {
  const { version, environment, directory, out, err } = context;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: "boolean" },
      server: { type: "string" },
      period: { type: "string" },
      by: { type: "string" },
      limit: { type: "string" },
      children: { type: "boolean" },
      archived: { type: "boolean" },
      directory: { type: "string" },
      name: { type: "string" },
      settings: { type: "string" },
      version: { type: "boolean" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.version === true) {
    out(`${version}\n`);
    return EXIT.ok;
  }
  const [command, ...rest] = positionals;
  if (values.help === true || command === undefined) {
    (values.help === true ? out : err)(HELP);
    return values.help === true ? EXIT.ok : EXIT.usage;
  }
  const note = (message: string): void => {
    err(`opencode-sessions: ${message}\n`);
  };
  const server = new ChosenServer({ url: values.server, environment, note });
  const settingsFile = values.settings ?? environment[SETTINGS_VARIABLE];
  const budgets = await Budgets.read(settingsFile, note);
  const limit = values.limit === undefined ? undefined : Number(values.limit);
  const report = <T>(answer: Result<T>, asText: (value: T) => string): number => {
    if (!answer.ok) {
      note(answer.error.message);
      return exitOf(answer.error);
    }
    out(values.json === true ? `${terminalJSON(answer.value)}\n` : asText(answer.value));
    return EXIT.ok;
  };
  const tooMany = (most: number): void => {
    if (rest.length > most)
      throw new BadArgument(`unexpected argument: ${rest.slice(most).join(" ")}?`);
  };
  switch (command) {
    case "status": {
      tooMany(1);
      const wanted = sessionArgument({ sessionID: rest[0] });
      const answer = await server.ask(async (reading): Promise<Result<SessionStatus>> => {
        const sessionID = wanted ?? latestIn(reading, directory);
        return sessionID === undefined
          ? failed(
              new ServerError("notFound", `no session was started in ${directory}: specify one`),
            )
          : readSessionStatus(reading, sessionID, budgets);
      });
      return report(answer, statusText);
    }
    case "list": {
      tooMany(0);
      const options = listArguments({
        limit,
        includeChildren: values.children,
        includeArchived: values.archived,
        directory: values.directory,
      });
      const answer = await server.ask((reading) => readSessionList(reading, options, budgets));
      return report<SessionList>(answer, (list) => listText(list, Date.now()));
    }
    case "usage": {
      tooMany(0);
      const options = reportArguments({ period: values.period, by: values.by, limit });
      const answer = await server.ask((reading) => readUsageReport(reading, options, budgets));
      const isAbsent = !answer.ok && answer.error.reason === "unreachable";
      if (!isAbsent || values.server !== undefined) return report<UsageReport>(answer, usageText);
      const local = readLocalUsageReport(environment, options, budgets);
      if (!local.ok) {
        note(answer.error.message);
        note(local.error.message);
        return EXIT.noServer;
      }
      note("no server is running: read from this machine's database");
      return report<UsageReport>(local, usageText);
    }
    case "mcp": {
      tooMany(0);
      const tools = new AgentTools({
        server,
        budgets,
        caller: callerOf(values.name, context),
      });
      await serveTools(tools, version);
      return EXIT.ok;
    }
    default:
      throw new BadArgument(`there is no command ${command}`);
  }
}

/** The most recently changed top-level session of a folder. */
function latestIn({ sessions }: ServerReading, directory: string): string | undefined {
  const [latest] = sessions
    .filter((session) => session.directory === directory && session.parentID === undefined)
    .sort((a, b) => b.updatedMs - a.updatedMs);
  return latest?.id;
}

/** An OpenCode server started this process if the environment says so, or if we were added under a name. */
function callerOf(
  name: string | undefined,
  { environment, directory }: CLIContext,
): CallingSession | undefined {
  if (name === undefined && environment["OPENCODE_PID"] === undefined) return undefined;
  const ending = "_session_status";
  const full = name === undefined ? undefined : `${name.replace(/[^\w-]/g, "_")}${ending}`;
  return new CallingSession({
    directory,
    isOurs: (tool) => (full === undefined ? tool.endsWith(ending) : tool === full),
  });
}

function exitOf({ reason, status }: ServerError): number {
  switch (reason) {
    case "unreachable":
    case "timeout":
    case "unsupported":
      return EXIT.noServer;
    case "unauthorized":
      return status === undefined || status === 401 || status === 403 ? EXIT.password : EXIT.failed;
    case "notFound":
      return EXIT.unknownSession;
    case "unencrypted":
    case "rejected":
    case "invalidResponse":
    case "cancelled":
      return EXIT.failed;
  }
}
