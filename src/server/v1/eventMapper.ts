import type { SessionAction } from "../../core/state/actions.ts";
import { contextTokensOf } from "../../core/state/context.ts";
import { modelKey } from "../../core/state/model.ts";
import { todoProgress } from "../../core/state/todo.ts";
import type { EventMapper, EventSink, IsWatched } from "../adapter.ts";
import { LineReader, parseEventLine } from "../lines.ts";
import { arrayOf, directoryOf, idOf, isObject, numberOf, objectOf, stringOf } from "../narrow.ts";
import { parseTokens } from "../sharedShapes.ts";
import { SharedValues } from "../sharedValues.ts";
import { titleOfInput } from "../toolTitle.ts";
import { StreamedText } from "../streamedText.ts";
import { parseMessageInfo, parsePart, turnEnd } from "./parseMessage.ts";
import { requestAction } from "./parseRequest.ts";
import { parseActivity, parseSession } from "./parseSession.ts";
import { PromptQueue } from "./promptQueue.ts";

/** How the `sync` twin begins that follows and repeats each durable event: it isn't even parsed. */
const SYNC_TWIN = '"payload":{"type":"sync"';

type Properties = Readonly<Record<string, unknown>>;

interface Answer {
  readonly messageID: string;
  readonly modelKey: string;
  readonly isSummary: boolean;
  /** Reports that it has begun; undefined once that was reported. */
  readonly begin: (() => void) | undefined;
}

/**
 * Events of `/global/event` (observed on 1.18): `{directory, project, payload: {id, type, properties}}`, one
 * per line.
 */
export class V1EventMapper implements EventMapper {
  readonly #sink: EventSink;
  readonly #isWatched: IsWatched;
  readonly #serverID: string;
  readonly #now: () => number;
  readonly #lines = new LineReader();
  readonly #shared = new SharedValues();
  readonly #queue = new PromptQueue();
  readonly #streamed: StreamedText;
  /** The newest answer of each session. */
  readonly #answers = new Map<string, Answer>();

  constructor(
    serverID: string,
    sink: EventSink,
    isWatched: IsWatched,
    now: () => number = Date.now,
    clock: () => number = () => performance.now(),
  ) {
    this.#serverID = serverID;
    this.#sink = sink;
    this.#isWatched = isWatched;
    this.#now = now;
    this.#streamed = new StreamedText(clock);
  }

  push(chunk: Uint8Array): void {
    for (const line of this.#lines.push(chunk)) {
      const event = line.includes(SYNC_TWIN) ? undefined : parseEventLine(line);
      if (event === undefined) continue;
      const payload = objectOf(event["payload"]);
      const properties = objectOf(payload["properties"]);
      this.#event(payload["type"], properties, directoryOf(event["directory"]));
    }
    for (const [sessionID, characters] of this.#streamed.take()) {
      this.#emit({ type: "text.streamed", sessionID, characters });
    }
  }

