import type { Message, MessagePage, TurnDiff } from "../../core/message.ts";
import type { Model, ModelRef } from "../../core/model.ts";
import type { PendingRequest } from "../../core/request.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Session, SessionTotals } from "../../core/session.ts";
import type { Activity, Project } from "../../core/state.ts";
import type { Activities, Agent, SlashCommand } from "../gateway.ts";
import type { ServerAccess } from "../http.ts";
import { isObject, objectOf, stringOf } from "../narrow.ts";
import { parseAll } from "../parseUsage.ts";
import { SharedValues } from "../sharedValues.ts";
import { sumTotals } from "../sumTotals.ts";
import { promptIDs } from "./inbox.ts";
import {
  parseAgent,
  parseCommand,
  parseDefaultModel,
  parseModel,
  parseProject,
} from "./parseCatalogue.ts";
import { parseDiffs, parseMessage } from "./parseMessage.ts";
import { parseForm, parsePermission } from "./parseRequest.ts";
import { parseSession } from "./parseSession.ts";
import type { Routes } from "./routes.ts";
import type { StreamMemory } from "./streamMemory.ts";
import { atLocation, sessionPath, V2Client } from "./v2Client.ts";

/** The most a page of messages holds; asked of the session list too. */
const PAGE = 200;
/** What every server gives a page at least, unless there is no more: its default. */
const SURE_PAGE = 50;

/** A page of a list as the server gives it, in its order. */
interface Page {
  readonly items: readonly unknown[];
  readonly next: string | undefined;
}

/** What OpenCode 2 can be asked, by its published contract. */
export class V2Queries {
  readonly serverID: string;
  protected readonly client: V2Client;
  protected readonly routes: Routes;
  protected readonly memory: StreamMemory;
  protected readonly shared = new SharedValues();

  constructor(serverID: string, access: ServerAccess, routes: Routes, memory: StreamMemory) {
    this.serverID = serverID;
    this.client = new V2Client(access);
    this.routes = routes;
    this.memory = memory;
  }

  async listSessions(signal?: AbortSignal): Promise<Result<readonly Session[]>> {
    const sessions = new Map<string, Session>();
    let cursor: string | undefined;
    do {
      const page = await this.page("/api/session", PAGE, cursor, signal);
      if (!page.ok) return page;
      for (const item of page.value.items) {
        const session = parseSession(item, this.shared);
        if (session !== undefined) sessions.set(session.id, session);
      }
      cursor = page.value.next;
    } while (cursor !== undefined);
    return ok([...sessions.values()]);
  }

  /** The list's order is not promised, so all of it is read. */
  async listSessionsSince(
    updatedMs: number,
    signal?: AbortSignal,
  ): Promise<Result<readonly Session[]>> {
    const all = await this.listSessions(signal);
    if (!all.ok) return all;
    return ok(
      all.value
        .filter((session) => session.updatedMs >= updatedMs)
        .sort((a, b) => b.updatedMs - a.updatedMs),
    );
  }

  async getSession(sessionID: string, signal?: AbortSignal): Promise<Result<Session>> {
    return this.client.ask(sessionPath(sessionID), (data) => parseSession(data, this.shared), {
      signal,
    });
  }

