import type { ServerAction } from "../../core/actions.ts";
import { contextTokensOf } from "../../core/context.ts";
import { modelKey } from "../../core/model.ts";
import { todoProgress } from "../../core/todo.ts";
import type { EventMapper, EventSink, IsWatched } from "../adapter.ts";
import {
  type ChunkView,
  indexOfKey,
  LineSplitter,
  ownString,
  peekString,
  utf8Of,
} from "../lines.ts";
import { arrayOf, isObject, numberOf, objectOf, stringOf } from "../narrow.ts";
import { parseTokens } from "../parseUsage.ts";
import { SharedValues } from "../sharedValues.ts";
import { titleOfInput } from "../toolTitle.ts";
import { StreamedText } from "../streamedText.ts";
import { parseMessageInfo, parsePart, turnEnd } from "./parseMessage.ts";
import { requestAction } from "./parseRequest.ts";
import { parseActivity, parseSession } from "./parseSession.ts";
import { directoryOf, peekEndedTool, peekEvent, propertiesOf } from "./peek.ts";
import { PromptQueue } from "./promptQueue.ts";

/** Events that are parsed whenever they come; some others are parsed at times. */
const READ: ReadonlySet<string> = new Set([
  ...["session.created", "session.updated", "session.deleted", "session.idle", "session.error"],
  ...["session.compacted", "message.removed", "message.part.removed", "todo.updated"],
  ...["permission.asked", "permission.replied"],
  ...["question.asked", "question.replied", "question.rejected"],
  ...["global.disposed", "server.instance.disposed"],
]);

type Properties = Readonly<Record<string, unknown>>;

/**
 * Events of `/global/event` (observed on 1.18): `{directory, project, payload: {id, type, properties}}`,
 * one a line, each durable one followed by a twin of type `sync`. What nobody needs is dropped by its
 * type before it is parsed; text that streams is counted without being parsed.
 */
export class V1EventMapper implements EventMapper {
  private readonly sink: EventSink;
  private readonly isWatched: IsWatched;
  private readonly serverID: string;
  private readonly now: () => number;
  private readonly lines: LineSplitter;
  private readonly shared = new SharedValues();
  private readonly queue = new PromptQueue();
  private readonly streamed = new StreamedText();
  /** Model and kind of the steps at work, by message id. */
  private readonly steps = new Map<string, { modelKey: string; isSummary: boolean }>();

  constructor(
    serverID: string,
    sink: EventSink,
    isWatched: IsWatched,
    now: () => number = Date.now,
  ) {
    this.serverID = serverID;
    this.sink = sink;
    this.isWatched = isWatched;
    this.now = now;
    this.lines = new LineSplitter((view, start, end) => {
      this.line(view, start, end);
    });
  }

  push(chunk: Uint8Array): void {
    this.lines.push(chunk);
    for (const [sessionID, characters] of this.streamed.take(this.now())) {
      this.say({ type: "text.streamed", sessionID, characters, serverID: this.serverID });
    }
  }

  private say(action: ServerAction): void {
    this.sink.action(action);
  }

  private line(view: ChunkView, start: number, end: number): void {
    const peeked = peekEvent(view.text, start, end);
    if (peeked === undefined) return;
    switch (peeked.type) {
      case "message.part.delta":
        this.delta(view, peeked.at, end);
        return;
      case "message.part.updated":
        if (this.wantsPart(view.text, peeked.at, end)) break;
        return;
      case "message.updated":
        if (this.wantsMessage(view.text, peeked.at, end)) break;
        return;
      case "session.status":
        if (this.stillWorks(view.text, peeked.at, end)) return;
        break;
      case "server.connected":
        this.sink.connected();
        return;
      default:
        if (!READ.has(peeked.type)) return;
    }
    const properties = propertiesOf(view, peeked.jsonStart, peeked.at, end);
    // A line that is no JSON says nothing; what it meant to say comes with the next snapshot.
    if (properties === undefined) return;
    const isRequest = peeked.type === "permission.asked" || peeked.type === "question.asked";
    const directory = isRequest ? directoryOf(view, peeked.jsonStart, end) : undefined;
    this.event(peeked.type, properties, directory);
  }

  private isWatchedAt(text: string, at: number, end: number): boolean {
    const sessionID = peekString(text, 'sessionID":"', at, end);
    return sessionID !== undefined && this.isWatched(sessionID);
  }

  /** A turn says «busy» again at every step: that needs no parsing. */
  private stillWorks(text: string, at: number, end: number): boolean {
    if (peekString(text, 'status":{"type":"', at, end) !== "busy") return false;
    const sessionID = peekString(text, 'sessionID":"', at, end);
    if (sessionID === undefined) return false;
    this.queue.began(sessionID);
    const activity = { kind: "working", sinceMs: this.now() } as const;
    this.say({ type: "activity.changed", serverID: this.serverID, sessionID, activity });
    return true;
  }

