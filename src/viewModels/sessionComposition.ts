import { contextTokensOf, estimateTokens } from "../core/context.ts";
import type { Message, MessagePart } from "../core/message.ts";

/** Who wrote what is in a session's context. */
export const CONTEXT_KINDS = ["system", "user", "assistant", "tool"] as const;
export type ContextKind = (typeof CONTEXT_KINDS)[number];

const LABELS: Readonly<Record<ContextKind, string>> = {
  system: "System prompt and tool definitions",
  user: "User",
  assistant: "Assistant",
  tool: "Tool calls and results",
};

export function contextKindLabel(kind: ContextKind): string {
  return LABELS[kind];
}

/**
 * What a session's context is made of. The total is what the server counted after the last answer; its parts are an
 * estimate from the length of the texts.
 */
export interface ContextComposition {
  /** Undefined while no answer has told it: the parts are then of the texts alone, without the system's. */
  readonly contextTokens: number | undefined;
  readonly tokens: Readonly<Record<ContextKind, number>>;
  /** Messages in the context, and those before a compaction, which are not. */
  readonly messages: number;
  readonly compactedMessages: number;
  /** Whether all messages were there to be counted. */
  readonly isComplete: boolean;
}

/**
 * Takes a context apart: texts count four characters a token, as OpenCode estimates them. What the server counted
 * beyond the texts is the system prompt and the definitions of tools. Where the texts come to more than was counted
 * (old tool results are left out of a prompt), they are scaled to it and nothing is left for the system.
 */
export function contextComposition(
  messages: readonly Message[],
  isComplete: boolean,
): ContextComposition {
  const inContext = contextOf(messages);
  let user = 0;
  let assistant = 0;
  let tool = 0;
  for (const message of inContext) {
    for (const part of message.parts) {
      if (part.kind === "tool") tool += toolCharacters(part);
      else if (message.role === "user" && !message.isSummary) user += textCharacters(part);
      else assistant += textCharacters(part);
    }
  }
  const texts = {
    user: estimateTokens(user),
    assistant: estimateTokens(assistant),
    tool: estimateTokens(tool),
  };
  const sum = texts.user + texts.assistant + texts.tool;
  const contextTokens = lastContext(inContext);
  const counts = {
    messages: inContext.length,
    compactedMessages: messages.length - inContext.length,
  };
  if (contextTokens === undefined || contextTokens >= sum) {
    const system = contextTokens === undefined ? 0 : contextTokens - sum;
    return { contextTokens, tokens: { system, ...texts }, ...counts, isComplete };
  }
  const share = contextTokens / sum;
  const scaled = {
    user: Math.round(texts.user * share),
    assistant: Math.round(texts.assistant * share),
  };
  // What is left by rounding goes with the tools: the parts are all there is.
  const rest = Math.max(0, contextTokens - scaled.user - scaled.assistant);
  return {
    contextTokens,
    tokens: { system: 0, ...scaled, tool: rest },
    ...counts,
    isComplete,
  };
}

/** Messages since the last compaction, its summary and what it kept word for word included. */
function contextOf(messages: readonly Message[]): readonly Message[] {
  const at = messages.findLastIndex((message) => message.isSummary);
  const summary = messages[at];
  if (summary === undefined) return messages;
  const asked = messages
    .slice(0, at + 1)
    .findLast(({ parts }) => parts.some(({ kind }) => kind === "compaction"));
  const part = asked?.parts.find((one) => one.kind === "compaction");
  const tailID = part?.kind === "compaction" ? part.tailStartID : undefined;
  const tailAt = tailID === undefined ? -1 : messages.findIndex(({ id }) => id === tailID);
  const tail = tailAt < 0 || tailAt > at ? [] : messages.slice(tailAt, at);
  return [...tail.filter((message) => message !== asked), ...messages.slice(at)];
}

function lastContext(messages: readonly Message[]): number | undefined {
  for (const { tokens, isSummary } of messages.toReversed()) {
    if (isSummary || tokens === undefined) continue;
    const context = contextTokensOf(tokens);
    if (context !== undefined) return context;
  }
  return undefined;
}

function textCharacters(part: MessagePart): number {
  return part.kind === "text" || part.kind === "reasoning" ? part.text.length : 0;
}

function toolCharacters(part: Extract<MessagePart, { kind: "tool" }>): number {
  return inputLength(part.input) + (part.output ?? "").length + (part.error ?? "").length;
}

function inputLength(input: unknown): number {
  if (typeof input === "string") return input.length;
  try {
    // Undefined has no text.
    const text: unknown = JSON.stringify(input);
    return typeof text === "string" ? text.length : 0;
  } catch {
    return 0;
  }
}
