/**
 * Servers that replay: session lists of any length and recorded events at any speed, where real servers
 * would need too much memory or time. A separate program, so that its memory and time aren't counted as
 * those of what is measured. startReplay.ts communicates with it in lines of JSON.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { buildEventStream } from "./eventStream.ts";
import type { ReplayCommand, ReplayOptions } from "./startReplay.ts";

const HEARTBEAT = 'data: {"payload":{"type":"server.heartbeat","properties":{}}}\n\n';
const CONNECTED = 'data: {"payload":{"type":"server.connected","properties":{}}}\n\n';
const DIRECTORY = "/home/dev/proj-a";

/** A row like those of OpenCode 1.18; ids ascend, and every fifth session is a sub-session of the previous one. */
function row(server: number, index: number, nowMs: number): Record<string, unknown> {
  const id = idOf(server, index);
  const createdMs = nowMs - (index % 5_000) * 3_600_000;
  return {
    id,
    slug: `replayed-${String(index)}`,
    projectID: "b25dacbf2620e6a94051c6e8aef699edeeaec96d",
    directory: DIRECTORY,
    path: "",
    ...(index % 5 === 4 ? { parentID: idOf(server, index - 1) } : {}),
    title: `Session ${String(index)} of server ${String(server)}`,
    agent: "build",
    model: { id: "fake-1", providerID: "fake", variant: "default" },
    version: "1.18.33",
    summary: { additions: 17, deletions: 5, files: 1 },
    cost: index / 1000,
    tokens: { input: 9600, output: index, reasoning: 160, cache: { read: 3200, write: 0 } },
    time: { created: createdMs, updated: createdMs + 60_000 },
    project: { id: "b25dacbf2620e6a94051c6e8aef699edeeaec96d", worktree: DIRECTORY },
  };
}

function idOf(server: number, index: number): string {
  const tail = `${server.toString(36).padStart(3, "0")}${index.toString(36).padStart(11, "0")}`;
  return `ses_e022f49afffe${tail}`;
}

/** One session's messages: short answers with text and figures. */
function messages(sessionID: string, count: number): unknown[] {
  return Array.from({ length: count }, (_, index) => {
    const messageID = `msg_1fdd0c52${index.toString(36).padStart(18, "0")}`;
    const createdMs = 1_795_259_000_000 + index * 1000;
    const tokens = { input: 900, output: 40, reasoning: 0, cache: { read: 800, write: 0 } };
    const part = {
      id: `prt_1fdd0c52${index.toString(36).padStart(18, "0")}`,
      sessionID,
      messageID,
    };
    return {
      info: {
        id: messageID,
        sessionID,
        role: "assistant",
        modelID: "fake-1",
        providerID: "fake",
        agent: "build",
        cost: 0.001,
        tokens,
        time: { created: createdMs, completed: createdMs + 500 },
      },
      parts: [
        { ...part, type: "text", text: `Answer ${String(index)}: ${"word ".repeat(200)}` },
        { ...part, id: `${part.id}z`, type: "step-finish", cost: 0.001, tokens },
      ],
    };
  });
}

class ReplayServer {
  readonly index: number;
  readonly options: ReplayOptions;
  readonly list: Buffer;
  readonly live = new Map<string, Record<string, unknown>>();
  readonly streams = new Set<ServerResponse>();
  isSlow = false;

  constructor(index: number, options: ReplayOptions) {
    this.index = index;
    this.options = options;
    const nowMs = Date.now();
    const rows = Array.from({ length: options.sessions }, (_, at) => row(index, at, nowMs));
    for (const one of rows.slice(0, 100)) this.live.set(String(one["id"]), one);
    this.list = Buffer.from(JSON.stringify(rows));
  }