  /** Whether a message has to be parsed; what little is told by the others is taken from the text. */
  private wantsMessage(text: string, at: number, end: number): boolean {
    const sessionID = peekString(text, 'sessionID":"', at, end);
    const messageID = peekString(text, 'info":{"id":"', at, end);
    if (sessionID === undefined || messageID === undefined || this.isWatched(sessionID)) {
      return true;
    }
    switch (peekString(text, 'role":"', at, end)) {
      case "user":
        // Repeated at each step with whole patches in it.
        this.asked(ownString(sessionID), ownString(messageID));
        return false;
      case "assistant": {
        if (!this.steps.has(messageID)) return true;
        if (indexOfKey(text, 'completed":', at, end) < 0) return false;
        if (indexOfKey(text, 'error":', at, end) >= 0) return true;
        this.steps.delete(messageID);
        return false;
      }
      default:
        return true;
    }
  }

  /** Whether a part says something about figures or tools that is not told yet, or somebody reads along. */
  private wantsPart(text: string, at: number, end: number): boolean {
    const partAt = indexOfKey(text, 'part":{', at, end);
    const type = partAt < 0 ? undefined : peekString(text, 'type":"', partAt, end);
    switch (type) {
      case "tool": {
        if (this.isWatchedAt(text, at, end)) return true;
        const ended = peekEndedTool(text, at, partAt, end);
        if (ended === undefined) return true;
        this.say({ type: "tool.ended", serverID: this.serverID, ...ended });
        return false;
      }
      case "step-finish":
      case "compaction":
      case undefined:
        return true;
      default:
        return this.isWatchedAt(text, at, end);
    }
  }

  private delta(view: ChunkView, at: number, end: number): void {
    const { text } = view;
    const sessionID = peekString(text, 'sessionID":"', at, end);
    if (sessionID === undefined) return;
    const deltaAt = indexOfKey(text, 'delta":"', at, end);
    if (deltaAt < 0) return;
    // `delta":"` before, `"}}}` after: the text in between, counted as it is escaped.
    const characters = Math.max(0, end - deltaAt - 12);
    this.streamed.add(sessionID, characters);
    if (!this.isWatched(sessionID)) return;
    const messageID = peekString(text, 'messageID":"', at, end);
    const partID = peekString(text, 'partID":"', at, end);
    if (messageID === undefined || partID === undefined) return;
    try {
      const delta: unknown = JSON.parse(utf8Of(view, deltaAt + 7, end - 3));
      if (typeof delta !== "string") return;
      this.say({
        type: "part.streamed",
        serverID: this.serverID,
        sessionID,
        messageID: ownString(messageID),
        partID: ownString(partID),
        text: delta,
      });
    } catch {
      // Another key order than the one observed: the whole part follows when it is done.
    }
  }

  private event(type: string, properties: Properties, directory: string | undefined): void {
    const { serverID } = this;
    const sessionID = stringOf(properties["sessionID"]);
    switch (type) {
      case "session.created":
      case "session.updated": {
        const session = parseSession(properties["info"], this.shared);
        if (session === undefined) return;
        this.say({ type: "session.upserted", serverID, session, origin: "event" });
        // A fork's first event says cost 0 though its history was copied, and a server without totals says none.
        if (type === "session.created") this.queue.created(session.id);
        if (type === "session.created" || session.totals === undefined) {
          this.sink.stale(session.id);
        }
        return;
      }
      case "permission.asked":
      case "question.asked":
      case "permission.replied":
      case "question.replied":
      case "question.rejected": {
        const action = requestAction(serverID, type, properties, directory, this.now());
        if (action !== undefined) this.say(action);
        return;
      }
      case "server.instance.disposed":
      case "global.disposed":
        this.sink.resync();
        return;
      default:
        if (sessionID !== undefined) this.sessionEvent(type, sessionID, properties);
        else if (type === "session.deleted") this.deleted(properties);
    }
  }

  private deleted(properties: Properties): void {
    const sessionID =
      stringOf(properties["sessionID"]) ?? stringOf(objectOf(properties["info"])["id"]);
    if (sessionID === undefined) return;
    this.queue.forget(sessionID);
    this.say({ type: "session.removed", serverID: this.serverID, sessionID });
  }

