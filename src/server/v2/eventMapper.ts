import type { EventMapper, EventSink, IsWatched } from "../adapter.ts";
import { LineReader, parseEventLine } from "../lines.ts";
import {
  callIDOf,
  directoryOf,
  idOf,
  type JSONObject,
  numberOf,
  objectOf,
  stringOf,
} from "../narrow.ts";
import { parseTime } from "./parseSession.ts";
import { SessionEvents } from "./sessionEvents.ts";
import type { StreamMemory, V2Event, V2Stream } from "./streamMemory.ts";
import { StreamedText } from "../streamedText.ts";
import { TurnEvents } from "./turnEvents.ts";

/**
 * Events of `/api/event` (from the published contract): `{id, created, type, location?, durable?, data}`, one
 * per line, plus comment lines that only show that the stream is alive.
 */
export class V2EventMapper implements EventMapper {
  readonly #stream: V2Stream;
  readonly #lines = new LineReader();
  readonly #sessions: SessionEvents;
  readonly #turns: TurnEvents;
  readonly #streamed: StreamedText;

  constructor(
    serverID: string,
    memory: StreamMemory,
    sink: EventSink,
    isWatched: IsWatched,
    now: () => number = Date.now,
    clock: () => number = () => performance.now(),
  ) {
    const emit: V2Stream["emit"] = (action) => {
      sink.action({ ...action, serverID });
    };
    this.#stream = { serverID, memory, sink, isWatched, now, emit };
    this.#sessions = new SessionEvents(this.#stream);
    this.#turns = new TurnEvents(this.#stream);
    this.#streamed = new StreamedText(clock);
  }

  push(chunk: Uint8Array): void {
    for (const line of this.#lines.push(chunk)) {
      const event = parseEventLine(line);
      if (event !== undefined) this.#event(event);
    }
    for (const [sessionID, characters] of this.#streamed.take()) {
      this.#stream.emit({ type: "text.streamed", sessionID, characters });
    }
  }

  /** Streamed text: counted, and passed on if the session is watched. */
  #delta(type: string, sessionID: string, data: JSONObject): void {
    const text = stringOf(data["delta"]);
    if (text === undefined) return;
    this.#streamed.add(sessionID, text.length);
    this.#turns.streamed(sessionID);
    if (type === "session.tool.input.delta" || !this.#stream.isWatched(sessionID)) return;
    const messageID = idOf(data["assistantMessageID"]);
    if (messageID === undefined) return;
    const kind = type === "session.text.delta" ? "text" : "reasoning";
    const contentID = callIDOf(data[`${kind}ID`]) ?? callIDOf(data["id"]);
    this.#turns.textStreamed(sessionID, messageID, kind, contentID, text);
  }

  #event(envelope: JSONObject): void {
    const data = objectOf(envelope["data"]);
    const type = stringOf(envelope["type"]) ?? "";
    const event: V2Event = {
      type,
      data,
      sessionID: idOf(data["sessionID"]),
      // Early versions put the time beside the data.
      createdMs:
        parseTime(envelope["created"]) ?? parseTime(data["timestamp"]) ?? this.#stream.now(),
      directory: directoryOf(objectOf(envelope["location"])["directory"]),
    };
    switch (type) {
      case "server.connected":
      // The end of a session's log means the same: what comes now is new.
      case "log.synced":
        this.#stream.sink.connected();
        return;
      case "session.text.delta":
      case "session.reasoning.delta":
      case "session.tool.input.delta":
        if (event.sessionID !== undefined) this.#delta(type, event.sessionID, data);
        return;
      default:
        if (!this.#turns.take(event)) this.#sessions.take(event);
    }
    this.#remember(event.sessionID, numberOf(objectOf(envelope["durable"])["seq"]));
  }

  /** Remembers how far a watched session has been followed, so that a gap can be filled from its log. */
  #remember(sessionID: string | undefined, seq: number | undefined): void {
    if (sessionID === undefined || seq === undefined) return;
    if (this.#stream.isWatched(sessionID)) this.#stream.memory.positions.set(sessionID, seq);
    else this.#stream.memory.positions.delete(sessionID);
  }
}
