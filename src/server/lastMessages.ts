import type { SessionAction } from "../core/state/actions.ts";
import { contextTokensOf, estimateTokens } from "../core/state/context.ts";
import type { Message, MessagePart } from "../core/state/message.ts";
import { modelKey } from "../core/state/model.ts";

/**
 * What a session's newest messages reveal beyond its row: context in use, last step, and the error the last
 * turn ended with. `messages` is oldest first; `isWhole` when they reach back to the beginning.
 */
export function learnFromMessages(
  sessionID: string,
  messages: readonly Message[],
  isWhole: boolean,
): readonly SessionAction[] {
  const actions: SessionAction[] = [];
  const last = messages.at(-1);
  const context = contextOf(messages, isWhole);
  if (context !== undefined) actions.push({ type: "context.known", sessionID, context });
  if (last?.error !== undefined) {
    actions.push({
      type: "session.failed",
      sessionID,
      message: last.error,
      atMs: last.completedMs ?? last.createdMs,
    });
  }
  if (isWhole) actions.push({ type: "messages.counted", sessionID, count: messages.length });
  return actions;
}

function contextOf(
  messages: readonly Message[],
  isWhole: boolean,
): Extract<SessionAction, { type: "context.known" }>["context"] | undefined {
  for (let index = messages.length - 1; index >= 0; index--) {
    const message = messages[index];
    if (message?.tokens === undefined || message.model === undefined) continue;
    const contextTokens = contextTokensOf(message.tokens);
    // A finished summary counts even if the server doesn't report its cost.
    const isSummary = message.isSummary && message.error === undefined;
    if (contextTokens === undefined && !(isSummary && message.completedMs !== undefined)) continue;
    const model = modelKey(message.model);
    if (contextTokens !== undefined && !message.isSummary) {
      return { contextTokens, modelKey: model, messageID: message.id, isEstimate: false };
    }
    return {
      contextTokens: contextAfterCompaction(messages, index, isWhole),
      modelKey: model,
      messageID: message.id,
      isEstimate: true,
    };
  }
  return undefined;
}

/**
 * Estimates the context that a summary leaves: the fixed part of every prompt (system text and tools, seen in
 * the session's first step, if the beginning is known), the summary, and what came after it. The real figure
 * comes with the next step.
 */
export function contextAfterCompaction(
  messages: readonly Message[],
  summaryIndex: number,
  isWhole: boolean,
): number {
  const summary = messages[summaryIndex];
  // The marker is in the previous message, or in the summary itself.
  const marker =
    compactionPart(messages[summaryIndex - 1]) ?? compactionPart(messages[summaryIndex]);
  const tailStartID = marker?.tailStartID;
  const kept = messages.filter(
    (message, index) =>
      index > summaryIndex ||
      (tailStartID !== undefined && index < summaryIndex - 1 && message.id >= tailStartID),
  );
  return (
    (isWhole ? fixedPromptTokens(messages) : 0) +
    (summary === undefined ? 0 : tokensOfSummary(summary)) +
    estimateTokens(marker?.keptCharacters ?? 0) +
    kept.reduce((sum, message) => sum + estimateTokens(charactersOf(message)), 0)
  );
}

function compactionPart(
  message: Message | undefined,
): Extract<MessagePart, { kind: "compaction" }> | undefined {
  return message?.parts.find((part) => part.kind === "compaction");
}

function tokensOfSummary(summary: Message): number {
  const written = summary.tokens?.output ?? 0;
  return written > 0 ? written : estimateTokens(charactersOf(summary));
}

/** Tokens of the first step's prompt that the user did not write. */
function fixedPromptTokens(messages: readonly Message[]): number {
  const first = messages.findIndex((message) => (message.tokens?.output ?? 0) > 0);
  const tokens = messages[first]?.tokens;
  if (tokens === undefined) return 0;
  const prompt = tokens.input + tokens.cache.read + tokens.cache.write;
  const written = messages
    .slice(0, first)
    .reduce((sum, message) => sum + estimateTokens(charactersOf(message)), 0);
  return Math.max(0, prompt - written);
}

function charactersOf(message: Message): number {
  let characters = 0;
  for (const part of message.parts) {
    if (part.kind === "text" || part.kind === "reasoning") characters += part.text.length;
    else if (part.kind === "tool") {
      characters += (part.output?.length ?? 0) + JSON.stringify(part.input ?? "").length;
    }
  }
  return characters;
}