  /** What runs in this server's process, in all directories; a session that waits for an answer runs. */
  async activities(
    _directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<Activities>> {
    const active = await this.client.ask(
      "/api/session/active",
      (data) => (isObject(data) ? Object.keys(data) : undefined),
      { signal },
    );
    if (!active.ok) return active;
    const nowMs = Date.now();
    const activities = new Map<string, Activity>();
    const requests: PendingRequest[] = [];
    const queuedPrompts = new Map<string, number>();
    for (const sessionID of active.value) {
      activities.set(sessionID, { kind: "working", sinceMs: nowMs });
      const [permissions, forms, inbox] = await Promise.all([
        this.pending(sessionID, "/permission", parsePermission, nowMs, signal),
        this.pending(sessionID, "/form", parseForm, nowMs, signal),
        this.inbox(sessionID, signal),
      ]);
      requests.push(...permissions, ...forms);
      if (inbox !== undefined) queuedPrompts.set(sessionID, inbox);
    }
    return ok({ activities, requests, queuedPrompts });
  }

  async listMessages(
    sessionID: string,
    page: { readonly limit: number; readonly before?: string },
    signal?: AbortSignal,
  ): Promise<Result<MessagePage>> {
    const path = sessionPath(sessionID, "/message");
    const limit = Math.min(page.limit, PAGE);
    const answer = await this.page(path, limit, page.before, signal, "&order=desc");
    if (!answer.ok) return answer;
    const messages = parseAll(answer.value.items, parseMessage) ?? [];
    return ok({ messages: messages.reverse(), olderCursor: answer.value.next });
  }

  async getMessage(
    sessionID: string,
    messageID: string,
    signal?: AbortSignal,
  ): Promise<Result<Message>> {
    const path = sessionPath(sessionID, `/message/${encodeURIComponent(messageID)}`);
    return this.client.ask(path, parseMessage, { signal });
  }

  async exportSession(sessionID: string, signal?: AbortSignal): Promise<Result<unknown>> {
    const info = await this.client.ask(sessionPath(sessionID), (data) => data ?? undefined, {
      signal,
    });
    if (!info.ok) return info;
    const messages: unknown[] = [];
    let before: string | undefined;
    do {
      const path = sessionPath(sessionID, "/message");
      const page = await this.page(path, PAGE, before, signal, "&order=desc");
      if (!page.ok) return page;
      messages.push(...page.value.items);
      before = page.value.next;
    } while (before !== undefined);
    return ok({ info: info.value, messages: messages.reverse() });
  }

  sumTotals(sessionID: string, signal?: AbortSignal): Promise<Result<SessionTotals>> {
    return sumTotals((before) =>
      this.listMessages(
        sessionID,
        { limit: PAGE, ...(before === undefined ? {} : { before }) },
        signal,
      ),
    );
  }

  async projects(signal?: AbortSignal): Promise<Result<readonly Project[]>> {
    return this.client.ask(
      "/api/project",
      (data, body) => parseAll(data ?? Object.values(body), parseProject),
      { signal },
    );
  }

  async models(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<readonly Model[]>> {
    return this.client.ask(
      `/api/model${atLocation(directory)}`,
      (data) => parseAll(data, parseModel),
      { signal },
    );
  }

  async defaultModel(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<ModelRef | undefined>> {
    const answer = await this.client.ask(
      `/api/model/default${atLocation(directory)}`,
      (data) => ({ model: parseDefaultModel(data) }),
      { signal },
    );
    return answer.ok ? ok(answer.value.model) : answer;
  }

  /** The second generation does not tell when it compacts by itself. */
  async compactsAt(): Promise<Result<number | undefined>> {
    return Promise.resolve(ok(undefined));
  }

  async agents(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<readonly Agent[]>> {
    return this.client.ask(
      `/api/agent${atLocation(directory)}`,
      (data) => parseAll(data, parseAgent),
      { signal },
    );
  }

  async slashCommands(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<readonly SlashCommand[]>> {
    return this.client.ask(
      `/api/command${atLocation(directory)}`,
      (data) => parseAll(data, parseCommand),
      { signal },
    );
  }

  /** Turns are named by the message they begin with. */
  async diff(
    sessionID: string,
    messageID: string | undefined,
    signal?: AbortSignal,
  ): Promise<Result<readonly TurnDiff[]>> {
    const turn = messageID === undefined ? "" : encodeURIComponent(messageID);
    const query = turn === "" ? "" : `?from=${turn}&to=${turn}`;
    return this.client.ask(
      sessionPath(sessionID, `/diff${query}`),
      (data) => (Array.isArray(data) ? parseDiffs(data) : undefined),
      { signal },
    );
  }

  /** A page of a list. With a cursor only the limit is sent: order and filters live in the cursor. */
  private async page(
    path: string,
    limit: number,
    cursor: string | undefined,
    signal: AbortSignal | undefined,
    order = "",
  ): Promise<Result<Page>> {
    const query = cursor === undefined ? order : `&cursor=${encodeURIComponent(cursor)}`;
    return this.client.ask(
      `${path}?limit=${String(limit)}${query}`,
      (data, body) => {
        if (!Array.isArray(data)) return undefined;
        const items: readonly unknown[] = data;
        const next = stringOf(objectOf(body["cursor"])["next"]);
        // A cursor may be given on the last page too; a short page is the last one.
        const isLast = items.length < Math.min(limit, SURE_PAGE) || next === cursor;
        return { items, next: isLast ? undefined : next };
      },
      { signal, timeoutMs: 120_000 },
    );
  }

  /** What a session waits for; none where the server cannot tell. */
  private async pending<T>(
    sessionID: string,
    route: string,
    parse: (value: unknown, directory: string | undefined, nowMs: number) => T | undefined,
    nowMs: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly T[]> {
    const answer = await this.client.ask(
      sessionPath(sessionID, route),
      (data) => parseAll(data, (item) => parse(item, undefined, nowMs)),
      { signal },
    );
    return answer.ok ? answer.value : [];
  }

  private async inbox(
    sessionID: string,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    if (!this.routes.hasInbox) return undefined;
    const answer = await this.client.ask(sessionPath(sessionID, "/inbox"), promptIDs, { signal });
    return answer.ok ? this.memory.inbox.replace(sessionID, answer.value) : undefined;
  }
}
