import { t } from "../../core/language.ts";
import type { TaskDescription } from "../../core/ledger/taskCosts.ts";
import { getLive, getServer, getSession, sessionModel } from "../../core/state/lookup.ts";
import type { Message } from "../../core/state/message.ts";
import { modelKey, type ModelRef } from "../../core/state/model.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import { promptNotice, type PromptNotice } from "../documents/promptNotice.ts";
import { isOwnPrompt } from "../documents/turns.ts";
import { cleanTitle } from "../text/format.ts";
import { slashCommandIn } from "./completion.ts";

/** A line of text with more to say on hover. */
export interface Hint {
  readonly text: string;
  readonly tooltip: string;
}

/** What can be chosen to send a prompt with: what it is without a choice, and the choice. */
export interface PromptChoice {
  /** What the session has, or that it is the server's own choice. */
  readonly usual: string;
  /** The name or key of the usual one, where it is known: not offered twice. */
  readonly usualKey: string | undefined;
  readonly chosen: string | undefined;
  readonly chosenName: string;
}

/** All that a prompt box says around the text. */
export interface PromptBoxState {
  readonly notice: PromptNotice;
  /** Whether there is something to stop. */
  readonly isRunning: boolean;
  readonly agent: PromptChoice;
  readonly model: PromptChoice;
  /** What a task like this costs, and what is left of a budget. */
  readonly hints: readonly Hint[];
  readonly files: readonly { readonly id: number; readonly name: string; readonly size: string }[];
}

/** What a prompt is to be sent with, where it is not what the session has. */
export interface PromptChoices {
  readonly agent?: string | undefined;
  readonly model?: ModelRef | undefined;
}

/** What stands around the text of a prompt to a session. */
export function promptBoxState(
  state: State,
  ref: SessionRef,
  { agent, model }: PromptChoices,
): Omit<PromptBoxState, "hints" | "files"> {
  const { activity, compaction, requests, agent: liveAgent } = getLive(state, ref);
  const ownAgent = liveAgent ?? getSession(state, ref)?.agent;
  const ownModel = sessionModel(state, ref);
  const models = getServer(state, ref.serverID)?.models;
  const nameOf = (used: ModelRef): string =>
    cleanTitle(models?.get(modelKey(used))?.name ?? modelKey(used), 60);
  return {
    notice: promptNotice(state, ref),
    isRunning: activity.kind !== "idle" || compaction !== undefined || requests.length > 0,
    agent: {
      usual: ownAgent === undefined ? t("Default agent") : cleanTitle(ownAgent, 60),
      usualKey: ownAgent,
      chosen: agent,
      chosenName: cleanTitle(agent ?? "", 60),
    },
    model: {
      usual: ownModel === undefined ? t("Default model") : nameOf(ownModel),
      usualKey: ownModel === undefined ? undefined : modelKey(ownModel),
      chosen: model === undefined ? undefined : modelKey(model),
      chosenName: model === undefined ? "" : nameOf(model),
    },
  };
}

/** The task a prompt begins, or goes on with, as others are judged by. */
export function taskOf(
  state: State,
  ref: SessionRef,
  text: string,
  agent: string | undefined,
): TaskDescription {
  const session = getSession(state, ref);
  const [firstLine = ""] = text.trim().split("\n", 1);
  const { messages = [] } = state.messages.get(sessionKey(ref.serverID, ref.sessionID)) ?? {};
  return {
    agent: agent ?? session?.agent ?? "",
    command: slashCommandIn(text)?.name,
    // A server makes the title of a new session from its first prompt.
    title: messages.length === 0 ? firstLine : (session?.title ?? firstLine),
  };
}

/** Most prompts to go back to, and the characters of all of them. */
const MOST_PROMPTS = 100;
const MOST_CHARACTERS = 500_000;

/** What a person wrote to a session before, newest first, each text once. */
export function earlierPrompts(messages: readonly Message[]): readonly string[] {
  const texts = new Set<string>();
  let characters = 0;
  for (const message of messages.toReversed()) {
    if (!isOwnPrompt(message)) continue;
    const text = promptText(message).trim();
    characters += text.length;
    if (texts.size >= MOST_PROMPTS || characters > MOST_CHARACTERS) break;
    if (text !== "") texts.add(text);
  }
  return [...texts];
}

/** What a person wrote in a prompt. */
export function promptText(message: Message | undefined): string {
  return (message?.parts ?? [])
    .flatMap((part) => (part.kind === "text" && !part.isSynthetic ? part.text : []))
    .join("\n\n");
}
