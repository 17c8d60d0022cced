import { setTimeout as delay } from "node:timers/promises";
import { patientMs, waitMs } from "../patience.mjs";
import type {
  Message,
  Part,
  PermissionRequest,
  QuestionRequest,
  Session,
  SessionStatus,
} from "@opencode-ai/sdk/v2";
import { tapEvents } from "./eventTap.ts";
import type { EventTap } from "./eventTap.ts";
import type { ScriptedModelID } from "./scriptedModels.ts";

export interface ClientOptions {
  readonly url: string;
  readonly password?: string | undefined;
  /** The `directory` sent by calls that don't specify one. */
  readonly directory: string;
}

export interface PromptOptions {
  readonly model?: ScriptedModelID;
  readonly agent?: string;
}

export interface MessageWithParts {
  readonly info: Message;
  readonly parts: readonly Part[];
}

/** A failed call: the status and the answer's body. */
export class HTTPError extends Error {
  override readonly name = "HTTPError";
  readonly status: number;
  readonly body: string;

  constructor(status: number, body: string, what: string) {
    super(`${what}: HTTP ${String(status)} ${body.slice(0, 300)}`);
    this.status = status;
    this.body = body;
  }
}

/**
 * A plain client for tests, demo and benchmarks, independent of the product's own gateway. Calls scoped to a
 * directory use the client's by default. Answers are assumed to match the SDK. Failures throw HTTPError.
 */
export interface OpenCodeClient {
  /** Any call. Returns the parsed JSON answer, or undefined if it is empty. */
  request(method: string, path: string, options?: RequestOptions): Promise<unknown>;
  createSession(options?: {
    title?: string;
    parentID?: string;
    directory?: string;
  }): Promise<Session>;
  session(sessionID: string): Promise<Session>;
  /** Every session of every project, including archived ones. */
  sessions(): Promise<readonly Session[]>;
  children(sessionID: string): Promise<readonly Session[]>;
  messages(sessionID: string): Promise<readonly MessageWithParts[]>;
  /** Sends a prompt and returns immediately. */
  promptAsync(sessionID: string, text: string, options?: PromptOptions): Promise<void>;
  /** Sends a prompt, waits for its answer and returns the last message. */
  prompt(sessionID: string, text: string, options?: PromptOptions): Promise<MessageWithParts>;
  /** Waits until the session's last message is a finished answer and nothing is running in it. */
  waitUntilIdle(sessionID: string): Promise<MessageWithParts>;
  /** Busy and retrying sessions of a directory. */
  status(directory?: string): Promise<Readonly<Record<string, SessionStatus>>>;
  permissions(directory?: string): Promise<readonly PermissionRequest[]>;
  /** Waits for the directory's next permission request. */
  nextPermission(options?: WaitOptions): Promise<PermissionRequest>;
  replyPermission(
    requestID: string,
    reply: "once" | "always" | "reject",
    options?: { directory?: string; message?: string },
  ): Promise<void>;
  questions(directory?: string): Promise<readonly QuestionRequest[]>;
  nextQuestion(options?: WaitOptions): Promise<QuestionRequest>;
  replyQuestion(
    requestID: string,
    answers: readonly (readonly string[])[],
    directory?: string,
  ): Promise<void>;
  rejectQuestion(requestID: string, directory?: string): Promise<void>;
  abort(sessionID: string): Promise<void>;
  /** Compacts with the model and returns when done. */
  compact(sessionID: string, model: ScriptedModelID): Promise<void>;
  rename(sessionID: string, title: string): Promise<void>;
  remove(sessionID: string): Promise<void>;
  /** Opens `/global/event` and starts collecting. */
  events(): Promise<EventTap>;
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default: the client's own. With null, none is sent, for calls that then cover all projects. */
  readonly directory?: string | null | undefined;
}

export interface WaitOptions {
  readonly directory?: string;
  readonly sessionID?: string;
}

