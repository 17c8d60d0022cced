import { t } from "../../core/language.ts";
import { MAX_FOUND_FILES } from "../../core/limits.ts";
import { pageQuery, pagesOf } from "../../core/state/messagePages.ts";
import type { PendingRequest } from "../../core/state/request.ts";
import { ok, type Result } from "../../core/result.ts";
import type { Session } from "../../core/state/session.ts";
import type { Activity } from "../../core/state/state.ts";
import type { GatewayQueries } from "../gateway.ts";
import { idOf, isObject, objectOf, stringOf } from "../narrow.ts";
import { parseAgent, parseAll, parseCommand, parseDiffs, parseProject } from "../sharedShapes.ts";
import type { SharedValues } from "../sharedValues.ts";
import { sumTotals } from "../sumTotals.ts";
import { promptIDs } from "./inbox.ts";
import { parseDefaultModel, parseModel } from "./parseCatalogue.ts";
import { parseMessage } from "./parseMessage.ts";
import { parseForm, parsePermission } from "./parseRequest.ts";
import { parseSession } from "./parseSession.ts";
import type { Routes } from "./routes.ts";
import type { StreamMemory } from "./streamMemory.ts";
import { atLocation, cannot, sessionPath, type V2Client } from "./v2Client.ts";

/** Maximum size of a page of messages; also requested for the session list. */
const PAGE = 200;
/** What every server puts on a page at least, unless there is no more: its default. */
const SURE_PAGE = 50;

/** A page of a list as the server returns it, in its order. */
interface Page {
  readonly items: readonly unknown[];
  readonly olderCursor: string | undefined;
}

