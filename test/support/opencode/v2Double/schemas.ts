import { anything, flag, id, list, number, object, oneOf, type Schema, text } from "./schema.ts";

/*
 * Shapes of OpenCode 2 (2.0.18 and later) from its published contract. The double is checked against them in
 * both directions: what it answers and publishes, and what it is sent. Other fields are allowed.
 */

const tokens = object({
  input: number,
  output: number,
  reasoning: number,
  cache: object({ read: number, write: number }),
});
const model = object({ id: text, providerID: text, "variant?": text });
const location = object({ directory: text });
const error = object({ "type?": text, message: text });
const boundary = object({ type: oneOf("before", "through"), messageID: id("msg") });
const revert = object({ messageID: id("msg"), "files?": list(anything) });

export const sessionSchema = object({
  id: id("ses"),
  "parentID?": id("ses"),
  "fork?": object({ sessionID: id("ses"), "boundary?": boundary }),
  projectID: text,
  "agent?": text,
  "model?": model,
  cost: number,
  tokens,
  "outcome?": oneOf("succeeded", "failed", "interrupted"),
  time: object({
    created: number,
    updated: number,
    "idle?": number,
    "viewed?": number,
    "archived?": number,
  }),
  "title?": text,
  "metadata?": anything,
  "revert?": revert,
  location,
});

const toolState = object({
  status: oneOf("streaming", "running", "completed", "error"),
  "input?": anything,
  "content?": list(object({ type: text, "text?": text })),
  "metadata?": anything,
  "error?": error,
});

const messageTime = object({ created: number, "streamed?": number, "completed?": number });

export const messageSchema: Schema = {
  anyOf: [
    object({ type: oneOf("user"), id: id("msg"), text, time: messageTime }),
    object({
      type: oneOf("assistant"),
      id: id("msg"),
      agent: text,
      model,
      content: list({
        anyOf: [
          object({ type: oneOf("text", "reasoning"), text }),
          object({ type: oneOf("tool"), id: text, name: text, state: toolState }),
        ],
      }),
      "finish?": text,
      "cost?": number,
      "tokens?": tokens,
      "error?": error,
      time: messageTime,
    }),
    object({
      type: oneOf("compaction"),
      id: id("msg"),
      status: oneOf("running", "completed", "failed"),
      reason: oneOf("auto", "manual"),
      summary: text,
      recent: text,
      "model?": model,
      "cost?": number,
      "tokens?": tokens,
      time: messageTime,
    }),
    object({ type: oneOf("idle"), id: id("msg"), outcome: text, time: messageTime }),
  ],
};

export const inboxItemSchema = object({
  id: id("msg"),
  sessionID: id("ses"),
  type: oneOf("prompt", "compaction"),
  delivery: oneOf("steer", "queue"),
  "text?": text,
});

export const permissionSchema = object({
  id: id("per"),
  sessionID: id("ses"),
  action: text,
  resources: list(text),
  "save?": list(text),
  "metadata?": anything,
  "source?": object({ type: oneOf("tool"), messageID: id("msg"), id: text }),
});

const fieldBase = {
  key: text,
  "title?": text,
  "description?": text,
  "required?": flag,
  "when?": object({ key: text, value: anything }),
};
const options = list(object({ value: text, "label?": text, "description?": text }));

export const formSchema = object({
  id: id("frm"),
  sessionID: id("ses"),
  "title?": text,
  fields: list({
    anyOf: [
      object({ ...fieldBase, type: oneOf("string"), "options?": options, "custom?": flag }),
      object({ ...fieldBase, type: oneOf("multiselect"), options, "custom?": flag }),
      object({ ...fieldBase, type: oneOf("number", "integer", "boolean") }),
      object({ ...fieldBase, type: oneOf("external"), url: text }),
    ],
  }),
});

export const modelSchema = object({
  id: text,
  modelID: text,
  providerID: text,
  name: text,
  "cost?": list(
    object({
      "tier?": object({ type: oneOf("context"), size: number }),
      input: number,
      output: number,
      cache: object({ read: number, write: number }),
    }),
  ),
  limit: object({ context: number, output: number }),
  enabled: flag,
});

export const agentSchema = object({ id: text, name: text, mode: text, hidden: flag });
export const projectSchema = object({ id: text, canonical: text, "name?": text });

const inSession = { sessionID: id("ses") };
const inStep = { ...inSession, assistantMessageID: id("msg") };
const usage = { "cost?": number, "tokens?": tokens };

