import { isAbsolute, join } from "node:path";
import { contextClaims, parseScript, ScriptError, scriptOf } from "./scriptLanguage.ts";
import type { ScriptStep, ScriptToolCall } from "./scriptLanguage.ts";
import { prose, seedOf } from "./scriptedProse.ts";

/** One message of a chat request, independent of the wire format. `size` is its length in characters of JSON. */
export interface ChatMessage {
  readonly role: "user" | "assistant" | "tool";
  readonly text: string;
  readonly size: number;
}

/** A chat request, independent of the wire format. */
export interface Chat {
  readonly model: string;
  readonly system: string;
  readonly messages: readonly ChatMessage[];
  readonly toolsSize: number;
}

/** The provider's answer to a {@link Chat}, and its prompt's token figures. */
export interface ScriptedAnswer {
  readonly kind: "title" | "summary" | "step";
  readonly step: ScriptStep;
  /** The index of this step in the script; 0 for titles and summaries. */
  readonly stepIndex: number;
  readonly seed: number;
  /** All prompt tokens, including cached ones. */
  readonly promptTokens: number;
  /** Tokens of the previous step's prompt, which a real provider would have cached. */
  readonly cachedTokens: number;
}

/** A streamed piece of an answer; at a gate, streaming stops until it is released. */
export type AnswerPiece =
  | { readonly kind: "reasoning" | "text"; readonly text: string }
  | { readonly kind: "gate"; readonly gate: string };

const charactersPerToken = 4;
const cacheBlockTokens = 128;

/**
 * The answer to a request: titles and compaction summaries are recognised by their system prompt; everything
 * else follows the script of the last user message. The step is the number of assistant messages since then,
 * so equal requests get equal answers, and a prompt sent while tools run takes over at the next step.
 */
export function answerTo(chat: Chat): ScriptedAnswer {
  const last = chat.messages.findLastIndex(isPrompt);
  const prompt = chat.messages[last]?.text ?? "";
  const tokens = promptTokensOf(chat);
  if (chat.system.startsWith("You are a title generator")) {
    const step = fixedStep(titleOf(prompt));
    return { kind: "title", step, stepIndex: 0, seed: 0, ...tokens };
  }
  const seed = seedOf(prompt);
  if (chat.system.startsWith("You are a context summarization agent")) {
    const [start = "", ...rest] = summaryOf(seed).split("## Work State");
    const step: ScriptStep = prompt.includes("HOLD SUMMARY")
      ? {
          ...fixedStep(start.trimEnd()),
          text: [
            { kind: "exact", text: start.trimEnd() },
            { kind: "gate", gate: "summary" },
            { kind: "exact", text: ["", ...rest].join("## Work State") },
          ],
        }
      : fixedStep(summaryOf(seed));
    const refusal = { status: 400, message: "Nothing to sum up" };
    const isRefused = prompt.includes("REFUSE SUMMARY");
    return {
      kind: "summary",
      step: isRefused ? { ...step, refusal } : step,
      stepIndex: 0,
      seed,
      ...tokens,
    };
  }
  const stepIndex = chat.messages.slice(last + 1).filter(isAssistant).length;
  const step = absoluteStep(stepOf(prompt, stepIndex), directoryOf(chat.system));
  return { kind: "step", step, stepIndex, seed: seed + stepIndex, ...tokens };
}

/** The answer's pieces in order, split into deltas of `chunkSize` characters; never ends for `forever`. */
export function* piecesOf(answer: ScriptedAnswer, chunkSize: number): Generator<AnswerPiece> {
  const { step, seed } = answer;
  yield* cut("reasoning", prose(step.reasoningWords, seed + 1), chunkSize);
  let isFirst = true;
  for (const [at, text] of step.text.entries()) {
    if (text.kind === "gate") {
      yield text;
      continue;
    }
    if (!isFirst) yield { kind: "text", text: "\n\n" };
    isFirst = false;
    switch (text.kind) {
      case "exact":
        yield* cut("text", text.text, chunkSize);
        break;
      case "words":
        yield* cut("text", prose(text.count, seed + 2 + at), chunkSize);
        break;
      case "big":
        yield* cut("text", "0123456789abcde\n".repeat(text.characters / 16), 8192);
        break;
      case "endless":
        for (let round = 0; ; round++) yield* cut("text", prose(200, seed + round), chunkSize);
    }
  }
}

