import { scriptedModels } from "../scriptedModels.ts";
import { at, isRecord, numberOf, stringOf } from "../../json.ts";
import type { DoubleMessage, DoubleModel, DoubleState, SessionRecord } from "./doubleState.ts";
import { projectIDOf } from "./doubleState.ts";
import type { EventHub } from "./eventHub.ts";
import type { Faults } from "./faults.ts";
import { newID } from "./ids.ts";
import type { Answer, Call, RouteName } from "./routes.ts";
import type { Turns } from "./turns.ts";

/** The parts of the double that its routes use. */
export interface Parts {
  readonly state: DoubleState;
  readonly hub: EventHub;
  readonly turns: Turns;
  readonly faults: Faults;
  readonly directories: readonly string[];
  /** MCP servers that were added, by name. */
  readonly mcpServers: Map<string, unknown>;
  info(): { readonly version: string; readonly pid: number; readonly urls: readonly string[] };
}

type Handler = (call: Call) => Answer;

const NOTHING: Answer = { kind: "nothing" };
const DEFAULT_PAGE = 50;

/** The implementation of each route. */
export function handlersOf(parts: Parts): Readonly<Record<RouteName, Handler>> {
  const { state, hub, turns, faults, directories, mcpServers } = parts;
  const here = directories[0] ?? "/";

  const withSession =
    (handle: (record: SessionRecord, call: Call) => Answer): Handler =>
    (call) => {
      const record = state.sessions.get(call.parameters[0] ?? "");
      return record === undefined ? missing("SessionNotFoundError") : handle(record, call);
    };
  const created = (record: SessionRecord): void => {
    const { projectID, parentID, title, agent, model, location } = record.info;
    hub.say(record, "session.created", {
      projectID,
      location,
      agent,
      model,
      ...(parentID === undefined ? {} : { parentID }),
      ...(title === undefined ? {} : { title }),
    });
  };
  const row = ({ info }: SessionRecord): unknown => {
    if (!faults.bareRows) return info;
    const { id, projectID, cost, tokens, time, location, parentID } = info;
    return {
      id,
      projectID,
      cost,
      tokens,
      time,
      location,
      ...(parentID === undefined ? {} : { parentID }),
    };
  };
  const place = (items: readonly unknown[]): Answer =>
    json({ location: { directory: here }, data: items });

  return {
    info: () => json(parts.info()),
    sessions: ({ query }) => {
      const parentID = query.get("parentID");
      const all = [...state.sessions.values()]
        .filter(({ info }) => parentID === null || (info.parentID ?? "null") === parentID)
        .reverse();
      return paged(all, row, query, faults.pageCap);
    },
    create: ({ body }) => {
      const model = modelOf(body["model"]);
      const record = state.add({
        title: textOrNone(body["title"]),
        agent: textOrNone(body["agent"]),
        model,
        directory: stringOf(at(body, "location", "directory")) || here,
      });
      created(record);
      return json({ data: row(record) });
    },
    active: () =>
      json({ data: Object.fromEntries(turns.active().map((id) => [id, { type: "running" }])) }),
    session: withSession((record) => json({ data: row(record) })),
    remove: withSession((record) => {
      const { info } = record;
      turns.interrupt(info.id);
      state.remove(info.id);
      // Its descendants are deleted with it, without events of their own.
      hub.publish("session.deleted", { sessionID: info.id }, info.location.directory);
      return NOTHING;
    }),
    agent: withSession((record, { body }) => {
      record.info.agent = stringOf(body["agent"]);
      hub.say(record, "session.agent.selected", { agent: record.info.agent });
      return NOTHING;
    }),
    model: withSession((record, { body }) => {
      record.info.model = modelOf(body["model"]) ?? record.info.model;
      hub.say(record, "session.model.selected", { model: record.info.model });
      return NOTHING;
    }),
    messages: withSession((record, { query }) => {
      const isAscending = query.get("order") === "asc";
      const all = isAscending ? record.messages : [...record.messages].reverse();
      return paged(all, (message) => message, query, faults.pageCap);
    }),
    message: withSession((record, { parameters }) => {
      const message = record.messages.find(({ id }) => id === parameters[1]);
      return message === undefined ? missing("MessageNotFoundError") : json({ data: message });
    }),
    diff: withSession(() => json({ data: [] })),
    inbox: withSession((record) => json({ data: record.inbox })),
    withdraw: withSession((record, { parameters }) =>
      turns.withdraw(record, parameters[1] ?? "") ? NOTHING : missing("InboxItemNotFoundError"),
    ),
    prompt: withSession((record, { body }) => {
      const delivery = body["delivery"] === "queue" ? "queue" : "steer";
      return accept(turns, record, "prompt", delivery, stringOf(body["text"]));
    }),
    command: withSession((record, { body }) =>
      accept(
        turns,
        record,
        "prompt",
        "steer",
        `/${stringOf(body["name"])} ${stringOf(body["text"])}`,
      ),
    ),
    compact: withSession((record) => accept(turns, record, "compaction", "steer")),
    interrupt: withSession((record) => json({ interrupted: turns.interrupt(record.info.id) })),
    rename: withSession((record, { body }) => {
      const title = textOrNone(body["title"]);
      if (title !== undefined) {
        record.info.title = title;
        hub.say(record, "session.renamed", { title });
      }
      return NOTHING;
    }),
    stage: withSession((record, { body }) => {
      const messageID = stringOf(body["messageID"]);
      if (turns.active().includes(record.info.id)) {
        return refusal(409, "SessionBusyError", "the session is busy");
      }
      if (!record.messages.some(({ id }) => id === messageID))
        return missing("MessageNotFoundError");
      record.info.revert = { messageID };
      hub.say(record, "session.revert.staged", { revert: record.info.revert });
      return json({ data: record.info.revert });
    }),
    clear: withSession((record) => {
      delete record.info.revert;
      hub.say(record, "session.revert.cleared");
      return NOTHING;
    }),
    commit: withSession((record) => {
      const { revert } = record.info;
      if (revert === undefined) return NOTHING;
      const place = record.messages.findIndex(({ id }) => id === revert.messageID);
      // The money has been spent, so totals stay.
      record.messages = record.messages.slice(0, place);
      delete record.info.revert;
      hub.say(record, "session.revert.committed", { to: revert.messageID });
      return NOTHING;
    }),
    view: withSession((record, { body }) => {
      record.info.time.viewed = numberOf(body["idle"]);
      hub.say(record, "session.viewed", { idle: record.info.time.viewed });
      return NOTHING;
    }),
    fork: withSession((record, { body }) => {
      const before = textOrNone(body["before"]) ?? textOrNone(at(body, "boundary", "messageID"));
      const { info } = record;
      const copy = state.add({
        title: info.title,
        agent: info.agent,
        model: info.model,
        directory: info.location.directory,
      });
      const boundary =
        before === undefined ? undefined : ({ type: "before", messageID: before } as const);
      copy.info.fork = { sessionID: info.id, ...(boundary === undefined ? {} : { boundary }) };
      const end = record.messages.findIndex(({ id }) => id === before);
      const kept = end < 0 ? record.messages : record.messages.slice(0, end);
      copy.messages = kept.map((message): DoubleMessage => ({ ...message, id: newID("msg") }));
      // The copied history's figures are copied too.
      copy.info.cost = info.cost;
      copy.info.tokens = info.tokens;
      created(copy);
      hub.say(copy, "session.forked", {
        parentID: info.id,
        ...(boundary === undefined ? {} : { boundary }),
      });
      return json({ data: row(copy) });
    }),
    permissions: withSession(({ info }) =>
      json({ data: [...state.permissions.values()].filter((each) => each.sessionID === info.id) }),
    ),
    decide: withSession((_record, { parameters, body }) =>
      turns.tools.decide(parameters[1] ?? "", stringOf(body["decision"] ?? body["reply"]))
        ? NOTHING
        : missing("PermissionNotFoundError"),
    ),
    forms: withSession(({ info }) =>
      json({ data: [...state.forms.values()].filter((each) => each.sessionID === info.id) }),
    ),
    answerForm: withSession((_record, { parameters, body }) => {
      const formID = parameters[1] ?? "";
      const answer = isRecord(body["answer"]) ? body["answer"] : {};
      const wanting = state.forms.get(formID)?.fields.find((field) => lacks(field, answer));
      if (wanting !== undefined) {
        return refusal(400, "BadRequestError", `field ${stringOf(wanting["key"])} is required`);
      }
      return turns.tools.fill(formID, answer) ? NOTHING : missing("FormNotFoundError");
    }),
    cancelForm: withSession((record, { parameters }) => {
      if (!turns.tools.fill(parameters[1] ?? "", undefined)) return missing("FormNotFoundError");
      // Cancelling a form stops the turn.
      turns.interrupt(record.info.id);
      return NOTHING;
    }),
    models: () => place(Object.keys(scriptedModels).map(modelRow)),
    defaultModel: () => json({ data: modelRow("steady") }),
    agents: () =>
      place(
        ["build", "plan", "general", "explore"].map((name, index) => ({
          id: name,
          name,
          mode: index < 2 ? "primary" : "subagent",
          hidden: false,
        })),
      ),
    commands: () => place([{ name: "init", description: "Prepare the project" }]),
    projects: () =>
      json({
        data: directories.map((canonical) => ({ id: projectIDOf(canonical), canonical })),
      }),
    mcpServers: () =>
      place([...mcpServers.keys()].map((name) => ({ name, status: { status: "connected" } }))),
    addMcp: ({ parameters, body }) => {
      mcpServers.set(parameters[0] ?? "", body["config"]);
      return NOTHING;
    },
    removeMcp: ({ parameters }) => {
      mcpServers.delete(parameters[0] ?? "");
      return NOTHING;
    },
    events: ({ response }) => {
      hub.open(response);
      return { kind: "open" };
    },
    log: withSession((record, { query, response }) => {
      const after = Number(query.get("after") ?? -1);
      hub.replay(response, record.info.id, after, query.get("follow") === "true");
      return { kind: "open" };
    }),
    statistics: () => {
      const rows = [...state.sessions.values()];
      return json({
        sessions: rows.length,
        cost: rows.reduce((sum, { info }) => sum + info.cost, 0),
      });
    },
  };
}