/** Data of the durable events, by type without `session.`. */
const durable: Readonly<Record<string, Schema>> = {
  created: object({
    ...inSession,
    projectID: text,
    location,
    "parentID?": id("ses"),
    "title?": text,
    "agent?": text,
    "model?": model,
  }),
  deleted: object(inSession),
  renamed: object({ ...inSession, title: text }),
  "metadata.updated": object(inSession),
  moved: object({ ...inSession, location }),
  forked: object({ ...inSession, parentID: id("ses"), "boundary?": boundary }),
  viewed: object({ ...inSession, idle: number }),
  "agent.selected": object({ ...inSession, agent: text }),
  "model.selected": object({ ...inSession, model }),
  "inbox.enqueued": object({ ...inSession, inboxID: id("msg"), item: inboxItemSchema }),
  "inbox.delivered": object({ ...inSession, inboxID: id("msg") }),
  "inbox.cancelled": object({ ...inSession, inboxID: id("msg") }),
  "execution.started": object(inSession),
  "execution.succeeded": object(inSession),
  "execution.failed": object({ ...inSession, error }),
  "execution.interrupted": object({
    ...inSession,
    reason: oneOf("user", "shutdown", "superseded", "inactivity"),
  }),
  "step.started": object({ ...inStep, agent: text, model, started: number }),
  "step.ended": object({ ...inStep, finish: text, cost: number, tokens }),
  "step.failed": object({ ...inStep, error, ...usage }),
  "text.started": object(inStep),
  "text.ended": object({ ...inStep, text }),
  "reasoning.started": object(inStep),
  "reasoning.ended": object({ ...inStep, text }),
  "tool.input.started": object({ ...inStep, id: text, name: text }),
  "tool.input.ended": object({ ...inStep, id: text }),
  "tool.called": object({ ...inStep, id: text, input: anything }),
  "tool.success": object({ ...inStep, id: text, content: list(anything), "metadata?": anything }),
  "tool.failed": object({ ...inStep, id: text, error }),
  "retry.scheduled": object({ ...inSession, attempt: number, at: number, error }),
  "compaction.started": object({
    ...inSession,
    reason: oneOf("auto", "manual"),
    recent: text,
    "inputID?": id("msg"),
  }),
  "compaction.ended": object({ ...inSession, text, ...usage }),
  "compaction.failed": object({ ...inSession, "error?": error }),
  "revert.staged": object({ ...inSession, revert }),
  "revert.cleared": object(inSession),
  "revert.committed": object({ ...inSession, to: id("msg") }),
};

/** Events that only occur in the log. */
const logged: Readonly<Record<string, Schema>> = {
  "usage.recorded": object({
    ...inSession,
    source: oneOf("title", "compaction"),
    cost: number,
    tokens,
  }),
};

/** Data of the events that aren't stored. */
const live: Readonly<Record<string, Schema>> = {
  "server.connected": object({}),
  "session.text.delta": object({ ...inStep, delta: text }),
  "session.reasoning.delta": object({ ...inStep, delta: text }),
  "session.tool.input.delta": object({ ...inStep, id: text, delta: text }),
  "session.tool.progress": object({ ...inStep, id: text, metadata: anything }),
  "session.compaction.delta": object({ ...inSession, delta: text }),
  "session.usage.updated": object({ ...inSession, cost: number, tokens }),
  "permission.asked": permissionSchema,
  "permission.replied": object({ ...inSession, requestID: id("per"), reply: text }),
  "form.created": object({ form: formSchema }),
  "form.replied": object({ ...inSession, id: id("frm") }),
  "form.cancelled": object({ ...inSession, id: id("frm") }),
};

function prefixed(schemas: Readonly<Record<string, Schema>>): Record<string, Schema> {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [`session.${name}`, schema]),
  );
}

/** Data of every event the double may publish, by type. */
export const eventDataSchemas: Readonly<Record<string, Schema>> = {
  ...prefixed(durable),
  ...prefixed(logged),
  ...live,
};

export const durableTypes: ReadonlySet<string> = new Set(
  Object.keys({ ...prefixed(durable), ...prefixed(logged) }),
);
export const loggedTypes: ReadonlySet<string> = new Set(Object.keys(prefixed(logged)));

/** Events about a session's row, as opposed to its messages and inbox: the row's time of change is theirs. */
export const rowTypes: ReadonlySet<string> = new Set(
  [
    ...["created", "renamed", "metadata.updated", "agent.selected", "model.selected", "moved"],
    ...["forked", "revert.staged", "revert.cleared", "revert.committed"],
    ...["compaction.ended", "compaction.failed", "step.ended"],
    ...["execution.succeeded", "execution.failed", "execution.interrupted"],
  ].map((name) => `session.${name}`),
);

/** The envelope of an event; only the first has no time. */
export const envelopeSchema = object({
  id: id("evt"),
  "created?": number,
  type: text,
  "location?": location,
  "durable?": object({ aggregateID: id("ses"), seq: number, version: number }),
  data: anything,
});
