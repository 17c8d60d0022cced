import {
  createServer,
  type IncomingMessage,
  request as requestHTTP,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { endWithProgram } from "../cleanup.mjs";
import { at, isRecord, numberOf, stringOf } from "../json.ts";
import type { OpenCodeServer } from "./opencodeServer.ts";

/**
 * Sits in front of the real OpenCode 1 server and renames its early `/api/*` routes to their OpenCode 2
 * names, so that the second generation's adapter meets a real stream, paging, messages and permissions. What
 * the early routes lack isn't made up: there is no cost, busy state, compaction or form.
 */
export interface APINameMap {
  readonly url: string;
  /** Number of streams opened so far. */
  readonly streams: number;
  stop(): Promise<void>;
}

/** Names that changed in more than their prefix. */
const RENAMED: Readonly<Record<string, string>> = {
  "session.next.prompt.admitted": "session.inbox.enqueued",
  "session.next.prompted": "session.inbox.delivered",
  "session.next.agent.switched": "session.agent.selected",
  "session.next.model.switched": "session.model.selected",
  "session.next.retried": "session.retry.scheduled",
};

export async function startAPINameMap(server: OpenCodeServer): Promise<APINameMap> {
  let streams = 0;
  const target = new URL(server.url);

  const forward = (
    incoming: IncomingMessage,
    response: ServerResponse,
    body: Buffer | undefined,
    take: (answer: IncomingMessage) => void,
  ): void => {
    const outgoing = requestHTTP(
      {
        host: target.hostname,
        port: target.port,
        method: incoming.method,
        path: incoming.url,
        headers: {
          ...incoming.headers,
          host: target.host,
          ...(body === undefined ? {} : { "content-length": String(body.length) }),
        },
        agent: false,
      },
      take,
    );
    outgoing.on("error", () => response.destroy());
    response.on("close", () => outgoing.destroy());
    outgoing.end(body);
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = new URL(incoming.url ?? "/", server.url).pathname;
    if (path === "/api/info") {
      const health = await fetch(`${server.url}/global/health`, {
        headers: { authorization: incoming.headers.authorization ?? "" },
      });
      const version = stringOf(at(await health.json().catch(() => undefined), "version"));
      sendJSON(response, health.status, { version, pid: server.pid(), urls: [] });
      return;
    }
    // Not available yet: the inbox doesn't exist, and questions aren't forms.
    if (/^\/api\/session\/[^/]+\/(inbox|form)$/.test(path)) {
      sendJSON(response, 200, { data: [] });
      return;
    }
    if (path === "/api/event") {
      streams++;
      forward(incoming, response, undefined, (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        mapStream(answer, response);
      });
      return;
    }
    const body = mapBody(path, await bodyOf(incoming));
    forward(incoming, response, body, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
  };

  const listener = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    listener.listen(0, "127.0.0.1", resolve);
  });
  const stop = async (): Promise<void> => {
    forget();
    const closed = new Promise((resolve) => listener.close(resolve));
    listener.closeAllConnections();
    await closed;
  };
  const forget = endWithProgram({
    stop,
    kill: () => {
      listener.closeAllConnections();
    },
  });
  const { port } = listener.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}`,
    get streams() {
      return streams;
    },
    stop,
  };
}

/** Converts bodies whose shape changed. */
function mapBody(path: string, body: Buffer): Buffer {
  if (body.length === 0) return body;
  const value: unknown = JSON.parse(body.toString("utf8"));
  if (!isRecord(value)) return body;
  if (path.endsWith("/prompt")) return Buffer.from(JSON.stringify({ prompt: value }));
  if (path.endsWith("/reply")) {
    const { decision, ...rest } = value;
    return Buffer.from(JSON.stringify({ reply: decision, ...rest }));
  }
  return body;
}

/** Renames events line by line; comments and chunk boundaries are unchanged. */
function mapStream(answer: IncomingMessage, response: ServerResponse): void {
  let rest = "";
  answer.setEncoding("utf8");
  answer.on("data", (chunk: string) => {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    response.write(lines.map((line) => `${mapLine(line)}\n`).join(""));
  });
  answer.on("close", () => response.end());
}

function mapLine(line: string): string {
  if (!line.startsWith("data:")) return line;
  const event: unknown = JSON.parse(line.slice(5));
  if (!isRecord(event) || !isRecord(event["data"])) return line;
  const type = stringOf(event["type"]);
  const { timestamp, ...data } = event["data"];
  const created = numberOf(timestamp);
  return `data: ${JSON.stringify({
    ...event,
    type:
      RENAMED[type] ??
      type.replace(/^session\.next\./, "session.").replace(/^permission\.v2\./, "permission."),
    ...(created === 0 ? {} : { created }),
    data: mapData(type, data),
  })}`;
}

function mapData(
  type: string,
  data: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  switch (type) {
    case "session.created": {
      const { info } = data;
      const directory = stringOf(at(info, "directory"));
      return isRecord(info) ? { ...data, ...info, location: { directory }, info: undefined } : data;
    }
    case "session.next.prompt.admitted": {
      const { messageID, sessionID, prompt, delivery } = data;
      const text = at(prompt, "text");
      const item = { id: messageID, sessionID, type: "prompt", text, delivery };
      return { sessionID, inboxID: messageID, item };
    }
    case "session.next.prompted":
      return { sessionID: data["sessionID"], inboxID: data["messageID"] };
    default:
      return data;
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function sendJSON(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