function json(body: unknown): Answer {
  return { kind: "json", body };
}

function refusal(status: number, tag: string, message: string): Answer {
  return { kind: "refusal", status, tag, message };
}

function missing(tag: string): Answer {
  return refusal(404, tag, "not found");
}

function accept(
  turns: Turns,
  record: SessionRecord,
  type: "prompt" | "compaction",
  delivery: "steer" | "queue",
  text?: string,
): Answer {
  const item = {
    id: newID("msg"),
    sessionID: record.info.id,
    type,
    delivery,
    ...(text === undefined ? {} : { text }),
  };
  turns.accept(record, item);
  return json({ data: item });
}

/** A page with cursors that hold position and order; the last page has one too, as on real servers. */
function paged<T>(
  all: readonly T[],
  row: (item: T) => unknown,
  query: URLSearchParams,
  cap: number,
): Answer {
  const cursor = query.get("cursor");
  if (cursor !== null && [...query.keys()].some((key) => key !== "cursor" && key !== "limit")) {
    return refusal(400, "BadRequestError", "a cursor goes with nothing but a limit");
  }
  const limit = Math.min(Number(query.get("limit") ?? DEFAULT_PAGE), cap);
  const from = cursor === null ? 0 : Number(Buffer.from(cursor, "base64url").toString());
  const items = all.slice(from, from + limit);
  const next = Buffer.from(String(from + items.length)).toString("base64url");
  return json({ data: items.map(row), cursor: items.length === 0 ? {} : { next } });
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function modelOf(value: unknown): DoubleModel | undefined {
  const id = stringOf(at(value, "id"));
  return id === "" ? undefined : { id, providerID: stringOf(at(value, "providerID")) };
}

function modelRow(id: string): unknown {
  const model = Object.entries(scriptedModels).find(([name]) => name === id)?.[1];
  if (model === undefined) return undefined;
  const { input, output, cache_read: read, cache_write: write } = model.cost;
  const price = { input, output, cache: { read, write } };
  return {
    id,
    modelID: id,
    providerID: "scripted",
    name: model.name,
    // A more expensive tier comes first: the base price is the one without a tier.
    cost: [{ ...price, input: input * 2, tier: { type: "context", size: 200_000 } }, price],
    limit: model.limit ?? { context: 0, output: 0 },
    enabled: true,
  };
}

/** Whether an answer lacks a field that is required given the other answers. */
function lacks(
  field: Readonly<Record<string, unknown>>,
  answer: Readonly<Record<string, unknown>>,
): boolean {
  if (field["required"] !== true || field["type"] === "external") return false;
  const when = field["when"];
  if (when !== undefined && answer[stringOf(at(when, "key"))] !== at(when, "value")) return false;
  return answer[stringOf(field["key"])] === undefined;
}