  async start(): Promise<string> {
    const server = createServer((request, response) => {
      void this.answer(request, response);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    setInterval(() => {
      for (const stream of this.streams) stream.write(HEARTBEAT);
    }, 10_000).unref();
    return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  /** Plays recorded events with different session ids in each round; may delete those sessions afterwards. */
  async play(command: ReplayCommand & { kind: "play" }): Promise<number> {
    const stream = buildEventStream({ events: command.events, sessions: command.sessions });
    const rename = (text: string): string =>
      text.replaceAll("ses_e022", `ses_${(4096 + command.round).toString(16).padStart(4, "0")}`);
    const ids = stream.sessionIDs.map(rename);
    for (const [at, id] of ids.entries()) this.live.set(id, { ...row(0, at, Date.now()), id });
    const startedMs = performance.now();
    const listed = [...this.live.keys()].slice(0, 20);
    let sent = 0;
    for (const [at, chunk] of stream.chunks.entries()) {
      await this.send(rename(Buffer.from(chunk).toString("utf8")));
      if (command.renamesEvery !== undefined && at % command.renamesEvery === 0) {
        await this.retitle(listed[at % listed.length] ?? "", `Renamed ${String(at)}`);
      }
      sent += stream.events / stream.chunks.length;
      if (command.eventsPerSecond === undefined) continue;
      const dueMs = startedMs + (sent / command.eventsPerSecond) * 1000;
      if (dueMs > performance.now()) await delay(dueMs - performance.now());
    }
    if (command.deletes) {
      for (const id of ids) {
        this.live.delete(id);
        const payload = { id: `evt_${id}`, type: "session.deleted", properties: { sessionID: id } };
        await this.send(`data: ${JSON.stringify({ directory: DIRECTORY, payload })}\n\n`);
      }
    }
    return stream.events;
  }

  private async retitle(id: string, title: string): Promise<void> {
    const known = this.live.get(id) ?? {};
    const time = { ...Object(known["time"]), updated: Date.now() } as Record<string, unknown>;
    const info = { ...known, title, time };
    this.live.set(id, info);
    const payload = {
      id: `evt_${title}`,
      type: "session.updated",
      properties: { sessionID: id, info },
    };
    await this.send(`data: ${JSON.stringify({ directory: DIRECTORY, payload })}\n\n`);
  }

  private async send(text: string): Promise<void> {
    for (const stream of this.streams) {
      if (!stream.write(text)) await Promise.race([once(stream, "drain"), once(stream, "close")]);
    }
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://replay.invalid");
    if (this.isSlow) await delay(60_000);
    const json = (body: unknown, status = 200): void => {
      response.writeHead(status, { "content-type": "application/json" });
      response.end(Buffer.isBuffer(body) ? body : JSON.stringify(body));
    };
    const session = /^\/session\/(ses_[^/]+)(\/[a-z]+)?$/.exec(pathname);
    if (pathname === "/global/health") json({ healthy: true, version: "1.18.33" });
    else if (pathname === "/global/event") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(CONNECTED);
      this.streams.add(response);
      response.once("close", () => this.streams.delete(response));
    } else if (pathname === "/experimental/session") {
      json(searchParams.has("start") ? [] : this.list);
    } else if (pathname === "/session/status") json({});
    else if (["/permission", "/question", "/project"].includes(pathname)) json([]);
    else if (session?.[2] === "/message") {
      json(messages(session[1] ?? "", this.options.messages ?? 0));
    } else if (session?.[2] === "/todo") json([]);
    else if (session !== null) {
      const known = this.live.get(session[1] ?? "");
      json(known ?? { name: "NotFoundError" }, known === undefined ? 404 : 200);
    } else json({ name: "NotFoundError" }, 404);
  }
}

const options = JSON.parse(process.argv[2] ?? "{}") as ReplayOptions;
const servers = Array.from(
  { length: options.servers ?? 1 },
  (_, index) => new ReplayServer(index, options),
);
const say = (answer: unknown): void => {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
};
say(await Promise.all(servers.map((server) => server.start())));
const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const command = JSON.parse(line) as ReplayCommand;
  const chosen = servers.filter((_, at) => command.server === undefined || command.server === at);
  if (command.kind === "slow") {
    for (const server of chosen) server.isSlow = command.isSlow;
    say(0);
    return;
  }
  void Promise.all(chosen.map((server) => server.play(command))).then((events) => {
    say(events.reduce((sum, count) => sum + count, 0));
  });
});
input.once("close", () => process.exit());
