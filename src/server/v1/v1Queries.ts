import { t } from "../../core/language.ts";
import { ServerError } from "../../core/errors.ts";
import type { MessagePage } from "../../core/state/message.ts";
import { MAX_FOUND_FILES } from "../../core/limits.ts";
import { pageQuery } from "../../core/state/messagePages.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { Session } from "../../core/state/session.ts";
import type { Activity, Project } from "../../core/state/state.ts";
import type { ServerFolders } from "../databaseFile.ts";
import type { GatewayQueries, TodoItem } from "../gateway.ts";
import { readLargeList } from "../largeAnswer.ts";
import { arrayOf, idOf, isObject, objectOf, stringOf } from "../narrow.ts";
import { parseAgent, parseAll, parseCommand, parseDiffs, parseProject } from "../sharedShapes.ts";
import type { SharedValues } from "../sharedValues.ts";
import { sumTotals } from "../sumTotals.ts";
import { exportSession } from "./exportSession.ts";
import { ownCompactionTokens } from "./ownCompaction.ts";
import { parseMessage } from "./parseMessage.ts";
import { parseModels } from "./parseModels.ts";
import { parsePermission, parseQuestion } from "./parseRequest.ts";
import { parseActivity, parseSession } from "./parseSession.ts";
import { inDirectory, type V1Client } from "./v1Client.ts";

/** More than any server holds: the list has no reliable paging (rows with equal times get lost). */
const ALL_SESSIONS = 100_000;
const EVERYWHERE = `/experimental/session?limit=${String(ALL_SESSIONS)}&archived=true`;
const MESSAGES_A_PAGE = 500;
const LIST_TIMEOUT_MS = 120_000;

