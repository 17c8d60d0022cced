import { t } from "../../core/language.ts";
import { contextTokensOf } from "../../core/state/context.ts";
import type { Message, MessagePart, ToolPart } from "../../core/state/message.ts";
import { modelKey, type ModelRef } from "../../core/state/model.ts";
import { NO_TOKENS } from "../../core/usage/usage.ts";
import { callIDOf, countOf, idOf, isObject, nameOf, stringOf } from "../narrow.ts";
import { parseModelRef, parseTokens } from "../sharedShapes.ts";
import { SharedValues } from "../sharedValues.ts";
import { messageOf, parseError, partID } from "./parseMessage.ts";
import { parseTime } from "./parseSession.ts";
import type { V2Event, V2Stream } from "./streamMemory.ts";
import { newTool, nextTool } from "./toolCall.ts";

/** A running step. */
interface Step {
  readonly message: Message;
  readonly model: ModelRef | undefined;
  /** Number of text and reasoning pieces so far, to number those that have no id. */
  readonly pieces: { text: number; reasoning: number };
}

/** What is known about a session's running turn. */
interface Turn {
  readonly steps: Map<string, Step>;
  readonly tools: Map<string, { readonly messageID: string; readonly part: ToolPart }>;
  isRetrying: boolean;
}

type ContentKind = "text" | "reasoning";

/** Events about what a session does: executions, steps with their usage, streamed content, tools, retries. */
export class TurnEvents {
  readonly #stream: V2Stream;
  readonly #shared = new SharedValues();
  readonly #turns = new Map<string, Turn>();

  constructor(stream: V2Stream) {
    this.#stream = stream;
  }

  /** Handles an event about a turn; returns false for other events. */
  take(event: V2Event): boolean {
    const { type, sessionID } = event;
    if (sessionID === undefined) return false;
    if (type.startsWith("session.execution.")) this.#execution(event, sessionID);
    else if (type.startsWith("session.step.")) this.#step(event, sessionID);
    else if (type.startsWith("session.tool.")) this.#tool(event, sessionID);
    else if (type === "session.retry.scheduled") this.#retry(event, sessionID);
    else if (type.startsWith("session.text.")) this.#content(event, sessionID, "text");
    else if (type.startsWith("session.reasoning.")) this.#content(event, sessionID, "reasoning");
    else return false;
    return true;
  }

  /** Something was streamed: a session that was waiting to retry is doing so now. */
  streamed(sessionID: string): void {
    const turn = this.#turns.get(sessionID);
    if (turn?.isRetrying === true) this.#emitWorking(sessionID, turn);
  }

