import schemas from "./answerSchemas.json" with { type: "json" };

/** How a tool is described to a model. Schemas are JSON Schema without `$schema`, which some readers refuse. */
export interface ToolDescription {
  readonly name: "session_status" | "list_sessions" | "usage_report";
  readonly title: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  readonly outputSchema: ObjectSchema;
}

type ObjectSchema = { readonly [key: string]: unknown } & { readonly type: "object" };

/** The tools offered to agents, through every interface. Their schemas are made from `publicAPI.ts`. */
export const TOOLS: readonly ToolDescription[] = [
  {
    name: "session_status",
    title: "Session status",
    description:
      "Tokens, cost, budgets and context use of an OpenCode session and of the sessions it started, its last turn, and what it is doing. Without sessionID: the calling session.",
    inputSchema: {
      type: "object",
      properties: {
        sessionID: { type: "string", description: "A session's id, ses_…; default: the caller's" },
      },
      additionalProperties: false,
    },
    outputSchema: { ...schemas.SessionStatus, type: "object" },
  },
  {
    name: "list_sessions",
    title: "List sessions",
    description:
      "The OpenCode sessions of the server, most recently changed first, with tokens and cost of their whole trees.",
    inputSchema: { ...schemas.ListSessionsOptions, type: "object" },
    outputSchema: { ...schemas.SessionList, type: "object" },
  },
  {
    name: "usage_report",
    title: "Usage report",
    description:
      "What OpenCode has used in a period on this server, in tokens and US dollars, grouped by model, agent, project, session or time, with budgets and forecast.",
    inputSchema: { ...schemas.UsageReportOptions, type: "object" },
    outputSchema: { ...schemas.UsageReport, type: "object" },
  },
];
