import type { EventMapper, EventSink, IsWatched } from "../adapter.ts";
import { type ChunkView, LineSplitter, peekString, utf8Of } from "../lines.ts";
import { numberOf, objectOf, stringOf } from "../narrow.ts";
import { parseTime } from "./parseSession.ts";
import { endOfString, peekEvent } from "./peek.ts";
import { SessionEvents } from "./sessionEvents.ts";
import type { StreamMemory, V2Event } from "./streamMemory.ts";
import { TurnEvents } from "./turnEvents.ts";

/** What somebody needs to know; everything else is dropped before it is parsed. */
const WANTED = new Set([
  "session.created",
  "session.deleted",
  "session.renamed",
  "session.metadata.updated",
  "session.moved",
  "session.forked",
  "session.viewed",
  "session.agent.selected",
  "session.model.selected",
  "session.usage.updated",
  "session.inbox.enqueued",
  "session.inbox.delivered",
  "session.inbox.cancelled",
  "session.execution.started",
  "session.execution.succeeded",
  "session.execution.failed",
  "session.execution.interrupted",
  "session.step.started",
  "session.step.ended",
  "session.step.failed",
  "session.retry.scheduled",
  "session.tool.input.started",
  "session.tool.called",
  "session.tool.success",
  "session.tool.failed",
  "session.compaction.started",
  "session.compaction.ended",
  "session.compaction.failed",
  "session.revert.staged",
  "session.revert.cleared",
  "session.revert.committed",
  "permission.asked",
  "permission.replied",
  "form.created",
  "form.replied",
  "form.cancelled",
]);

/** Needed only where somebody reads along. */
const WANTED_WHEN_WATCHED = new Set([
  "session.text.started",
  "session.text.ended",
  "session.reasoning.started",
  "session.reasoning.ended",
  "session.message.content.updated",
  "session.synthetic",
  "session.shell.ended",
]);

/**
 * Events of `/api/event` (from the published contract): `{id, created, type, location?, durable?, data}`, one
 * a line, beside comment lines that only say that the stream lives. Text that streams is counted without
 * being parsed.
 */
export class V2EventMapper implements EventMapper {
  private readonly serverID: string;
  private readonly memory: StreamMemory;
  private readonly sink: EventSink;
  private readonly isWatched: IsWatched;
  private readonly now: () => number;
  private readonly lines: LineSplitter;
  private readonly sessions: SessionEvents;
  private readonly turns: TurnEvents;
  /** Characters that streamed in this chunk, by session. */
  private readonly streamed = new Map<string, number>();

  constructor(
    serverID: string,
    memory: StreamMemory,
    sink: EventSink,
    isWatched: IsWatched,
    now: () => number = Date.now,
  ) {
    this.serverID = serverID;
    this.memory = memory;
    this.sink = sink;
    this.isWatched = isWatched;
    this.now = now;
    this.sessions = new SessionEvents(serverID, memory, sink, isWatched, now);
    this.turns = new TurnEvents(serverID, memory, sink, isWatched, now);
    this.lines = new LineSplitter((view, start, end) => {
      this.line(view, start, end);
    });
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk);
    if (this.streamed.size === 0) return;
    for (const [sessionID, characters] of this.streamed) {
      this.sink.action({
        type: "text.streamed",
        serverID: this.serverID,
        sessionID,
        characters,
      });
    }
    this.streamed.clear();
  }

  private line(view: ChunkView, start: number, end: number): void {
    const peeked = peekEvent(view.text, start, end);
    if (peeked === undefined) return;
    switch (peeked.type) {
      case "session.text.delta":
      case "session.reasoning.delta":
      case "session.tool.input.delta":
        this.delta(view, peeked.type, peeked.at, end);
        return;
      case "server.connected":
      // The end of a session's log says the same of it: what comes now is new.
      case "log.synced":
        this.sink.connected();
        return;
      case "session.tool.progress":
        if (!namesAnotherSession(view.text, peeked.at, end)) return;
        break;
      case "":
        break;
      default:
        if (WANTED.has(peeked.type)) break;
        if (!WANTED_WHEN_WATCHED.has(peeked.type)) return;
        if (!this.isWatchedAt(view.text, peeked.at, end)) return;
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(utf8Of(view, peeked.jsonStart, end));
    } catch {
      // A line that is no JSON says nothing; what it meant to say comes with the next snapshot.
      return;
    }
    this.event(parsed);
  }

  private isWatchedAt(text: string, at: number, end: number): boolean {
    const sessionID = peekString(text, 'sessionID":"', at, end);
    return sessionID !== undefined && this.isWatched(sessionID);
  }

  /** Text that streamed: counted as it is escaped, and read only where somebody looks. */
  private delta(view: ChunkView, type: string, at: number, end: number): void {
    const { text } = view;
    const sessionID = peekString(text, 'sessionID":"', at, end);
    const keyAt = text.indexOf('"delta":"', at);
    if (sessionID === undefined || keyAt < 0 || keyAt >= end) return;
    const from = keyAt + '"delta":"'.length;
    const to = endOfString(text, from, end);
    if (to === undefined) return;
    this.streamed.set(sessionID, (this.streamed.get(sessionID) ?? 0) + to - from);
    this.turns.streamed(sessionID);
    if (type === "session.tool.input.delta" || !this.isWatched(sessionID)) return;
    const messageID = peekString(text, 'assistantMessageID":"', at, end);
    if (messageID === undefined) return;
    const kind = type === "session.text.delta" ? "text" : "reasoning";
    const contentID =
      peekString(text, `${kind}ID":"`, at, end) ?? peekString(text, 'id":"', at, end);
    try {
      const delta: unknown = JSON.parse(utf8Of(view, from - 1, to + 1));
      if (typeof delta === "string") {
        this.turns.textStreamed(sessionID, messageID, kind, contentID, delta);
      }
    } catch {
      // The whole text follows when it is done.
    }
  }

  private event(value: unknown): void {
    const envelope = objectOf(value);
    const data = objectOf(envelope["data"]);
    const type = stringOf(envelope["type"]) ?? "";
    const event: V2Event = {
      type,
      data,
      sessionID: stringOf(data["sessionID"]),
      // Early versions put the time beside the data.
      createdMs: parseTime(envelope["created"]) ?? parseTime(data["timestamp"]) ?? this.now(),
      directory: stringOf(objectOf(envelope["location"])["directory"]),
    };
    if (!this.turns.take(event)) this.sessions.take(event);
    this.remember(event.sessionID, numberOf(objectOf(envelope["durable"])["seq"]));
  }

  /** Keeps how far a watched session has been followed, so that a gap can be filled from its log. */
  private remember(sessionID: string | undefined, seq: number | undefined): void {
    if (sessionID === undefined || seq === undefined) return;
    if (this.isWatched(sessionID)) this.memory.positions.set(sessionID, seq);
    else this.memory.positions.delete(sessionID);
  }
}

/** Whether the event of one session names a second one, as a tool's that runs a child does. */
function namesAnotherSession(text: string, at: number, end: number): boolean {
  const first = text.indexOf('"sessionID":"', at);
  const second = first < 0 ? -1 : text.indexOf('"sessionID":"', first + 1);
  return second >= 0 && second < end;
}
