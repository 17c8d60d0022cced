import type { OpencodeClient } from "@opencode-ai/sdk/v2/client";
import { ServerError } from "../../core/errors.ts";
import type { Message, MessagePage, TurnDiff } from "../../core/message.ts";
import type { Model, ModelRef } from "../../core/model.ts";
import type { PendingRequest } from "../../core/request.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { Session, SessionTotals } from "../../core/session.ts";
import type { Activity, Project } from "../../core/state.ts";
import type { ServerFolders } from "../databaseFile.ts";
import type { Activities, Agent, SlashCommand, TodoItem } from "../gateway.ts";
import type { ServerAccess } from "../http.ts";
import { readLargeJSON } from "../largeAnswer.ts";
import { arrayOf, isObject, objectOf, stringOf } from "../narrow.ts";
import { parseAll } from "../parseUsage.ts";
import { SharedValues } from "../sharedValues.ts";
import { sumTotals } from "../sumTotals.ts";
import { ownCompactionTokens } from "./ownCompaction.ts";
import { parseDiffs, parseMessage } from "./parseMessage.ts";
import { parseModels } from "./parseModels.ts";
import { parsePermission, parseQuestion } from "./parseRequest.ts";
import { parseActivity, parseSession } from "./parseSession.ts";
import { call, callOptions, createClient } from "./sdkCall.ts";

/** More than any server holds: the list has no trustworthy paging (rows with equal times get lost). */
const ALL_SESSIONS = 100_000;
const MESSAGES_A_PAGE = 500;
const LIST_TIMEOUT_MS = 120_000;

/** Where an absent directory means the server's own. */
export function inDirectory(directory: string | undefined): { directory?: string } {
  return directory === undefined || directory === "" ? {} : { directory };
}

/** What OpenCode 1 (observed on 1.18) can be asked, through its SDK. */
export class V1Queries {
  readonly serverID: string;
  protected readonly access: ServerAccess;
  protected readonly client: OpencodeClient;
  protected readonly shared = new SharedValues();

  constructor(serverID: string, access: ServerAccess) {
    this.serverID = serverID;
    this.access = access;
    this.client = createClient(access);
  }

  async listSessions(signal?: AbortSignal): Promise<Result<readonly Session[]>> {
    const everywhere = await this.list(
      `/experimental/session?limit=${String(ALL_SESSIONS)}&archived=true`,
      signal,
    );
    if (everywhere.ok || everywhere.error.reason !== "unsupported") return everywhere;
    return this.listByProject(signal);
  }

  async listSessionsSince(
    updatedMs: number,
    signal?: AbortSignal,
  ): Promise<Result<readonly Session[]>> {
    return this.list(
      `/experimental/session?limit=${String(ALL_SESSIONS)}&archived=true&start=${String(updatedMs)}`,
      signal,
    );
  }

  async getSession(sessionID: string, signal?: AbortSignal): Promise<Result<Session>> {
    return call(
      this.client.session.get({ sessionID }, callOptions(signal)),
      (body) => parseSession(body, this.shared),
      signal,
    );
  }

