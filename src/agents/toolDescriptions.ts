import { SESSION_LIST_SCHEMA } from "../core/state/sessionList.ts";
import { SESSION_STATUS_SCHEMA } from "../core/agents/sessionStatusSchema.ts";
import { REPORT_GROUPINGS, REPORT_PERIODS } from "../core/usage/usageReport.ts";
import { USAGE_REPORT_SCHEMA } from "../core/usage/usageReportSchema.ts";

/** How a tool is described to a model. Schemas are JSON Schema without `$schema`, which some readers refuse. */
export interface ToolDescription {
  readonly name: "session_status" | "list_sessions" | "usage_report";
  readonly title: string;
  readonly description: string;
  readonly inputSchema: ObjectSchema;
  readonly outputSchema: ObjectSchema;
}

type ObjectSchema = { readonly [key: string]: unknown } & { readonly type: "object" };

/** The tools offered to agents, through every interface. */
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
    outputSchema: withoutDialect(SESSION_STATUS_SCHEMA),
  },
  {
    name: "list_sessions",
    title: "List sessions",
    description:
      "The OpenCode sessions of the server, most recently changed first, with tokens and cost of their whole trees.",
    inputSchema: {
      type: "object",
      properties: {
        limit: {
          type: "integer",
          minimum: 1,
          maximum: 500,
          description: "Maximum number of sessions; default 20",
        },
        includeChildren: {
          type: "boolean",
          description: "Include sub-sessions; default false",
        },
        includeArchived: { type: "boolean", description: "Default false" },
        directory: { type: "string", description: "Only sessions in this folder" },
      },
      additionalProperties: false,
    },
    outputSchema: withoutDialect(SESSION_LIST_SCHEMA),
  },
  {
    name: "usage_report",
    title: "Usage report",
    description:
      "What OpenCode has used in a period on this server, in tokens and US dollars, grouped by model, agent, project, session or time, with budgets and forecast.",
    inputSchema: {
      type: "object",
      properties: {
        period: { enum: REPORT_PERIODS, description: "Default today" },
        by: { enum: REPORT_GROUPINGS, description: "Default model" },
        limit: {
          type: "integer",
          minimum: 1,
          maximum: 500,
          description: "Maximum number of groups; default 20",
        },
      },
      additionalProperties: false,
    },
    outputSchema: withoutDialect(USAGE_REPORT_SCHEMA),
  },
];

function withoutDialect(schema: ObjectSchema): ObjectSchema {
  return { ...schema, $schema: undefined };
}
