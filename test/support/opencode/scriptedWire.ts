import type { ServerResponse } from "node:http";
import type { Chat } from "./scriptedAnswer.ts";
import type { ScriptToolCall } from "./scriptLanguage.ts";

/** Token figures of one answer. `promptTokens` includes cached and written, `completionTokens` reasoning. */
export interface AnswerUsage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly cacheWriteTokens: number;
  readonly completionTokens: number;
  readonly reasoningTokens: number;
}

/** Writes one streamed answer in a wire format's frames. Methods are called in the order given here. */
export interface AnswerWriter {
  start(promptUsage: AnswerUsage): void;
  reasoning(text: string): void;
  text(text: string): void;
  toolCall(call: ScriptToolCall, callID: string): void;
  finish(usage: AnswerUsage, hasToolCalls: boolean): void;
}

/** A wire format: how requests are parsed and answers are written. */
export interface Wire {
  readonly path: string;
  /** The chat in a parsed body, or undefined if it has another shape. */
  chatOf(body: unknown): Chat | undefined;
  writerOf(response: ServerResponse, model: string): AnswerWriter;
  errorBody(message: string, status: number): unknown;
}
