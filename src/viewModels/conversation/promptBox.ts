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

/** A line of text with details on hover. */
export interface Hint {
  readonly text: string;
  readonly tooltip: string;
}

/** The agent or model to send a prompt with: the default, and the user's choice. */
export interface PromptChoice {
  /** The session's own value, or that the server chooses. */
  readonly defaultName: string;
  /** The name or key of the default, if known, so that it isn't offered twice. */
  readonly defaultKey: string | undefined;
  readonly chosen: string | undefined;
  readonly chosenName: string;
}

/** Everything a prompt box shows around the text. */
export interface PromptBoxState {
  readonly notice: PromptNotice;
  /** Whether there is anything to stop. */
  readonly isRunning: boolean;
  readonly agent: PromptChoice;
  readonly model: PromptChoice;
  /** What similar tasks cost, and what is left of a budget. */
  readonly hints: readonly Hint[];
  readonly files: readonly { readonly id: number; readonly name: string; readonly size: string }[];
}

/** What to send a prompt with, if it differs from the session's own. */
export interface PromptChoices {
  readonly agent?: string | undefined;
  readonly model?: ModelRef | undefined;
}

/** What a prompt box of a session shows around the text. */
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
      defaultName: ownAgent === undefined ? t("Default agent") : cleanTitle(ownAgent, 60),
      defaultKey: ownAgent,
      chosen: agent,
      chosenName: cleanTitle(agent ?? "", 60),
    },
    model: {
      defaultName: ownModel === undefined ? t("Default model") : nameOf(ownModel),
      defaultKey: ownModel === undefined ? undefined : modelKey(ownModel),
      chosen: model === undefined ? undefined : modelKey(model),
      chosenName: model === undefined ? "" : nameOf(model),
    },
  };
}

/** The task a prompt starts or continues, described so that it can be compared to others. */
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
    // A server derives the title of a new session from its first prompt.
    title: messages.length === 0 ? firstLine : (session?.title ?? firstLine),
  };
}

/** Maximum prompts to go back to, and their maximum characters in total. */
const MOST_PROMPTS = 100;
const MOST_CHARACTERS = 500_000;

/** The user's earlier prompts to a session, newest first, each text once. */
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

/** The text the user wrote in a prompt. */
export function promptText(message: Message | undefined): string {
  return (message?.parts ?? [])
    .flatMap((part) => (part.kind === "text" && !part.isSynthetic ? part.text : []))
    .join("\n\n");
}