/** Queries of OpenCode 2, by its published contract. */
export function createV2Queries(
  client: V2Client,
  routes: Routes,
  memory: StreamMemory,
  shared: SharedValues,
): GatewayQueries {
  /** A page of a list. With a cursor, only the limit is sent: order and filters are part of the cursor. */
  const readPage = (
    path: string,
    limit: number,
    cursor: string | undefined,
    signal: AbortSignal | undefined,
    order = "",
  ): Promise<Result<Page>> => {
    const query = cursor === undefined ? order : `&cursor=${encodeURIComponent(cursor)}`;
    return client.ask(
      `${path}?limit=${String(limit)}${query}`,
      (data, body) => {
        if (!Array.isArray(data)) return undefined;
        const items: readonly unknown[] = data;
        const next = stringOf(objectOf(body["cursor"])["next"]);
        // The last page may have a cursor too; a short page is the last one.
        const isLast = items.length < Math.min(limit, SURE_PAGE) || next === cursor;
        return { items, olderCursor: isLast ? undefined : next };
      },
      { signal, timeoutMs: 120_000 },
    );
  };

  /** What a session is waiting for; empty if the server can't report it. */
  const pending = async <T>(
    sessionID: string,
    route: string,
    parse: (value: unknown, directory: string | undefined, nowMs: number) => T | undefined,
    nowMs: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly T[]> => {
    const parseItem = (item: unknown): T | undefined => parse(item, undefined, nowMs);
    const answer = await client.askList(sessionPath(sessionID, route), parseItem, signal);
    return answer.ok ? answer.value : [];
  };

  const countQueued = async (
    sessionID: string,
    signal: AbortSignal | undefined,
  ): Promise<number | undefined> => {
    if (!routes.hasInbox) return undefined;
    const answer = await client.ask(sessionPath(sessionID, "/inbox"), promptIDs, { signal });
    return answer.ok ? memory.inbox.replace(sessionID, answer.value) : undefined;
  };

  const listSessions: GatewayQueries["listSessions"] = async (signal) => {
    const sessions = new Map<string, Session>();
    const pages = pagesOf((cursor) => readPage("/api/session", PAGE, cursor, signal));
    for await (const page of pages) {
      if (!page.ok) return page;
      for (const item of page.value.items) {
        const session = parseSession(item, shared);
        if (session !== undefined) sessions.set(session.id, session);
      }
    }
    return ok([...sessions.values()]);
  };

  const listMessages: GatewayQueries["listMessages"] = async (sessionID, page, signal) => {
    const path = sessionPath(sessionID, "/message");
    const limit = Math.min(page.limit, PAGE);
    const answer = await readPage(path, limit, page.before, signal, "&order=desc");
    if (!answer.ok) return answer;
    const messages = parseAll(answer.value.items, parseMessage) ?? [];
    return ok({ messages: messages.reverse(), olderCursor: answer.value.olderCursor });
  };

  return {
    listSessions,
    listMessages,

    // The list's order isn't guaranteed, so all of it is read.
    async listSessionsSince(updatedMs, signal) {
      const all = await listSessions(signal);
      if (!all.ok) return all;
      return ok(
        all.value
          .filter((session) => session.updatedMs >= updatedMs)
          .sort((a, b) => b.updatedMs - a.updatedMs),
      );
    },

    getSession: (sessionID, signal) =>
      client.ask(sessionPath(sessionID), (data) => parseSession(data, shared), { signal }),

    // What is running in this server's process, in all directories. A session waiting for an answer is running.
    async activities(_directory, signal) {
      const active = await client.ask(
        "/api/session/active",
        (data) => (isObject(data) ? Object.keys(data).flatMap((id) => idOf(id) ?? []) : undefined),
        { signal },
      );
      if (!active.ok) return active;
      const nowMs = Date.now();
      const activities = new Map<string, Activity>();
      const requests: PendingRequest[] = [];
      const queuedPrompts = new Map<string, number>();
      for (const sessionID of active.value) {
        activities.set(sessionID, { kind: "working", sinceMs: nowMs });
        const [permissions, forms, queued] = await Promise.all([
          pending(sessionID, "/permission", parsePermission, nowMs, signal),
          pending(sessionID, "/form", parseForm, nowMs, signal),
          countQueued(sessionID, signal),
        ]);
        requests.push(...permissions, ...forms);
        if (queued !== undefined) queuedPrompts.set(sessionID, queued);
      }
      return ok({ activities, requests, queuedPrompts });
    },

    async exportSession(sessionID, signal) {
      const path = sessionPath(sessionID);
      const info = await client.ask(path, (data) => data ?? undefined, { signal });
      if (!info.ok) return info;
      const newestFirst: (readonly unknown[])[] = [];
      const pages = pagesOf((before) =>
        readPage(`${path}/message`, PAGE, before, signal, "&order=desc"),
      );
      for await (const page of pages) {
        if (!page.ok) return page;
        newestFirst.push(page.value.items);
      }
      return ok({ info: info.value, messages: newestFirst.flat().reverse() });
    },

    sumTotals: (sessionID, signal) =>
      sumTotals((before) => listMessages(sessionID, pageQuery(PAGE, before), signal)),

    projects: (signal) =>
      client.ask(
        "/api/project",
        (data, body) => parseAll(data ?? Object.values(body), parseProject),
        { signal },
      ),

    models: (directory, signal) =>
      client.askList(`/api/model${atLocation(directory)}`, parseModel, signal),

    async defaultModel(directory, signal) {
      const path = `/api/model/default${atLocation(directory)}`;
      const answer = await client.ask(path, (data) => ({ model: parseDefaultModel(data) }), {
        signal,
      });
      return answer.ok ? ok(answer.value.model) : answer;
    },

    // The second generation doesn't report when it compacts automatically.
    compactsAt: () => Promise.resolve(ok(undefined)),

    agents: (directory, signal) =>
      client.askList(`/api/agent${atLocation(directory)}`, parseAgent, signal),

    slashCommands: (directory, signal) =>
      client.askList(`/api/command${atLocation(directory)}`, parseCommand, signal),

    findFiles: (directory, query, signal) => {
      const where = atLocation(directory);
      const asked = new URLSearchParams({ query, type: "file", limit: String(MAX_FOUND_FILES) });
      return client.askList(
        `/api/fs/find${where}${where === "" ? "?" : "&"}${asked.toString()}`,
        (item) => stringOf(objectOf(item)["path"]),
        signal,
      );
    },

    todos: () => cannot(t("list to-dos")),

    // Turns are identified by the message they begin with.
    diff(sessionID, messageID, signal) {
      const turn = messageID === undefined ? "" : encodeURIComponent(messageID);
      const query = turn === "" ? "" : `?from=${turn}&to=${turn}`;
      return client.ask(
        sessionPath(sessionID, `/diff${query}`),
        (data) => (Array.isArray(data) ? parseDiffs(data) : undefined),
        { signal },
      );
    },
  };
}
