import type { ServerResponse } from "node:http";
import { isRecord, stringOf } from "../../json.ts";
import type { SessionRecord } from "./doubleState.ts";
import type { Faults } from "./faults.ts";
import { newID } from "./ids.ts";
import { misfits } from "./schema.ts";
import {
  durableTypes,
  envelopeSchema,
  eventDataSchemas,
  loggedTypes,
  rowTypes,
} from "./schemas.ts";

/** An event as sent over the wire. */
export interface WireEvent {
  readonly id: string;
  readonly created?: number;
  readonly type: string;
  readonly location?: { readonly directory: string };
  readonly durable?: {
    readonly aggregateID: string;
    readonly seq: number;
    readonly version: number;
  };
  readonly data: Readonly<Record<string, unknown>>;
}

interface Stream {
  readonly response: ServerResponse;
  sent: number;
}

/** Publishes events to all listeners, and keeps each session's durable events. */
export class EventHub {
  /** Everything published, oldest first. */
  readonly published: WireEvent[] = [];
  private readonly logs = new Map<string, WireEvent[]>();
  private readonly streams = new Set<Stream>();
  private readonly followers = new Map<ServerResponse, string>();
  private readonly faults: Faults;
  private readonly violations: string[];
  private readonly heartbeat: NodeJS.Timeout;

  constructor(faults: Faults, violations: string[], heartbeatMs: number) {
    this.faults = faults;
    this.violations = violations;
    this.heartbeat = setInterval(() => {
      for (const { response } of this.streams) response.write(": heartbeat\n\n");
    }, heartbeatMs);
    this.heartbeat.unref();
  }

  get streamCount(): number {
    return this.streams.size;
  }

  /** Publishes an event about a session. One about its row is also when the row last changed. */
  say({ info }: SessionRecord, type: string, data: Readonly<Record<string, unknown>> = {}): void {
    const createdMs = Date.now();
    if (rowTypes.has(type)) info.time.updated = createdMs;
    this.publish(type, { sessionID: info.id, ...data }, info.location.directory, createdMs);
  }

  /** Publishes an event, with or without a session. */
  publish(
    type: string,
    data: Readonly<Record<string, unknown>>,
    directory?: string,
    createdMs = Date.now(),
  ): void {
    const sessionID = stringOf(data["sessionID"]);
    const isDurable = durableTypes.has(type);
    const log = isDurable ? (this.logs.get(sessionID) ?? []) : [];
    const event: WireEvent = {
      id: newID("evt"),
      created: createdMs,
      type,
      ...(directory === undefined ? {} : { location: { directory } }),
      ...(isDurable ? { durable: { aggregateID: sessionID, seq: log.length, version: 1 } } : {}),
      data,
    };
    this.check(event);
    if (isDurable) {
      log.push(event);
      this.logs.set(sessionID, log);
      for (const [response, followed] of this.followers) {
        if (followed === sessionID) write(response, event);
      }
    }
    if (loggedTypes.has(type)) return;
    this.published.push(event);
    if (this.faults.unknownEvents) {
      this.send({ id: newID("evt"), created: Date.now(), type: "future.thing", data: { a: [1] } });
    }
    this.send(event);
  }

  /** Opens `/api/event` on a response. */
  open(response: ServerResponse): void {
    begin(response);
    const stream = { response, sent: 0 };
    this.streams.add(stream);
    response.on("close", () => this.streams.delete(stream));
    write(response, { id: newID("evt"), type: "server.connected", data: {} });
  }

  /** Sends a session's durable events after a position. The stream stays open if `follows`. */
  replay(response: ServerResponse, sessionID: string, after: number, follows: boolean): void {
    begin(response);
    const log = this.logs.get(sessionID) ?? [];
    for (const event of log) if ((event.durable?.seq ?? 0) > after) write(response, event);
    response.write(
      `data: ${JSON.stringify({ type: "log.synced", aggregateID: sessionID, seq: log.length - 1 })}\n\n`,
    );
    if (!follows) response.end();
    else {
      this.followers.set(response, sessionID);
      response.on("close", () => this.followers.delete(response));
    }
  }

  log(sessionID: string): readonly WireEvent[] {
    return this.logs.get(sessionID) ?? [];
  }

  /** Ends every stream, as a server does to slow readers. */
  overflow(): void {
    for (const { response } of this.streams) response.end();
    this.streams.clear();
  }

  stop(): void {
    clearInterval(this.heartbeat);
    for (const { response } of this.streams) response.destroy();
  }

  private send(event: WireEvent): void {
    for (const stream of this.streams) {
      write(stream.response, event);
      if (++stream.sent === this.faults.endStreamAfter) {
        stream.response.end();
        this.streams.delete(stream);
      }
    }
  }

  private check(event: WireEvent): void {
    const schema = eventDataSchemas[event.type];
    const found =
      schema === undefined
        ? ["unknown type"]
        : [...misfits(event, envelopeSchema), ...misfits(event.data, schema, "$.data")];
    this.violations.push(...found.map((misfit) => `event ${event.type} ${misfit}`));
    if (!isRecord(event.data)) this.violations.push(`event ${event.type} has no data`);
  }
}

function begin(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  response.flushHeaders();
}

function write(response: ServerResponse, event: WireEvent): void {
  response.write(`data: ${JSON.stringify(event)}\n\n`);
}
