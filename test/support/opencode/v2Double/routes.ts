import type { ServerResponse } from "node:http";
import { anything, list, object, oneOf, type Schema, text } from "./schema.ts";
import {
  agentSchema,
  formSchema,
  inboxItemSchema,
  messageSchema,
  modelSchema,
  permissionSchema,
  projectSchema,
  sessionSchema,
} from "./schemas.ts";

/** A call as passed to a handler. */
export interface Call {
  /** Values of the path's parameters, in order. */
  readonly parameters: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
  readonly response: ServerResponse;
}

/** A route's answer: a JSON body, nothing (204), a refusal, or a marker that it has already responded itself. */
export type Answer =
  | { readonly kind: "json"; readonly body: unknown }
  | { readonly kind: "nothing" }
  | {
      readonly kind: "refusal";
      readonly status: number;
      readonly tag: string;
      readonly message: string;
    }
  | { readonly kind: "open" };

export interface Route {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** With parameters in braces. */
  readonly path: string;
  readonly body?: Schema;
  /** Schema of a JSON answer. */
  readonly answer?: Schema;
}

const data = (schema: Schema): Schema => object({ data: schema });
const page = (schema: Schema): Schema =>
  object({ data: list(schema), cursor: object({ "previous?": text, "next?": text }) });
const atPlace = (schema: Schema): Schema =>
  object({ location: object({ directory: text }), data: list(schema) });

const session = "/api/session/{sessionID}";
const model = object({ id: text, providerID: text });

/** Routes that all versions share, by name. */
const common = {
  info: {
    method: "GET",
    path: "/api/info",
    answer: object({ version: text, pid: { type: "integer" }, urls: list(text) }),
  },
  sessions: { method: "GET", path: "/api/session", answer: page(sessionSchema) },
  create: {
    method: "POST",
    path: "/api/session",
    body: object({
      "title?": text,
      "agent?": text,
      "model?": model,
      "location?": object({ directory: text }),
    }),
    answer: data(sessionSchema),
  },
  active: {
    method: "GET",
    path: "/api/session/active",
    answer: data({ type: "object", additionalProperties: object({ type: oneOf("running") }) }),
  },
  session: { method: "GET", path: session, answer: data(sessionSchema) },
  remove: { method: "DELETE", path: session },
  agent: { method: "POST", path: `${session}/agent`, body: object({ agent: text }) },
  model: { method: "POST", path: `${session}/model`, body: object({ model }) },
  messages: { method: "GET", path: `${session}/message`, answer: page(messageSchema) },
  message: { method: "GET", path: `${session}/message/{messageID}`, answer: data(messageSchema) },
  diff: { method: "GET", path: `${session}/diff`, answer: data(list(anything)) },
  inbox: { method: "GET", path: `${session}/inbox`, answer: data(list(inboxItemSchema)) },
  withdraw: { method: "DELETE", path: `${session}/inbox/{inboxID}` },
  command: {
    method: "POST",
    path: `${session}/command`,
    body: object({ name: text, text }),
    answer: data(inboxItemSchema),
  },
  compact: {
    method: "POST",
    path: `${session}/compact`,
    body: object({}),
    answer: data(inboxItemSchema),
  },
  interrupt: {
    method: "POST",
    path: `${session}/interrupt`,
    answer: object({ interrupted: { type: "boolean" } }),
  },
  stage: {
    method: "POST",
    path: `${session}/revert/stage`,
    body: object({ messageID: text, "files?": { type: "boolean" } }),
    answer: data(object({ messageID: text })),
  },
  commit: { method: "POST", path: `${session}/revert/commit` },
  view: { method: "POST", path: `${session}/view`, body: object({ idle: { type: "number" } }) },
  permissions: {
    method: "GET",
    path: `${session}/permission`,
    answer: data(list(permissionSchema)),
  },
  forms: { method: "GET", path: `${session}/form`, answer: data(list(formSchema)) },
  answerForm: {
    method: "POST",
    path: `${session}/form/{formID}/reply`,
    body: object({ answer: { type: "object" } }),
  },
  models: { method: "GET", path: "/api/model", answer: atPlace(modelSchema) },
  defaultModel: { method: "GET", path: "/api/model/default", answer: data(modelSchema) },
  agents: { method: "GET", path: "/api/agent", answer: atPlace(agentSchema) },
  commands: { method: "GET", path: "/api/command", answer: atPlace(object({ name: text })) },
  projects: { method: "GET", path: "/api/project", answer: data(list(projectSchema)) },
  mcpServers: { method: "GET", path: "/api/mcp", answer: atPlace(object({ name: text })) },
  events: { method: "GET", path: "/api/event" },
} as const satisfies Record<string, Route>;

const decision = oneOf("once", "always", "reject");
const mcpBody = object({
  config: object({ type: oneOf("local"), command: list(text), "environment?": anything }),
});

/** Routes of 2.0.18 and later. */
const current = {
  rename: { method: "PATCH", path: session, body: object({ "title?": text }) },
  clear: { method: "DELETE", path: `${session}/revert` },
  cancelForm: { method: "DELETE", path: `${session}/form/{formID}` },
  decide: {
    method: "POST",
    path: `${session}/permission/{requestID}/reply`,
    body: object({ decision, "message?": text }),
  },
  prompt: {
    method: "POST",
    path: `${session}/prompt`,
    body: object({
      text,
      "files?": list(object({ uri: text, "name?": text })),
      "agents?": list(object({ name: text })),
      "delivery?": oneOf("steer", "queue"),
    }),
    answer: data(inboxItemSchema),
  },
  fork: {
    method: "POST",
    path: `${session}/fork`,
    body: object({ "before?": text }),
    answer: data(sessionSchema),
  },
  addMcp: { method: "PUT", path: "/api/experimental/mcp/{server}", body: mcpBody },
  removeMcp: { method: "DELETE", path: "/api/experimental/mcp/{server}" },
  log: { method: "GET", path: "/api/experimental/session/{sessionID}/log" },
  statistics: {
    method: "GET",
    path: "/api/experimental/session/stats",
    answer: object({ sessions: { type: "number" }, cost: { type: "number" } }),
  },
} as const satisfies Record<string, Route>;

/** The same routes as of the August and September 2026 versions. */
const beta = {
  rename: { method: "POST", path: `${session}/rename`, body: object({ title: text }) },
  clear: { method: "POST", path: `${session}/revert/clear` },
  cancelForm: { method: "POST", path: `${session}/form/{formID}/cancel` },
  decide: {
    method: "POST",
    path: `${session}/permission/{requestID}/reply`,
    body: object({ reply: decision, "message?": text }),
  },
  prompt: current.prompt,
  fork: {
    method: "POST",
    path: `${session}/fork`,
    body: object({ "boundary?": object({ type: oneOf("before", "through"), messageID: text }) }),
    answer: data(sessionSchema),
  },
  addMcp: { method: "PUT", path: "/api/mcp/{server}", body: mcpBody },
  removeMcp: { method: "DELETE", path: "/api/mcp/{server}" },
  log: { method: "GET", path: `${session}/log` },
  statistics: { ...current.statistics, path: "/api/session/stats" },
} as const satisfies Record<keyof typeof current, Route>;

export type RouteName = keyof typeof common | keyof typeof current;
export type Drift = "current" | "beta";

/** The routes of a version, by name. */
export function routesOf(drift: Drift): Readonly<Record<RouteName, Route>> {
  return { ...common, ...(drift === "beta" ? beta : current) };
}