/** Queries of OpenCode 1 (observed on 1.18), through its SDK. */
export function createV1Queries(client: V1Client, shared: SharedValues): GatewayQueries {
  const list = async (path: string, signal?: AbortSignal): Promise<Result<readonly Session[]>> => {
    // Not through the SDK, whose request objects cost a copy of a large answer.
    const parse = (item: unknown) => parseSession(item, shared);
    const answer = await readLargeList(client.access, path, parse, LIST_TIMEOUT_MS, signal);
    if (!answer.ok) return answer;
    return answer.value === undefined
      ? failed(new ServerError("invalidResponse", t("the session list has an unknown format")))
      : ok(answer.value);
  };
  const projects = (signal?: AbortSignal): Promise<Result<readonly Project[]>> =>
    client.ask(
      (sdk, options) => sdk.project.list(undefined, options),
      (body) => parseAll(body, parseProject),
      { signal },
    );
  const listMessages: GatewayQueries["listMessages"] = (sessionID, { limit, before }, signal) =>
    client.ask(
      (sdk, options) => sdk.session.messages({ sessionID, ...pageQuery(limit, before) }, options),
      (body, response): MessagePage | undefined => {
        const messages = parseAll(body, parseMessage);
        const olderCursor = response.headers.get("x-next-cursor") ?? undefined;
        return messages === undefined ? undefined : { messages, olderCursor };
      },
      { signal },
    );

  /** For servers without a list across all projects: one list per project, and the server's own directory. */
  const listByProject = async (signal?: AbortSignal): Promise<Result<readonly Session[]>> => {
    const known = await projects(signal);
    if (!known.ok) return known;
    const found = new Map<string, Session>();
    for (const directory of [undefined, ...known.value.map(({ worktree }) => worktree)]) {
      if (directory === "/") continue;
      const query = directory === undefined ? "" : `&directory=${encodeURIComponent(directory)}`;
      const some = await list(`/session?limit=${String(ALL_SESSIONS)}${query}`, signal);
      if (!some.ok) return some;
      for (const session of some.value) found.set(session.id, session);
    }
    return ok([...found.values()]);
  };

  return {
    listMessages,
    projects,

    async listSessions(signal) {
      const everywhere = await list(EVERYWHERE, signal);
      if (everywhere.ok || everywhere.error.reason !== "unsupported") return everywhere;
      return listByProject(signal);
    },

    listSessionsSince: (updatedMs, signal) =>
      list(`${EVERYWHERE}&start=${String(updatedMs)}`, signal),

    getSession: (sessionID, signal) =>
      client.ask(
        (sdk, options) => sdk.session.get({ sessionID }, options),
        (body) => parseSession(body, shared),
        { signal },
      ),

    async activities(directory, signal) {
      const where = inDirectory(directory);
      const nowMs = Date.now();
      const [status, permissions, questions] = await Promise.all([
        client.ask((sdk, options) => sdk.session.status(where, options), parseStatuses, { signal }),
        client.ask(
          (sdk, options) => sdk.permission.list(where, options),
          (body) => parseAll(body, (item) => parsePermission(item, directory, nowMs)),
          { signal },
        ),
        client.ask(
          (sdk, options) => sdk.question.list(where, options),
          (body) => parseAll(body, (item) => parseQuestion(item, directory, nowMs)),
          { signal },
        ),
      ]);
      if (!status.ok) return status;
      // Servers without lists of questions or permissions still report who is busy. Requests of stopped turns
      // and of deleted sessions stay on the lists forever (observed on 1.18).
      const requests = [
        ...(permissions.ok ? permissions.value : []),
        ...(questions.ok ? questions.value : []),
      ].filter(({ sessionID }) => status.value.has(sessionID));
      return ok({ activities: status.value, requests });
    },

    exportSession: (sessionID, signal) => exportSession(client.access, sessionID, signal),

    sumTotals: (sessionID, signal) =>
      sumTotals((before) => listMessages(sessionID, pageQuery(MESSAGES_A_PAGE, before), signal)),

    models: (directory, signal) =>
      client.ask(
        (sdk, options) => sdk.config.providers(inDirectory(directory), options),
        (body) => (isObject(body) ? parseModels(body) : undefined),
        { signal },
      ),

    async defaultModel(directory, signal) {
      const where = inDirectory(directory);
      const configured = await client.ask(
        (sdk, options) => sdk.config.get(where, options),
        (body) => (isObject(body) ? { model: stringOf(body["model"]) } : undefined),
        { signal },
      );
      if (configured.ok && configured.value.model !== undefined) {
        const [providerID = "", ...rest] = configured.value.model.split("/");
        return ok({ providerID, modelID: rest.join("/"), variant: undefined });
      }
      const answer = await client.ask(
        (sdk, options) => sdk.config.providers(where, options),
        (body) => ({ first: Object.entries(objectOf(objectOf(body)["default"]))[0] }),
        { signal },
      );
      if (!answer.ok) return answer;
      const [providerID, value] = answer.value.first ?? [];
      const modelID = stringOf(value);
      return ok(
        providerID === undefined || modelID === undefined
          ? undefined
          : { providerID, modelID, variant: undefined },
      );
    },

    async compactsAt(directory, model, signal) {
      const where = inDirectory(directory);
      const [config, providers] = await Promise.all([
        client.ask((sdk, options) => sdk.config.get(where, options), objectOf, { signal }),
        client.ask((sdk, options) => sdk.config.providers(where, options), objectOf, { signal }),
      ]);
      if (!config.ok) return config;
      if (!providers.ok) return providers;
      const provider = arrayOf(providers.value["providers"])
        .map(objectOf)
        .find(({ id }) => id === model.providerID);
      const entry = objectOf(provider?.["models"])[model.modelID];
      return ok(ownCompactionTokens(config.value, entry));
    },

    agents: (directory, signal) =>
      client.ask(
        (sdk, options) => sdk.app.agents(inDirectory(directory), options),
        (body) => parseAll(body, parseAgent),
        { signal },
      ),

    slashCommands: (directory, signal) =>
      client.ask(
        (sdk, options) => sdk.command.list(inDirectory(directory), options),
        (body) => parseAll(body, parseCommand),
        { signal },
      ),

    findFiles: (directory, query, signal) =>
      client.ask(
        (sdk, options) =>
          sdk.find.files(
            { ...inDirectory(directory), query, type: "file", limit: MAX_FOUND_FILES },
            options,
          ),
        (body) => parseAll(body, stringOf),
        { signal },
      ),

    todos: (sessionID, signal) =>
      client.ask(
        (sdk, options) => sdk.session.todo({ sessionID }, options),
        (body) => parseAll(body, parseTodo),
        { signal },
      ),

    diff: (sessionID, messageID, signal) =>
      client.ask(
        (sdk, options) =>
          sdk.session.diff(
            { sessionID, ...(messageID === undefined ? {} : { messageID }) },
            options,
          ),
        (body) => (Array.isArray(body) ? parseDiffs(body) : undefined),
        { signal },
      ),
  };
}

/** Where the server keeps its files on its machine. */
export function readFolders(
  client: V1Client,
  signal?: AbortSignal,
): Promise<Result<ServerFolders>> {
  return client.ask(
    (sdk, options) => sdk.path.get(undefined, options),
    (body) => {
      const home = stringOf(objectOf(body)["home"]);
      const state = stringOf(objectOf(body)["state"]);
      return home === undefined || state === undefined ? undefined : { home, state };
    },
    { signal },
  );
}

function parseStatuses(body: unknown): ReadonlyMap<string, Activity> | undefined {
  if (!isObject(body)) return undefined;
  const nowMs = Date.now();
  return new Map(
    Object.entries(body).flatMap(([key, status]) => {
      const sessionID = idOf(key);
      return sessionID === undefined ? [] : [[sessionID, parseActivity(status, nowMs)]];
    }),
  );
}

function parseTodo(value: unknown): TodoItem | undefined {
  const todo = objectOf(value);
  const content = stringOf(todo["content"]);
  if (content === undefined) return undefined;
  return { content, status: stringOf(todo["status"]) ?? "pending" };
}
