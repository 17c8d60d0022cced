import { t } from "../../core/language.ts";
import { getLive, getServer, getSession } from "../../core/state/lookup.ts";
import { isPrompt, type Message } from "../../core/state/message.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import { sessionState } from "../../core/state/sessionState.ts";
import type { SessionMessages, State } from "../../core/state/state.ts";
import { toolInput } from "../documents/toolText.ts";
import { cleanTitle, formatDateTime } from "../text/format.ts";
import { stateLabel } from "../tree/stateLabel.ts";
import {
  type ConversationMessage,
  conversationMessage,
  endedTurn,
  type EntryKind,
} from "./conversationMessage.ts";

/** A message in the conversation's list. */
export interface ConversationEntry {
  readonly id: string;
  readonly kind: EntryKind;
}

/** What a page doesn't have yet: plain data. The first update to a page has everything it draws. */
export interface ConversationUpdate {
  /** All messages in order, oldest first; left out if unchanged. */
  readonly entries?: readonly ConversationEntry[];
  /** Messages the page draws whose current version it doesn't have. */
  readonly messages: readonly ConversationMessage[];
  /** The first message that a revert hides. */
  readonly revertedID: string | undefined;
  /** Text at the top: older messages are loading, or there are none. */
  readonly opening: string | undefined;
  /** What the session is currently doing, shown at the end; undefined when idle. */
  readonly activity: string | undefined;
}

/** Number of messages sent to a page before it reports what it draws. */
const FIRST_MESSAGES = 30;

/**
 * Tracks what one page knows of a conversation. The page names the messages it draws; an update contains those
 * that changed since they were last sent. So the cost depends on what is visible, not on the total length.
 */
export class ConversationFeed {
  readonly #isWhole: boolean;
  #entries: readonly ConversationEntry[] = [];
  #hasEntries = false;
  #drawn: ReadonlySet<string> | undefined;
  /** What each drawn message was made from when it was sent. */
  readonly #sent = new Map<string, readonly unknown[]>();
  #tail = "";

  /** `isWhole`: all messages are drawn, and no text is cut off. */
  constructor({ isWhole = false } = {}) {
    this.#isWhole = isWhole;
  }

  /** The page was reloaded and knows nothing. */
  restart(): void {
    this.#hasEntries = false;
    this.#drawn = undefined;
    this.#sent.clear();
    this.#tail = "";
  }

  /** Messages look different now: sends the page those it draws again. */
  forgetMessages(): void {
    this.#sent.clear();
  }