  async activities(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<Activities>> {
    const where = inDirectory(directory);
    const options = callOptions(signal);
    const nowMs = Date.now();
    const [status, permissions, questions] = await Promise.all([
      call(this.client.session.status(where, options), parseStatuses, signal),
      call(
        this.client.permission.list(where, options),
        (body) => parseAll(body, (item) => parsePermission(item, directory, nowMs)),
        signal,
      ),
      call(
        this.client.question.list(where, options),
        (body) => parseAll(body, (item) => parseQuestion(item, directory, nowMs)),
        signal,
      ),
    ]);
    if (!status.ok) return status;
    // Servers without questions or permissions lists still tell who is busy. Requests of stopped turns
    // and of deleted sessions stay on the lists for ever (observed on 1.18).
    const requests: PendingRequest[] = [
      ...(permissions.ok ? permissions.value : []),
      ...(questions.ok ? questions.value : []),
    ].filter(({ sessionID }) => status.value.has(sessionID));
    return ok({ activities: status.value, requests });
  }

  async listMessages(
    sessionID: string,
    page: { readonly limit: number; readonly before?: string },
    signal?: AbortSignal,
  ): Promise<Result<MessagePage>> {
    return call(
      this.client.session.messages(
        {
          sessionID,
          limit: page.limit,
          ...(page.before === undefined ? {} : { before: page.before }),
        },
        callOptions(signal),
      ),
      (body, response) => {
        const messages = parseAll(body, parseMessage);
        return messages === undefined
          ? undefined
          : { messages, olderCursor: response?.headers.get("x-next-cursor") ?? undefined };
      },
      signal,
    );
  }

  async getMessage(
    sessionID: string,
    messageID: string,
    signal?: AbortSignal,
  ): Promise<Result<Message>> {
    return call(
      this.client.session.message({ sessionID, messageID }, callOptions(signal)),
      parseMessage,
      signal,
    );
  }

  sumTotals(sessionID: string, signal?: AbortSignal): Promise<Result<SessionTotals>> {
    return sumTotals((before) =>
      this.listMessages(
        sessionID,
        { limit: MESSAGES_A_PAGE, ...(before === undefined ? {} : { before }) },
        signal,
      ),
    );
  }

  async projects(signal?: AbortSignal): Promise<Result<readonly Project[]>> {
    return call(
      this.client.project.list(undefined, callOptions(signal)),
      (body) =>
        parseAll(body, (item) => {
          const project = objectOf(item);
          const id = stringOf(project["id"]);
          const worktree = stringOf(project["worktree"]);
          if (id === undefined || worktree === undefined) return undefined;
          return { id, worktree, name: stringOf(project["name"]) };
        }),
      signal,
    );
  }

  async models(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<readonly Model[]>> {
    return call(
      this.client.config.providers(inDirectory(directory), callOptions(signal)),
      (body) => (isObject(body) ? parseModels(body) : undefined),
      signal,
    );
  }

  async defaultModel(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<ModelRef | undefined>> {
    const where = inDirectory(directory);
    const configured = await call(
      this.client.config.get(where, callOptions(signal)),
      (body) => (isObject(body) ? { model: stringOf(body["model"]) } : undefined),
      signal,
    );
    if (configured.ok && configured.value.model !== undefined) {
      const [providerID = "", ...rest] = configured.value.model.split("/");
      return ok({ providerID, modelID: rest.join("/"), variant: undefined });
    }
    const answer = await call(
      this.client.config.providers(where, callOptions(signal)),
      (body) => ({ first: Object.entries(objectOf(objectOf(body)["default"]))[0] }),
      signal,
    );
    if (!answer.ok) return answer;
    const { first } = answer.value;
    const modelID = stringOf(first?.[1]);
    return ok(
      first === undefined || modelID === undefined
        ? undefined
        : { providerID: first[0], modelID, variant: undefined },
    );
  }

  async compactsAt(
    directory: string | undefined,
    model: ModelRef,
    signal?: AbortSignal,
  ): Promise<Result<number | undefined>> {
    const where = inDirectory(directory);
    const options = callOptions(signal);
    const [config, providers] = await Promise.all([
      call(this.client.config.get(where, options), objectOf, signal),
      call(this.client.config.providers(where, options), objectOf, signal),
    ]);
    if (!config.ok) return config;
    if (!providers.ok) return providers;
    const provider = arrayOf(providers.value["providers"])
      .map(objectOf)
      .find(({ id }) => id === model.providerID);
    const entry = objectOf(provider?.["models"])[model.modelID];
    return ok(ownCompactionTokens(config.value, entry));
  }

  async agents(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<readonly Agent[]>> {
    return call(
      this.client.app.agents(inDirectory(directory), callOptions(signal)),
      (body) =>
        parseAll(body, (item) => {
          const agent = objectOf(item);
          const name = stringOf(agent["name"]);
          if (name === undefined || agent["hidden"] === true) return undefined;
          return {
            name,
            description: stringOf(agent["description"]) ?? "",
            isPrimary: agent["mode"] !== "subagent",
          };
        }),
      signal,
    );
  }

  async slashCommands(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<readonly SlashCommand[]>> {
    return call(
      this.client.command.list(inDirectory(directory), callOptions(signal)),
      (body) =>
        parseAll(body, (item) => {
          const command = objectOf(item);
          const name = stringOf(command["name"]);
          return name === undefined
            ? undefined
            : { name, description: stringOf(command["description"]) ?? "" };
        }),
      signal,
    );
  }

  /** Where the server keeps things on its machine. */
  async folders(signal?: AbortSignal): Promise<Result<ServerFolders>> {
    return call(
      this.client.path.get(undefined, callOptions(signal)),
      (body) => {
        const home = stringOf(objectOf(body)["home"]);
        const state = stringOf(objectOf(body)["state"]);
        return home === undefined || state === undefined ? undefined : { home, state };
      },
      signal,
    );
  }

  async todos(sessionID: string, signal?: AbortSignal): Promise<Result<readonly TodoItem[]>> {
    return call(
      this.client.session.todo({ sessionID }, callOptions(signal)),
      (body) =>
        parseAll(body, (item) => {
          const todo = objectOf(item);
          const content = stringOf(todo["content"]);
          return content === undefined
            ? undefined
            : { content, status: stringOf(todo["status"]) ?? "pending" };
        }),
      signal,
    );
  }

  async diff(
    sessionID: string,
    messageID: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<readonly TurnDiff[]>> {
    return call(
      this.client.session.diff(
        { sessionID, ...(messageID === undefined ? {} : { messageID }) },
        callOptions(signal),
      ),
      (body) => (Array.isArray(body) ? parseDiffs(body) : undefined),
      signal,
    );
  }

  private async list(path: string, signal?: AbortSignal): Promise<Result<readonly Session[]>> {
    // Not by the SDK, whose request objects cost a copy of a large answer.
    const answer = await readLargeJSON(this.access, path, LIST_TIMEOUT_MS, signal);
    if (!answer.ok) return answer;
    const sessions = parseAll(answer.value, (item) => parseSession(item, this.shared));
    return sessions === undefined
      ? failed(new ServerError("invalidResponse", "the session list has an unknown shape"))
      : ok(sessions);
  }

  /** Servers without a list over all projects: one list a project, and the server's own directory. */
  private async listByProject(signal?: AbortSignal): Promise<Result<readonly Session[]>> {
    const projects = await this.projects(signal);
    if (!projects.ok) return projects;
    const found = new Map<string, Session>();
    const directories = [undefined, ...projects.value.map((project) => project.worktree)];
    for (const directory of directories) {
      if (directory === "/") continue;
      const query = directory === undefined ? "" : `&directory=${encodeURIComponent(directory)}`;
      const list = await this.list(`/session?limit=${String(ALL_SESSIONS)}${query}`, signal);
      if (!list.ok) return list;
      for (const session of list.value) found.set(session.id, session);
    }
    return ok([...found.values()]);
  }
}

function parseStatuses(body: unknown): ReadonlyMap<string, Activity> | undefined {
  if (!isObject(body)) return undefined;
  const nowMs = Date.now();
  return new Map(
    Object.entries(body).map(([sessionID, status]) => [sessionID, parseActivity(status, nowMs)]),
  );
}
