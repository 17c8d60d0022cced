import { getLive, getServer, getSession } from "../core/lookup.ts";
import type { Message } from "../core/message.ts";
import { treeUsage } from "../core/selectors.ts";
import { sessionKey, type SessionRef } from "../core/session.ts";
import { sessionState } from "../core/sessionState.ts";
import type { SessionMessages, State } from "../core/state.ts";
import { cleanTitle } from "./format.ts";
import { plural, SEPARATOR, usageTexts } from "./sessionFigures.ts";
import { stateLabel } from "./stateLabel.ts";
import {
  type Block,
  type BlockContext,
  filesBlock,
  messageBlock,
  type TranscriptFold,
  type TranscriptLink,
} from "./transcriptBlock.ts";

/** A session to be read: plain Markdown, and what stands where. Lines count from 0. */
export interface Transcript {
  readonly text: string;
  readonly lineCount: number;
  /** Head lines of the messages, oldest first. */
  readonly messages: readonly {
    readonly id: string;
    readonly line: number;
    readonly isPrompt: boolean;
  }[];
  /** What may be folded. */
  readonly folds: readonly TranscriptFold[];
  /** Places that lead somewhere. */
  readonly links: readonly TranscriptLink[];
}

/** The blocks of messages that did not change are not made again. */
const blocks = new WeakMap<Message, { readonly key: string; readonly block: Block }>();

/**
 * Writes a session as Markdown: a head with what it is and does, then every message. Undefined for an unknown
 * session; without `messages` it says that they are on their way.
 */
export function transcript(state: State, ref: SessionRef): Transcript | undefined {
  const session = getSession(state, ref);
  if (session === undefined) return undefined;
  const known = state.messages.get(sessionKey(ref.serverID, ref.sessionID));
  const writer = new TranscriptWriter(headLines(state, ref, known));
  const context = blockContexts(state, ref, known?.messages ?? []);
  let prompt: Message | undefined;
  for (const message of known?.messages ?? []) {
    if (message.role === "user") {
      if (prompt !== undefined) writer.add(filesBlock(prompt));
      prompt = message;
    }
    if (message.id === session.revertMessageID) writer.addLines(REVERTED);
    writer.addMessage(message, blockOf(message, context(message)));
  }
  if (prompt !== undefined) writer.add(filesBlock(prompt));
  writer.addLines(tailLines(state, ref, known));
  return writer.transcript;
}

const REVERTED = [
  "---",
  "",
  "*Reverted: what follows is hidden from the model, and the next prompt removes it.*",
  "",
];

/** A transcript in the making. */
class TranscriptWriter {
  readonly #lines: string[];
  readonly #messages: Transcript["messages"][number][] = [];
  readonly #folds: TranscriptFold[] = [];
  readonly #links: TranscriptLink[] = [];

  constructor(lines: string[]) {
    this.#lines = lines;
  }

  get transcript(): Transcript {
    return {
      text: this.#lines.join("\n"),
      lineCount: this.#lines.length,
      messages: this.#messages,
      folds: this.#folds,
      links: this.#links,
    };
  }

  addLines(lines: readonly string[]): void {
    for (const line of lines) this.#lines.push(line);
  }

  addMessage({ id, role }: Message, block: Block): void {
    const line = this.#lines.length;
    this.#messages.push({ id, line, isPrompt: role === "user" });
    const end = lastText(block.lines);
    if (end > 0) this.#folds.push({ startLine: line, endLine: line + end, partID: undefined });
    this.add(block);
  }

  add({ lines, folds, links }: Block): void {
    const line = this.#lines.length;
    this.addLines(lines);
    for (const { startLine, endLine, partID } of folds) {
      this.#folds.push({ startLine: line + startLine, endLine: line + endLine, partID });
    }
    for (const link of links) this.#links.push({ ...link, line: line + link.line });
  }
}

function blockOf(message: Message, context: BlockContext): Block {
  const key = [context.modelName, context.isQueued].join("|");
  const known = blocks.get(message);
  if (known?.key === key) return known.block;
  const block = messageBlock(message, context);
  blocks.set(message, { key, block });
  return block;
}

/** Prompts accepted and not begun are the newest ones. */
function blockContexts(
  state: State,
  ref: SessionRef,
  messages: readonly Message[],
): (message: Message) => BlockContext {
  const { queuedPrompts } = getLive(state, ref);
  const queued = new Set(
    queuedPrompts === 0
      ? []
      : messages
          .filter(({ role }) => role === "user")
          .slice(-queuedPrompts)
          .map(({ id }) => id),
  );
  const models = getServer(state, ref.serverID)?.models;
  return ({ id, model }) => ({
    isQueued: queued.has(id),
    modelName:
      model === undefined
        ? undefined
        : (models?.get(`${model.providerID}/${model.modelID}`)?.name ?? model.modelID),
  });
}

function headLines(state: State, ref: SessionRef, known: SessionMessages | undefined): string[] {
  const session = getSession(state, ref);
  const server = getServer(state, ref.serverID);
  const facts = [
    session === undefined ? "" : cleanTitle(session.directory, 200),
    server === undefined ? "" : cleanTitle(server.endpoint.name),
  ];
  const lines = [`# ${cleanTitle(session?.title ?? "", 200)}`, "", facts.join(SEPARATOR), ""];
  if (known === undefined) lines.push("*The messages are being loaded…*", "");
  else if (known.error !== undefined) {
    lines.push(`> **The messages could not be read:** ${cleanTitle(known.error, 300)}`, "");
  } else if (!known.isComplete) lines.push("*Older messages are being loaded…*", "");
  return lines;
}

/** What it does now and what it came to: the figures of the whole session, its children included. */
function tailLines(
  state: State,
  ref: SessionRef,
  known: SessionMessages | undefined,
): readonly string[] {
  if (known === undefined || known.error !== undefined) return [];
  if (known.isComplete && known.messages.length === 0) return ["*There are no messages yet.*", ""];
  const tree = treeUsage(state, ref);
  const words = [...stateWords(state, ref)];
  // Figures that move belong to the tree, not into a text that is read.
  if (tree.working === 0 && !tree.isEstimate) {
    const [tokens, cost] = usageTexts(tree);
    if (tokens !== undefined && cost !== undefined) words.push(`${tokens} tokens`, cost);
    if (tree.descendants > 0) words.push(`with ${plural(tree.descendants, "child session")}`);
  }
  return words.length === 0 ? [] : ["---", "", `*${words.join(SEPARATOR)}*`, ""];
}

function stateWords(state: State, ref: SessionRef): readonly string[] {
  const now = sessionState(state, ref);
  switch (now.kind) {
    case "idle":
    case "error":
      return [];
    case "retry":
      return [`${stateLabel(now)}: ${cleanTitle(now.message, 300)}`];
    case "unavailable":
      return ["The server is not connected: this is what was last known"];
    default:
      return [`${stateLabel(now)}…`];
  }
}

function lastText(lines: readonly string[]): number {
  let last = lines.length - 1;
  while (last > 0 && lines[last] === "") last--;
  return last;
}

/** Head line of the message after (1) or before (-1) a line; undefined at the end. */
export function neighbourMessage(
  { messages }: Pick<Transcript, "messages">,
  line: number,
  direction: 1 | -1,
): number | undefined {
  return direction === 1
    ? messages.find((message) => message.line > line)?.line
    : messages.findLast((message) => message.line < line)?.line;
}