/** Token count for `characters` characters of text, at least 1. */
export function tokensOf(characters: number): number {
  return Math.max(1, Math.ceil(characters / charactersPerToken));
}

function* cut(kind: "reasoning" | "text", text: string, size: number): Generator<AnswerPiece> {
  for (let at = 0; at < text.length; at += size) yield { kind, text: text.slice(at, at + size) };
}

function promptTokensOf(chat: Chat): { promptTokens: number; cachedTokens: number } {
  const tokensUpTo = (end: number): number => {
    let characters = chat.system.length + chat.toolsSize;
    let claims = 0;
    for (const message of chat.messages.slice(0, end)) {
      characters += message.size;
      // A user's text claims nothing; a summary request quotes the whole conversation in a user message.
      if (message.role !== "user" || message.text.includes("<conversation>")) {
        claims += contextClaims(message.text);
      }
    }
    return tokensOf(characters) + claims;
  };
  const previous = chat.messages.findLastIndex(isAssistant);
  const cachedTokens =
    previous === -1 ? 0 : Math.floor(tokensUpTo(previous) / cacheBlockTokens) * cacheBlockTokens;
  return { promptTokens: tokensUpTo(chat.messages.length), cachedTokens };
}

/** OpenCode's reminders aren't prompts, but a prompt sent while tools run is wrapped in one. */
function isPrompt({ role, text }: ChatMessage): boolean {
  const isReminder = text.trimStart().startsWith("<system-reminder>");
  return role === "user" && (!isReminder || scriptOf(text) !== undefined);
}

function isAssistant(message: ChatMessage): boolean {
  return message.role === "assistant";
}

function stepOf(prompt: string, stepIndex: number): ScriptStep {
  const script = scriptOf(prompt);
  if (script === undefined) return wordsStep(stepIndex === 0 ? 40 : 12);
  try {
    return parseScript(script)[stepIndex] ?? wordsStep(12);
  } catch (error) {
    if (error instanceof ScriptError) return fixedStep(`Script error: ${error.message}`);
    throw error;
  }
}

function wordsStep(count: number): ScriptStep {
  return { ...fixedStep(""), text: [{ kind: "words", count }] };
}

function fixedStep(text: string): ScriptStep {
  return {
    reasoningWords: 0,
    text: [{ kind: "exact", text }],
    toolCalls: [],
    chunkDelayMs: undefined,
    waitMs: 0,
    failures: 0,
    retryAfterMs: undefined,
    refusal: undefined,
    cuts: 0,
  };
}

function titleOf(prompt: string): string {
  const lines = prompt.replace(/^"/, "").split("\n");
  const line = lines.find((text) => text.trim() !== "" && !text.startsWith("DO "));
  return (line ?? "Scripted session").trim().slice(0, 90);
}

function summaryOf(seed: number): string {
  const part = (title: string, words: number, at: number): string =>
    `## ${title}\n- ${prose(words, seed + at)}`;
  return [
    part("Objective", 20, 1),
    part("Important Details", 30, 2),
    `## Work State\n### Completed\n- ${prose(25, seed + 3)}\n### Active\n- (none)\n### Blocked\n- (none)`,
    part("Next Move", 12, 4),
  ].join("\n\n");
}

function directoryOf(system: string): string {
  return /^\s*Working directory: (.+)$/m.exec(system)?.[1]?.trim() ?? "/";
}

/** Makes paths absolute, as OpenCode's file tools require. */
function absoluteStep(step: ScriptStep, directory: string): ScriptStep {
  const absolute = (call: ScriptToolCall): ScriptToolCall => {
    const path = call.input["filePath"];
    if (typeof path !== "string" || isAbsolute(path)) return call;
    return { ...call, input: { ...call.input, filePath: join(directory, path) } };
  };
  return { ...step, toolCalls: step.toolCalls.map(absolute) };
}