  /** Passes on an action about a session of this server. */
  #emit(action: SessionAction): void {
    const serverID = this.#serverID;
    this.#sink.action({ ...action, serverID });
  }

  #event(type: unknown, properties: Properties, directory: string | undefined): void {
    const sessionID = idOf(properties["sessionID"]);
    switch (type) {
      case "server.connected":
        this.#sink.connected();
        return;
      case "message.part.delta":
        if (sessionID !== undefined) this.#delta(sessionID, properties);
        return;
      case "session.created":
      case "session.updated": {
        const session = parseSession(properties["info"], this.#shared);
        if (session === undefined) return;
        this.#emit({ type: "session.upserted", session, origin: "event" });
        // A fork's first event reports cost 0 despite its copied history; a server without totals reports none.
        if (type === "session.created") this.#queue.created(session.id);
        if (type === "session.created" || session.totals === undefined) {
          this.#sink.stale(session.id);
        }
        return;
      }
      case "permission.asked":
      case "question.asked":
      case "permission.replied":
      case "question.replied":
      case "question.rejected": {
        const action = requestAction(this.#serverID, type, properties, directory, this.#now());
        if (action !== undefined) this.#sink.action(action);
        return;
      }
      case "server.instance.disposed":
      case "global.disposed":
        this.#sink.resync();
        return;
      default:
        if (sessionID !== undefined) this.#sessionEvent(type, sessionID, properties);
        else if (type === "session.deleted") this.#deleted(properties);
    }
  }

  #deleted(properties: Properties): void {
    const sessionID = idOf(properties["sessionID"]) ?? idOf(objectOf(properties["info"])["id"]);
    if (sessionID === undefined) return;
    this.#queue.forget(sessionID);
    this.#answers.delete(sessionID);
    this.#emit({ type: "session.removed", sessionID });
  }

  #sessionEvent(type: unknown, sessionID: string, properties: Properties): void {
    switch (type) {
      case "session.deleted":
        this.#deleted(properties);
        return;
      case "session.status": {
        const activity = parseActivity(properties["status"], this.#now());
        if (activity.kind === "working") this.#queue.turnStarted(sessionID);
        if (activity.kind === "idle") this.#idle(sessionID);
        else this.#emit({ type: "activity.changed", sessionID, activity });
        return;
      }
      case "session.idle":
        this.#idle(sessionID);
        return;
      case "session.error":
        this.#emit({ ...turnEnd(properties["error"], this.#now()), sessionID });
        return;
      case "todo.updated":
        this.#todo(sessionID, properties["todos"]);
        return;
      case "session.compacted":
        this.#emit({ type: "compaction.ended", sessionID, error: undefined });
        this.#sink.contextChanged(sessionID);
        return;
      case "message.removed": {
        const messageID = idOf(properties["messageID"]);
        if (messageID === undefined) return;
        this.#emit({ type: "message.removed", sessionID, messageID });
        // Totals drop with a message, without a separate event.
        this.#sink.stale(sessionID);
        this.#sink.contextChanged(sessionID);
        return;
      }
      case "message.part.removed":
        this.#sink.stale(sessionID);
        return;
      case "message.updated":
        this.#message(sessionID, properties["info"]);
        return;
      case "message.part.updated":
        this.#part(sessionID, properties["part"]);
        return;
      default:
    }
  }

  #idle(sessionID: string): void {
    this.#queue.forget(sessionID);
    this.#streamed.forget(sessionID);
    this.#emit({ type: "activity.changed", sessionID, activity: { kind: "idle" } });
  }

  #delta(sessionID: string, properties: Properties): void {
    const text = stringOf(properties["delta"]);
    if (text === undefined) return;
    this.#streamed.add(sessionID, text.length);
    if (!this.#isWatched(sessionID)) return;
    const messageID = idOf(properties["messageID"]);
    const partID = idOf(properties["partID"]);
    if (messageID === undefined || partID === undefined) return;
    this.#emit({ type: "part.streamed", sessionID, messageID, partID, text });
  }

  #todo(sessionID: string, value: unknown): void {
    const states = arrayOf(value).map((item) => objectOf(item)["status"]);
    this.#emit({ type: "todo.changed", sessionID, ...todoProgress(states) });
  }

  #promptSeen(sessionID: string, messageID: string): void {
    const count = this.#queue.promptSeen(sessionID, messageID);
    this.#emit({ type: "prompts.queued", sessionID, count });
  }

  #message(sessionID: string, value: unknown): void {
    const isWatched = this.#isWatched(sessionID);
    const raw = objectOf(value);
    if (!isWatched && raw["role"] === "user") {
      // Repeated at each step, including entire patches.
      const messageID = idOf(raw["id"]);
      if (messageID !== undefined) this.#promptSeen(sessionID, messageID);
      return;
    }
    const message = parseMessageInfo(raw);
    if (message === undefined) return;
    if (isWatched) {
      this.#emit({ type: "message.upserted", sessionID, message, hasParts: false });
    }
    if (message.role === "user") {
      this.#promptSeen(sessionID, message.id);
      return;
    }
    const askedID = idOf(raw["parentID"]);
    const count = this.#queue.promptAnswered(sessionID, askedID);
    const model = this.#shared.model(message.model);
    // Under load, the beginning is only reported once the end is known, so it looks like the end (observed).
    const known = this.#answers.get(sessionID)?.messageID;
    const isNew = message.id > (known ?? "");
    if (isNew) {
      const answer: Answer = {
        messageID: message.id,
        modelKey: model === undefined ? "" : modelKey(model),
        isSummary: message.isSummary,
        begin: () => {
          this.#answers.set(sessionID, { ...answer, begin: undefined });
          this.#emit({
            type: "step.started",
            sessionID,
            messageID: message.id,
            createdMs: message.createdMs,
            model: message.isSummary ? undefined : model,
            agent: message.isSummary ? undefined : this.#shared.string(message.agent),
          });
          this.#emit({ type: "prompts.queued", sessionID, count });
        },
      };
      this.#answers.set(sessionID, answer);
      if (message.completedMs === undefined) answer.begin?.();
    }
    if (message.completedMs === undefined) return;
    const { error } = raw;
    // A turn stopped before its first step is only reported here (observed). Messages are reported again
    // later: the error of a turn that was followed by another no longer concerns the session.
    if (isObject(error) && !this.#queue.isPast(sessionID, askedID))
      this.#emit({ ...turnEnd(error, this.#now()), sessionID });
  }

  #part(sessionID: string, value: unknown): void {
    const raw = objectOf(value);
    const messageID = idOf(raw["messageID"]) ?? "";
    const type = raw["type"];
    if (type === "step-finish") this.#stepFinished(sessionID, messageID, raw);
    const isWatched = this.#isWatched(sessionID);
    // Other parts only matter to someone reading along.
    if (!isWatched && type !== "tool" && type !== "compaction") return;
    const part = parsePart(raw);
    if (part === undefined) return;
    if (isWatched) {
      this.#emit({ type: "part.upserted", sessionID, messageID, part });
    }
    if (part.kind === "compaction") {
      const { isAuto } = part;
      this.#emit({ type: "compaction.started", sessionID, isAuto, atMs: this.#now() });
    } else if (part.kind === "tool") {
      const { callID } = part;
      if (part.status === "pending" || part.status === "running") {
        this.#emit({
          type: "tool.running",
          sessionID,
          tool: {
            callID,
            tool: part.tool,
            title: part.title ?? titleOfInput(part.input),
            startedMs: part.startedMs,
            childSessionID: part.childSessionID,
          },
        });
      } else this.#emit({ type: "tool.ended", sessionID, callID });
    }
  }

  #stepFinished(sessionID: string, messageID: string, raw: Properties): void {
    const stepID = idOf(raw["id"]);
    if (stepID === undefined || !isObject(raw["tokens"])) return;
    const tokens = parseTokens(raw["tokens"]);
    const answer = this.#answers.get(sessionID);
    // A fork repeats the steps it copied, and none of them begins.
    if (answer?.messageID === messageID && !this.#queue.hasNotStarted(sessionID)) answer.begin?.();
    this.#streamed.forget(sessionID);
    const costUSD = Math.max(0, numberOf(raw["cost"]) ?? 0);
    this.#emit({
      type: "step.ended",
      sessionID,
      stepID,
      step: { messageID, costUSD, tokens },
    });
    const contextTokens = contextTokensOf(tokens);
    // The call that writes a summary contains the old context: it says nothing about the new one.
    if (answer?.messageID !== messageID || answer.isSummary || contextTokens === undefined) return;
    this.#emit({
      type: "context.known",
      sessionID,
      context: { contextTokens, modelKey: answer.modelKey, messageID, isEstimate: false },
    });
  }
}