  /** Sets the messages that the page draws from now on. */
  draw(messageIDs: readonly string[]): void {
    this.#drawn = new Set(messageIDs);
    for (const id of this.#sent.keys()) if (!this.#drawn.has(id)) this.#sent.delete(id);
  }

  /**
   * What the page doesn't know yet; undefined if there is nothing new. `messages`: those of the state, with the
   * files their turns changed. `isGone`: the session no longer exists, and the state is the last that contains it.
   */
  update(
    state: State,
    ref: SessionRef,
    messages: readonly Message[],
    isGone = false,
  ): ConversationUpdate | undefined {
    const known = state.messages.get(sessionKey(ref.serverID, ref.sessionID));
    const session = getSession(state, ref);
    if (session === undefined) return undefined;
    const entries = messages.map(entryOf);
    const hasNewEntries = !this.#hasEntries || !sameEntries(entries, this.#entries);
    this.#hasEntries = true;
    this.#entries = entries;
    const changed = this.#changed(state, ref, messages);
    const tail = {
      revertedID: session.revertMessageID,
      // Nothing is loading or running any more.
      opening: isGone ? undefined : openingText(known),
      activity: isGone ? undefined : activityText(state, ref, messages.at(-1)),
    };
    const tailKey = JSON.stringify(tail);
    if (!hasNewEntries && changed.length === 0 && tailKey === this.#tail) return undefined;
    this.#tail = tailKey;
    return { ...(hasNewEntries ? { entries } : {}), messages: changed, ...tail };
  }

  #changed(
    state: State,
    ref: SessionRef,
    messages: readonly Message[],
  ): readonly ConversationMessage[] {
    const models = getServer(state, ref.serverID)?.models;
    const queued = queuedPrompts(state, ref, messages);
    const changed: ConversationMessage[] = [];
    for (const [at, message] of messages.entries()) {
      const isDrawn = this.#drawn?.has(message.id) ?? at >= messages.length - FIRST_MESSAGES;
      if (!isDrawn && !this.#isWhole) continue;
      const isQueued = queued.has(message.id);
      const previous = messages[at - 1];
      const isContinued = isSameAuthor(message, previous);
      const beginsDay = dayOf(message) !== dayOf(previous);
      const turn = endedTurn(messages, at);
      const { parts, completedMs, error, tokens } = message;
      const key = [
        parts,
        completedMs,
        error,
        tokens,
        isQueued,
        isContinued,
        beginsDay,
        JSON.stringify(turn),
        models,
      ];
      const before = this.#sent.get(message.id);
      if (before !== undefined && key.every((part, index) => part === before[index])) continue;
      this.#sent.set(message.id, key);
      changed.push(
        conversationMessage(message, {
          kind: entryOf(message).kind,
          isQueued,
          isContinued,
          beginsDay,
          turn,
          models,
          isWhole: this.#isWhole,
        }),
      );
    }
    return changed;
  }
}

/** Ids of messages whose text contains the search text, ignoring case; oldest first. */
export function findMessages(state: State, ref: SessionRef, wanted: string): readonly string[] {
  const needle = wanted.trim().toLowerCase();
  if (needle === "") return [];
  const known = state.messages.get(sessionKey(ref.serverID, ref.sessionID));
  return (known?.messages ?? [])
    .filter(({ parts }) => parts.some((part) => textOf(part).toLowerCase().includes(needle)))
    .map(({ id }) => id);
}

function textOf(part: Message["parts"][number]): string {
  switch (part.kind) {
    case "text":
    case "reasoning":
      return part.text;
    case "tool":
      return [
        ...[part.tool, part.title, part.output, part.error],
        ...toolInput(part.input).map(({ text }) => text),
      ].join("\n");
    case "file":
      return part.filename;
    case "compaction":
    case "other":
      return "";
  }
}

function entryOf(message: Message): ConversationEntry {
  return { id: message.id, kind: kindOf(message) };
}

function kindOf(message: Message): EntryKind {
  if (message.role === "assistant") return message.isSummary ? "summary" : "answer";
  if (message.parts.some(({ kind }) => kind === "compaction")) return "compaction";
  return isPrompt(message) ? "prompt" : "server";
}

/** Whether two steps are by the same agent and model, so that the later one continues the earlier one. */
function dayOf(message: Message | undefined): string | undefined {
  return message === undefined ? undefined : formatDateTime(message.createdMs).slice(0, 10);
}

function isSameAuthor(message: Message, before: Message | undefined): boolean {
  return (
    before?.role === "assistant" &&
    message.role === "assistant" &&
    before.isSummary === message.isSummary &&
    before.agent === message.agent &&
    before.model?.providerID === message.model?.providerID &&
    before.model?.modelID === message.model?.modelID
  );
}

function sameEntries(a: readonly ConversationEntry[], b: readonly ConversationEntry[]): boolean {
  return (
    a.length === b.length && a.every(({ id, kind }, at) => b[at]?.id === id && b[at].kind === kind)
  );
}

/** Prompts that were accepted but not started are the newest ones. */
function queuedPrompts(
  state: State,
  ref: SessionRef,
  messages: readonly Message[],
): ReadonlySet<string> {
  const { queuedPrompts: count } = getLive(state, ref);
  if (count === 0) return new Set();
  const prompts = messages.filter(({ role }) => role === "user");
  return new Set(prompts.slice(-count).map(({ id }) => id));
}

function openingText(known: SessionMessages | undefined): string | undefined {
  if (known === undefined) return t("Loading the messages…");
  if (known.error !== undefined) return undefined;
  if (!known.isComplete) return t("Loading older messages…");
  return known.messages.length === 0 ? t("There are no messages yet.") : undefined;
}

function activityText(
  state: State,
  ref: SessionRef,
  last: Message | undefined,
): string | undefined {
  const now = sessionState(state, ref);
  // The message itself shows why it failed.
  if (now.kind === "error" && last?.error !== undefined) return undefined;
  switch (now.kind) {
    case "idle":
    case "unavailable":
      return undefined;
    case "error":
    case "retry":
      return `${stateLabel(now)}: ${cleanTitle(now.message, 300)}`;
    default:
      return `${stateLabel(now)}…`;
  }
}
