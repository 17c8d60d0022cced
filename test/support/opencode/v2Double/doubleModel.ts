import { listPriceUSD, type Tokens } from "../../../../src/core/usage/usage.ts";
import { answerTo, type Chat, piecesOf, type ScriptedAnswer, tokensOf } from "../scriptedAnswer.ts";
import { scriptedModelOf } from "../scriptedModels.ts";
import { chatMessages, type DoubleModel, type SessionRecord } from "./doubleState.ts";

/*
 * The double's language model: runs the scripted provider's scripts (scriptLanguage.ts), without a wire.
 */

/** Characters of the system text and the tool descriptions, which are part of every prompt. */
const FIXED_CHARACTERS = { system: 8_000, tools: 16_000 };

export interface StepUsage {
  readonly tokens: Tokens;
  readonly cost: number;
}

/** The model's answer to the session's messages. */
export function answerStep({ info, messages }: SessionRecord): ScriptedAnswer {
  const system = `You are a coding agent.\nWorking directory: ${info.location.directory}\n`;
  return answerTo(chatOf(info.model, system, messages));
}

/** The model's title for a session, from its first prompt. */
export function answerTitle(model: DoubleModel, prompt: string): ScriptedAnswer {
  const message = { role: "user", text: prompt, size: prompt.length } as const;
  const system = "You are a title generator.";
  return answerTo({ model: model.id, system, messages: [message], toolsSize: 0 });
}

/** The model's summary of a session. */
export function answerSummary({ info, messages }: SessionRecord): ScriptedAnswer {
  return answerTo(chatOf(info.model, "You are a context summarization agent.", messages));
}

/** The answer's whole text. Never called for endless answers. */
export function textOf(answer: ScriptedAnswer): string {
  return [...piecesOf(answer, 4096)]
    .map((piece) => (piece.kind === "gate" ? "" : piece.text))
    .join("");
}

/** Tokens and cost of an answer of which this many characters were written. */
export function usageOf(
  model: DoubleModel,
  answer: ScriptedAnswer,
  characters: { readonly reasoning: number; readonly text: number },
): StepUsage {
  const scripted = scriptedModelOf(model.id);
  const uncached = answer.promptTokens - answer.cachedTokens;
  const write = scripted?.reportsCacheWrites === true ? Math.floor(uncached * 0.9) : 0;
  const tokens: Tokens = {
    input: uncached - write,
    output: tokensOf(characters.text),
    reasoning: characters.reasoning === 0 ? 0 : tokensOf(characters.reasoning),
    cache: { read: answer.cachedTokens, write },
  };
  const price = scripted?.cost;
  const cost =
    price === undefined
      ? 0
      : listPriceUSD(tokens, {
          input: price.input,
          output: price.output,
          cacheRead: price.cache_read,
          cacheWrite: price.cache_write,
        });
  return { tokens, cost };
}

function chatOf(model: DoubleModel, system: string, messages: SessionRecord["messages"]): Chat {
  return {
    model: model.id,
    system: system.padEnd(FIXED_CHARACTERS.system),
    messages: chatMessages(messages),
    toolsSize: FIXED_CHARACTERS.tools,
  };
}