  /** Text of a watched session was streamed. */
  textStreamed(
    sessionID: string,
    messageID: string,
    kind: ContentKind,
    contentID: string | undefined,
    text: string,
  ): void {
    const pieces = this.#turns.get(sessionID)?.steps.get(messageID)?.pieces;
    const id = contentID ?? `${kind}-${String(Math.max(0, (pieces?.[kind] ?? 1) - 1))}`;
    this.#stream.emit({
      type: "part.streamed",
      sessionID,
      messageID,
      partID: partID(messageID, id),
      text,
    });
  }

  #turn(sessionID: string): Turn {
    let turn = this.#turns.get(sessionID);
    if (turn === undefined) {
      turn = { steps: new Map(), tools: new Map(), isRetrying: false };
      this.#turns.set(sessionID, turn);
    }
    return turn;
  }

  #emitWorking(sessionID: string, turn: Turn): void {
    turn.isRetrying = false;
    this.#stream.emit({
      type: "activity.changed",
      sessionID,
      activity: { kind: "working", sinceMs: this.#stream.now() },
    });
  }

  #execution({ type, data, createdMs }: V2Event, sessionID: string): void {
    if (type === "session.execution.started") {
      this.#emitWorking(sessionID, this.#turn(sessionID));
      return;
    }
    this.#turns.delete(sessionID);
    this.#stream.emit({ type: "activity.changed", sessionID, activity: { kind: "idle" } });
    this.#stream.emit({
      type: "session.changed",
      sessionID,
      changes: { updatedMs: createdMs, isUnread: true },
    });
    if (type === "session.execution.interrupted")
      this.#stream.emit({ type: "turn.interrupted", sessionID });
    if (type === "session.execution.failed") {
      const message = parseError(data["error"]) ?? t("the turn failed");
      this.#stream.emit({ type: "session.failed", sessionID, message, atMs: this.#stream.now() });
    }
    if (type !== "session.execution.succeeded")
      this.#stream.memory.compactions.interrupted(sessionID);
    // An idle session may still have prompts that were not begun, e.g. after a stop.
    const count = this.#stream.memory.inbox.count(sessionID);
    if (count > 0) this.#stream.emit({ type: "prompts.queued", sessionID, count });
  }

  #retry({ data }: V2Event, sessionID: string): void {
    this.#turn(sessionID).isRetrying = true;
    this.#stream.emit({
      type: "activity.changed",
      sessionID,
      activity: {
        kind: "retry",
        sinceMs: this.#stream.now(),
        attempt: countOf(data["attempt"]),
        message: parseError(data["error"]) ?? "",
        nextMs: parseTime(data["at"]),
      },
    });
  }

  #step(event: V2Event, sessionID: string): void {
    const messageID = idOf(event.data["assistantMessageID"]);
    if (messageID === undefined) return;
    const turn = this.#turn(sessionID);
    if (event.type === "session.step.started") this.#stepStarted(event, sessionID, messageID, turn);
    else if (event.type === "session.step.ended" || event.type === "session.step.failed") {
      this.#stepEnded(event, sessionID, messageID, turn);
    }
  }

  #stepStarted(
    { data, createdMs }: V2Event,
    sessionID: string,
    messageID: string,
    turn: Turn,
  ): void {
    if (turn.isRetrying) this.#emitWorking(sessionID, turn);
    const model = this.#shared.model(parseModelRef(data["model"]));
    const agent = this.#shared.string(nameOf(data["agent"]));
    const message: Message = {
      ...messageOf(messageID, "assistant", {}),
      createdMs: parseTime(data["started"]) ?? createdMs,
      agent,
      model,
      costUSD: 0,
      tokens: NO_TOKENS,
    };
    turn.steps.set(messageID, { message, model, pieces: { text: 0, reasoning: 0 } });
    this.#stream.emit({
      type: "step.started",
      sessionID,
      messageID,
      createdMs: message.createdMs,
      model,
      agent,
    });
    const count = this.#stream.memory.inbox.count(sessionID);
    if (count > 0) this.#stream.emit({ type: "prompts.queued", sessionID, count });
    if (this.#stream.isWatched(sessionID)) {
      this.#stream.emit({ type: "message.upserted", sessionID, message, hasParts: false });
    }
  }

  #stepEnded({ data, createdMs }: V2Event, sessionID: string, messageID: string, turn: Turn): void {
    const step = turn.steps.get(messageID);
    turn.steps.delete(messageID);
    const hasUsage = isObject(data["tokens"]);
    const tokens = parseTokens(data["tokens"]);
    const costUSD = countOf(data["cost"]);
    if (hasUsage) {
      this.#stream.emit({
        type: "step.ended",
        sessionID,
        stepID: messageID,
        step: { messageID, costUSD, tokens },
      });
      this.#stream.emit({ type: "session.changed", sessionID, changes: { updatedMs: createdMs } });
      const contextTokens = contextTokensOf(tokens);
      if (step?.model !== undefined && contextTokens !== undefined) {
        this.#stream.emit({
          type: "context.known",
          sessionID,
          context: {
            contextTokens,
            modelKey: modelKey(step.model),
            messageID,
            isEstimate: false,
          },
        });
      } else if (contextTokens !== undefined) this.#stream.sink.contextChanged(sessionID);
    }
    if (!this.#stream.isWatched(sessionID)) return;
    // It began before this stream: the message's own facts aren't known here.
    if (step === undefined) this.#stream.sink.messagesChanged(sessionID, createdMs);
    else {
      const error = parseError(data["error"]);
      const message = { ...step.message, completedMs: createdMs, costUSD, tokens, error };
      this.#stream.emit({ type: "message.upserted", sessionID, message, hasParts: false });
    }
  }

  /** Pieces of text as they begin and end; only reported for watched sessions. */
  #content({ type, data }: V2Event, sessionID: string, kind: ContentKind): void {
    const messageID = idOf(data["assistantMessageID"]);
    const pieces =
      messageID === undefined
        ? undefined
        : this.#turns.get(sessionID)?.steps.get(messageID)?.pieces;
    if (messageID === undefined || !this.#stream.isWatched(sessionID)) return;
    const named = callIDOf(data[`${kind}ID`]) ?? callIDOf(data["id"]);
    const isStart = type.endsWith(".started");
    const number =
      pieces === undefined ? 0 : isStart ? pieces[kind]++ : Math.max(0, pieces[kind] - 1);
    const id = partID(messageID, named ?? `${kind}-${String(number)}`);
    const text = stringOf(data["text"]) ?? "";
    const part: MessagePart =
      kind === "text" ? { kind, id, text, isSynthetic: false } : { kind, id, text };
    this.#stream.emit({ type: "part.upserted", sessionID, messageID, part });
  }

  #tool(event: V2Event, sessionID: string): void {
    const { data, createdMs } = event;
    const callID = callIDOf(data["callID"]) ?? callIDOf(data["id"]);
    if (callID === undefined) return;
    const { tools } = this.#turn(sessionID);
    const known = tools.get(callID);
    const messageID = idOf(data["assistantMessageID"]) ?? known?.messageID ?? "";
    const before = known?.part ?? newTool(messageID, callID, data, createdMs);
    const part = nextTool(event.type, before, data, createdMs);
    if (part === undefined) return;
    const isOver = part.status === "completed" || part.status === "error";
    if (isOver) tools.delete(callID);
    else tools.set(callID, { messageID, part });
    if (this.#stream.isWatched(sessionID)) {
      this.#stream.emit({ type: "part.upserted", sessionID, messageID, part });
    }
    if (isOver) this.#stream.emit({ type: "tool.ended", sessionID, callID });
    else {
      const { tool, title, startedMs, childSessionID } = part;
      this.#stream.emit({
        type: "tool.running",
        sessionID,
        tool: { callID, tool, title, startedMs, childSessionID },
      });
    }
  }
}