  private sessionEvent(type: string, sessionID: string, properties: Properties): void {
    const { serverID } = this;
    switch (type) {
      case "session.deleted":
        this.deleted(properties);
        return;
      case "session.status": {
        const activity = parseActivity(properties["status"], this.now());
        if (activity.kind === "idle") this.queue.forget(sessionID);
        this.say({ type: "activity.changed", serverID, sessionID, activity });
        return;
      }
      case "session.idle":
        this.queue.forget(sessionID);
        this.say({ type: "activity.changed", serverID, sessionID, activity: { kind: "idle" } });
        return;
      case "session.error":
        this.say({ ...turnEnd(properties["error"], this.now()), serverID, sessionID });
        return;
      case "todo.updated":
        this.todo(sessionID, properties["todos"]);
        return;
      case "session.compacted":
        this.say({ type: "compaction.ended", serverID, sessionID, error: undefined });
        this.sink.contextChanged(sessionID);
        return;
      case "message.removed": {
        const messageID = stringOf(properties["messageID"]);
        if (messageID === undefined) return;
        this.say({ type: "message.removed", serverID, sessionID, messageID });
        // Totals drop with a message, without an event of their own.
        this.sink.stale(sessionID);
        this.sink.contextChanged(sessionID);
        return;
      }
      case "message.part.removed":
        this.sink.stale(sessionID);
        return;
      case "message.updated":
        this.message(sessionID, properties["info"]);
        return;
      case "message.part.updated":
        this.part(sessionID, properties["part"]);
        return;
      default:
    }
  }

  private todo(sessionID: string, value: unknown): void {
    const states = arrayOf(value).map((item) => objectOf(item)["status"]);
    const { serverID } = this;
    this.say({ type: "todo.changed", serverID, sessionID, ...todoProgress(states) });
  }

  private asked(sessionID: string, messageID: string): void {
    const count = this.queue.asked(sessionID, messageID);
    this.say({ type: "prompts.queued", serverID: this.serverID, sessionID, count });
  }

  private message(sessionID: string, value: unknown): void {
    const message = parseMessageInfo(value);
    if (message === undefined) return;
    const { serverID } = this;
    if (this.isWatched(sessionID)) {
      this.say({ type: "message.upserted", serverID, sessionID, message, hasParts: false });
    }
    if (message.role === "user") {
      this.asked(sessionID, message.id);
      return;
    }
    const askedID = stringOf(objectOf(value)["parentID"]);
    const count = this.queue.answered(sessionID, askedID);
    const model = this.shared.model(message.model);
    if (message.completedMs === undefined) {
      if (!this.steps.has(message.id)) {
        this.steps.set(message.id, {
          modelKey: model === undefined ? "" : modelKey(model),
          isSummary: message.isSummary,
        });
        this.say({
          type: "step.started",
          serverID,
          sessionID,
          messageID: message.id,
          model: message.isSummary ? undefined : model,
          agent: message.isSummary ? undefined : this.shared.string(message.agent),
        });
        this.say({ type: "prompts.queued", serverID, sessionID, count });
      }
      return;
    }
    this.steps.delete(message.id);
    const { error } = objectOf(value);
    // A turn stopped before its first step is told of here alone (observed). Messages are told again later:
    // the error of a turn that another followed is none of the session's any more.
    if (isObject(error) && !this.queue.isPast(sessionID, askedID))
      this.say({ ...turnEnd(error, this.now()), serverID, sessionID });
  }

  private part(sessionID: string, value: unknown): void {
    const raw = objectOf(value);
    const { serverID } = this;
    const messageID = stringOf(raw["messageID"]) ?? "";
    const type = raw["type"];
    if (type === "step-finish") this.stepFinished(sessionID, messageID, raw);
    const part = parsePart(raw);
    if (part === undefined) return;
    if (this.isWatched(sessionID)) {
      this.say({ type: "part.upserted", serverID, sessionID, messageID, part });
    }
    if (part.kind === "compaction") {
      const { isAuto } = part;
      this.say({ type: "compaction.started", serverID, sessionID, isAuto, atMs: this.now() });
    } else if (part.kind === "tool") {
      const { callID } = part;
      if (part.status === "pending" || part.status === "running") {
        this.say({
          type: "tool.running",
          serverID,
          sessionID,
          tool: {
            callID,
            tool: part.tool,
            title: part.title ?? titleOfInput(part.input),
            startedMs: part.startedMs,
            childSessionID: part.childSessionID,
          },
        });
      } else this.say({ type: "tool.ended", serverID, sessionID, callID });
    }
  }

  private stepFinished(sessionID: string, messageID: string, raw: Properties): void {
    const { serverID } = this;
    const stepID = stringOf(raw["id"]);
    if (stepID === undefined || !isObject(raw["tokens"])) return;
    const tokens = parseTokens(raw["tokens"]);
    this.streamed.forget(sessionID);
    const costUSD = Math.max(0, numberOf(raw["cost"]) ?? 0);
    this.say({
      type: "step.ended",
      serverID,
      sessionID,
      stepID,
      step: { messageID, costUSD, tokens },
    });
    const step = this.steps.get(messageID);
    const contextTokens = contextTokensOf(tokens);
    // The call that writes a summary holds the old context: it says nothing of the new one.
    if (step === undefined || step.isSummary || contextTokens === undefined) return;
    this.say({
      type: "context.known",
      serverID,
      sessionID,
      context: { contextTokens, modelKey: step.modelKey, messageID, isEstimate: false },
    });
  }
}
