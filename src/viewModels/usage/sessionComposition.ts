import { t } from "../../core/language.ts";
import { contextTokensOf, estimateTokens } from "../../core/state/context.ts";
import type { Message, MessagePart } from "../../core/state/message.ts";
import type { Card } from "../cards/card.ts";
import { count, figures, percent, text, words } from "../cards/table.ts";
import { formatCount, formatTokens } from "../text/format.ts";
import { ringParts } from "./usageGroups.ts";
import { sessionJSON, type UsageSession } from "./usageSessions.ts";

/** Who wrote what is in a session's context. */
export const CONTEXT_KINDS = ["system", "user", "assistant", "tool"] as const;
export type ContextKind = (typeof CONTEXT_KINDS)[number];

const LABELS: Readonly<Record<ContextKind, string>> = {
  system: t("System prompt and tool definitions"),
  user: t("User"),
  assistant: t("Assistant"),
  tool: t("Tool calls and results"),
};

function contextKindLabel(kind: ContextKind): string {
  return LABELS[kind];
}

/**
 * What a session's context consists of. The total is what the server counted after the last answer; its
 * parts are estimated from the length of the texts.
 */
export interface ContextComposition {
  /** Undefined until an answer reports it: the parts then only cover texts, not the system prompt. */
  readonly contextTokens: number | undefined;
  readonly tokens: Readonly<Record<ContextKind, number>>;
  /** Messages from before a compaction, which aren't in the context. */
  readonly compactedMessages: number;
  /** Whether all messages were available. */
  readonly isComplete: boolean;
}

/**
 * Splits a context by author. Texts count four characters a token, like OpenCode's own estimate. What the
 * server counted beyond the texts is the system prompt and tool definitions. If the texts exceed the count
 * (old tool results are left out of a prompt), they are scaled down to it and nothing is left for the system.
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
  const compactedMessages = messages.length - inContext.length;
  if (contextTokens === undefined || contextTokens >= sum) {
    const system = contextTokens === undefined ? 0 : contextTokens - sum;
    return { contextTokens, tokens: { system, ...texts }, compactedMessages, isComplete };
  }
  const share = contextTokens / sum;
  const scaled = {
    user: Math.round(texts.user * share),
    assistant: Math.round(texts.assistant * share),
  };
  // The rounding remainder goes to the tools, so that the parts add up to the total.
  const rest = Math.max(0, contextTokens - scaled.user - scaled.assistant);
  return {
    contextTokens,
    tokens: { system: 0, ...scaled, tool: rest },
    compactedMessages,
    isComplete,
  };
}

/** Messages since the last compaction, including its summary and what it kept verbatim. */
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
    // `JSON.stringify` returns undefined for undefined.
    const text: unknown = JSON.stringify(input);
    return typeof text === "string" ? text.length : 0;
  } catch {
    return 0;
  }
}

export interface SessionContext {
  readonly session: UsageSession;
  /** Undefined while its messages are loading, or can't be loaded: `reason` says why. */
  readonly context: ContextComposition | undefined;
  readonly reason: string | undefined;
}

const COLOURS = {
  system: "cacheRead",
  user: "input",
  assistant: "output",
  tool: "reasoning",
} as const;

/** A ring: what a session's context consists of. */
export function compositionCard(composition: SessionContext | undefined): Card {
  const { session, context } = composition ?? {};
  const title = session?.title ?? "";
  const tokens = context?.tokens;
  const kinds = tokens === undefined ? [] : CONTEXT_KINDS;
  const sum = kinds.reduce((all, kind) => all + (tokens?.[kind] ?? 0), 0);
  const parts = ringParts(
    kinds.map((kind) => ({
      label: contextKindLabel(kind),
      colour: COLOURS[kind],
      value: tokens?.[kind] ?? 0,
    })),
    (value) => `~${formatTokens(value)}`,
  );
  return {
    id: "composition",
    title: t("Context by kind (estimate)"),
    subtitle: title,
    columns: 3,
    label:
      session === undefined
        ? t("What a session's context is made of.")
        : t`Estimate of what the context of ${title} is made of: ${parts.map((part) => `${part.label} ${part.text}`).join(", ")}.`,
    empty: emptyContext(composition, sum),
    drawing: {
      kind: "ring",
      parts,
      middle:
        context?.contextTokens === undefined
          ? [`~${formatTokens(sum)}`, t("tokens of text")]
          : [formatTokens(context.contextTokens), t("tokens in context")],
    },
    notes:
      context === undefined
        ? []
        : [
            t`Session: ${title}`,
            t(
              "Estimate: four characters of text count as one token; anything the server counted beyond that is the system prompt and the tool definitions.",
            ),
            ...(context.isComplete ? [] : [t("Older messages are still being loaded.")]),
            ...(context.compactedMessages > 0
              ? [
                  t`${formatCount(context.compactedMessages)} messages from before a compaction are not included.`,
                ]
              : []),
          ],
    table: {
      title: t`Context of ${title} (estimate)`,
      columns: [
        words(t("Kind"), "kind"),
        figures(t("Tokens (estimate)"), "tokens_estimate"),
        figures(t("Share"), "share_percent"),
      ],
      rows: parts.map(({ label, value }) => ({
        cells: [
          text(label),
          { text: `~${formatCount(value)}`, value },
          percent(sum === 0 ? undefined : (value / sum) * 100),
        ],
      })),
      sum: { cells: [text(t("All")), count(sum), percent(sum === 0 ? undefined : 100)] },
    },
    controls: [
      {
        kind: "button",
        label: t("Choose…"),
        hint: t("Choose the session whose context is shown"),
        ask: { type: "pickSession", slot: "composition" },
      },
    ],
  };
}

function emptyContext(composition: SessionContext | undefined, tokens: number): string | undefined {
  if (composition === undefined) return t("Choose a session to see what its context is made of");
  if (composition.context === undefined) return composition.reason ?? t("Loading its messages…");
  return tokens === 0 ? t("Its context is empty") : undefined;
}

export function compositionJSON(composition: SessionContext | undefined): object | null {
  if (composition?.context === undefined) return null;
  const { session, context } = composition;
  return {
    ...sessionJSON(session),
    isEstimate: true,
    contextTokens: context.contextTokens ?? null,
    tokens: context.tokens,
  };
}