export function createClient(options: ClientOptions): OpenCodeClient {
  const headers: Record<string, string> =
    options.password === undefined
      ? {}
      : {
          authorization: `Basic ${Buffer.from(`opencode:${options.password}`).toString("base64")}`,
        };

  const request = async (
    method: string,
    path: string,
    { query, body, directory }: RequestOptions = {},
  ): Promise<unknown> => {
    const url = new URL(path, options.url);
    if (directory !== null) url.searchParams.set("directory", directory ?? options.directory);
    for (const [key, value] of Object.entries(query ?? {})) url.searchParams.set(key, value);
    const response = await fetch(url, {
      method,
      headers: {
        ...headers,
        // A kept-alive connection doesn't survive a server restart, and a request on it may wait forever.
        connection: "close",
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new HTTPError(response.status, text, `${method} ${path}`);
    return text === "" ? undefined : (JSON.parse(text) as unknown);
  };

  const messages = async (
    sessionID: string,
    limit?: number,
  ): Promise<readonly MessageWithParts[]> => {
    const query = limit === undefined ? {} : { limit: String(limit) };
    return (await request("GET", `/session/${sessionID}/message`, { query })) as MessageWithParts[];
  };
  const session = async (sessionID: string): Promise<Session> =>
    (await request("GET", `/session/${sessionID}`)) as Session;
  const status = async (directory?: string): Promise<Record<string, SessionStatus>> =>
    (await request("GET", "/session/status", { directory })) as Record<string, SessionStatus>;
  const permissions = async (directory?: string): Promise<readonly PermissionRequest[]> =>
    (await request("GET", "/permission", { directory })) as PermissionRequest[];
  const questions = async (directory?: string): Promise<readonly QuestionRequest[]> =>
    (await request("GET", "/question", { directory })) as QuestionRequest[];
  const promptAsync = async (
    sessionID: string,
    text: string,
    { model, agent }: PromptOptions = {},
  ): Promise<void> => {
    const body = {
      parts: [{ type: "text", text }],
      ...(model === undefined ? {} : { model: { providerID: "scripted", modelID: model } }),
      ...(agent === undefined ? {} : { agent }),
    };
    await request("POST", `/session/${sessionID}/prompt_async`, { body });
  };
  const waitUntilIdle = async (sessionID: string): Promise<MessageWithParts> => {
    const { directory } = await session(sessionID);
    return await poll(`session ${sessionID} idle`, async () => {
      const last = (await messages(sessionID, 1)).at(-1);
      if (last?.info.role !== "assistant") return undefined;
      if (last.info.time.completed === undefined && last.info.error === undefined) return undefined;
      return sessionID in (await status(directory)) ? undefined : last;
    });
  };

  return {
    request,
    session,
    messages: (sessionID) => messages(sessionID),
    promptAsync,
    waitUntilIdle,
    status,
    permissions,
    questions,
    createSession: async ({ directory, ...body } = {}) =>
      (await request("POST", "/session", { body, directory })) as Session,
    sessions: async () =>
      (await request("GET", "/experimental/session", {
        query: { limit: "100000", archived: "true" },
        directory: null,
      })) as Session[],
    children: async (sessionID) =>
      (await request("GET", `/session/${sessionID}/children`)) as Session[],
    prompt: async (sessionID, text, promptOptions) => {
      const before = (await messages(sessionID, 1)).at(-1)?.info.id ?? "";
      await promptAsync(sessionID, text, promptOptions);
      await poll("the prompt's message", async () =>
        ((await messages(sessionID, 1)).at(-1)?.info.id ?? "") > before ? true : undefined,
      );
      return await waitUntilIdle(sessionID);
    },
    nextPermission: ({ directory, sessionID } = {}) =>
      poll("a permission request", async () =>
        (await permissions(directory)).find(
          (each) => sessionID === undefined || each.sessionID === sessionID,
        ),
      ),
    replyPermission: async (requestID, reply, { directory, message } = {}) => {
      const body = { reply, ...(message === undefined ? {} : { message }) };
      await request("POST", `/permission/${requestID}/reply`, { body, directory });
    },
    nextQuestion: ({ directory, sessionID } = {}) =>
      poll("a question", async () =>
        (await questions(directory)).find(
          (each) => sessionID === undefined || each.sessionID === sessionID,
        ),
      ),
    replyQuestion: async (requestID, answers, directory) => {
      await request("POST", `/question/${requestID}/reply`, { body: { answers }, directory });
    },
    rejectQuestion: async (requestID, directory) => {
      await request("POST", `/question/${requestID}/reject`, { directory });
    },
    abort: async (sessionID) => {
      await request("POST", `/session/${sessionID}/abort`);
    },
    compact: async (sessionID, model) => {
      const body = { providerID: "scripted", modelID: model };
      await request("POST", `/session/${sessionID}/summarize`, { body });
    },
    rename: async (sessionID, title) => {
      await request("PATCH", `/session/${sessionID}`, { body: { title } });
    },
    remove: async (sessionID) => {
      await request("DELETE", `/session/${sessionID}`);
    },
    events: () => tapEvents(new URL("/global/event", options.url), headers),
  };
}

export interface PollOptions {
  /** Default 60. */
  readonly everyMs?: number;
  /** The product's own time limit, if that is what is being tested; it is extended on a busy machine. */
  readonly limitMs?: number;
}

/** Calls `probe` repeatedly until it returns a value. @throws Error naming `what` if that takes too long. */
export async function poll<T>(
  what: string,
  probe: () => Promise<T | undefined>,
  { everyMs = 60, limitMs }: PollOptions = {},
): Promise<T> {
  const mostMs = limitMs === undefined ? waitMs : patientMs(limitMs);
  const end = performance.now() + mostMs;
  for (;;) {
    const value = await probe();
    if (value !== undefined) return value;
    if (performance.now() > end)
      throw new Error(`timed out after ${String(mostMs)} ms waiting for ${what}`);
    await delay(everyMs);
  }
}
