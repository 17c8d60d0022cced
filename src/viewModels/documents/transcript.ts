import { plural, t } from "../../core/language.ts";
import { getServer, getSession } from "../../core/state/lookup.ts";
import { treeUsage } from "../../core/state/selectors.ts";
import { sessionKey, type SessionRef } from "../../core/state/session.ts";
import { sessionState } from "../../core/state/sessionState.ts";
import type { SessionMessages, State } from "../../core/state/state.ts";
import { ConversationFeed } from "../conversation/conversation.ts";
import type { ConversationMessage, ConversationPart } from "../conversation/conversationMessage.ts";
import { cleanTitle } from "../text/format.ts";
import { SEPARATOR, usageTexts } from "../tree/sessionFigures.ts";
import { Markdown, markup } from "./markdown.ts";
import { TOOL_TITLE } from "./toolText.ts";

const EMPTY = markup``;
const RULE = markup`---`;

/** A session as readable Markdown, and where its messages begin. Lines count from 0. */
export interface Transcript {
  readonly text: string;
  /** Heading lines of the messages, oldest first. */
  readonly messages: readonly {
    readonly id: string;
    readonly line: number;
    readonly isPrompt: boolean;
  }[];
}

/**
 * Writes a session as Markdown: a head with its facts, then every message, then its current state and figures.
 * The messages are those of the session's page, with all texts in full. Undefined for an unknown session.
 */
export function transcript(state: State, ref: SessionRef): Transcript | undefined {
  const session = getSession(state, ref);
  const known = state.messages.get(sessionKey(ref.serverID, ref.sessionID));
  const conversation = new ConversationFeed({ isWhole: true }).update(
    state,
    ref,
    known?.messages ?? [],
  );
  if (session === undefined || conversation === undefined) return undefined;
  const server = getServer(state, ref.serverID);
  const facts = [cleanTitle(session.directory, 200), cleanTitle(server?.endpoint.name ?? "")];
  const title = cleanTitle(session.title, 200);
  const lines = [markup`# ${title}`, EMPTY, markup`${facts.join(SEPARATOR)}`, EMPTY];
  const { opening, revertedID } = conversation;
  if (known?.error !== undefined) {
    const problem = t("The messages could not be read:");
    lines.push(markup`> **${problem}** ${cleanTitle(known.error, 300)}`, EMPTY);
  } else if (opening !== undefined) lines.push(markup`*${opening}*`, EMPTY);

  const messages: Transcript["messages"][number][] = [];
  for (const message of conversation.messages) {
    const { id, kind } = message;
    if (id === revertedID) {
      const hidden = t(
        "Reverted: what follows is hidden from the model, and the next prompt removes it.",
      );
      lines.push(RULE, EMPTY, markup`*${hidden}*`, EMPTY);
    }
    messages.push({ id, line: lines.length, isPrompt: kind !== "answer" && kind !== "summary" });
    for (const line of messageLines(message)) lines.push(line);
  }
  lines.push(...tailLines(state, ref, known, conversation.activity));
  return { text: String(Markdown.join(lines, "\n")), messages };
}

/**
 * The heading of a message never changes: an editor that receives a new text replaces everything between the
 * first and the last line that differ, so anything learnt later goes further down.
 */
function messageLines({
  name,
  moment,
  parts,
  error,
  isQueued,
  figures,
  turn,
}: ConversationMessage): Markdown[] {
  const lines = [markup`## ${cleanTitle(name, 200)}${SEPARATOR}${moment}`, EMPTY];
  for (const part of parts) for (const line of partLines(part)) lines.push(line);
  if (error !== undefined)
    lines.push(markup`> **${t("Failed:")}** ${cleanTitle(error, 500)}`, EMPTY);
  if (isQueued) lines.push(markup`*${t("Queued until the running turn has ended.")}*`, EMPTY);
  if (figures !== "") lines.push(markup`*${figures}*`, EMPTY);
  if (turn === undefined || turn.files.length === 0) return lines;
  const files = turn.files.map(
    ({ file, additions, deletions }) =>
      markup`- ${cleanTitle(file, 300)} (+${additions} −${deletions})`,
  );
  return [...lines, markup`${t("Files changed by this turn:")}`, EMPTY, ...files, EMPTY];
}

function partLines(part: ConversationPart): readonly Markdown[] {
  switch (part.kind) {
    case "markdown": {
      const lines = linesOf(part.text);
      // Streaming text may stop inside a code block, which must not swallow the rest of the transcript.
      const fence = openFence(lines);
      return [...lines, ...(fence === undefined ? [] : [fence]), ""].map(Markdown.asWritten);
    }
    case "thought": {
      const quoted = linesOf(part.text).map((line) => `> ${line}`.trimEnd());
      return [markup`**${part.label}**`, EMPTY, ...quoted.map(Markdown.asWritten), EMPTY];
    }
    case "tool": {
      const { tool, title, state, input, output, error } = part;
      const about = title === "" ? "" : ` ${cleanTitle(title, TOOL_TITLE)}`;
      const name = markup`**${cleanTitle(tool)}**${about}${state === "" ? "" : SEPARATOR}${state}`;
      const texts = [...input, error, output].filter((text) => text !== undefined);
      return [name, EMPTY, ...texts.flatMap(({ language, text }) => codeLines(language, text))];
    }
    case "picture":
    case "note":
      return [markup`*${cleanTitle(part.text, 400)}*`, EMPTY];
  }
}

function codeLines(language: string, text: string): readonly Markdown[] {
  const fence = fenceFor(text);
  return [`${fence}${language}`, ...linesOf(text), fence, ""].map(Markdown.asWritten);
}

/** Its current state, and the figures of the whole session including its children. */
function tailLines(
  state: State,
  ref: SessionRef,
  known: SessionMessages | undefined,
  doing: string | undefined,
): readonly Markdown[] {
  if (known === undefined || known.error !== undefined || known.messages.length === 0) return [];
  const words = doing === undefined ? [] : [cleanTitle(doing, 400)];
  if (sessionState(state, ref).kind === "unavailable")
    words.push(t("The server is not connected. These are its last known contents"));
  const tree = treeUsage(state, ref);
  // Figures that keep changing belong in the tree, not in a text that the user is reading.
  if (tree.working === 0 && !tree.isEstimate) {
    const [tokens, cost] = usageTexts(tree);
    if (tokens !== undefined && cost !== undefined) words.push(t`${tokens} tokens`, cost);
    if (tree.descendants > 0)
      words.push(t`with ${plural(tree.descendants, "{0} sub-session", "{0} sub-sessions")}`);
  }
  return words.length === 0 ? [] : [RULE, EMPTY, markup`*${words.join(SEPARATOR)}*`, EMPTY];
}

/** Lines as an editor counts them, so that line numbers match. */
function linesOf(text: string): readonly string[] {
  return text.trimEnd().split(/\r\n|[\n\r\u2028\u2029]/);
}

/** A fence that no line of the text can close. */
function fenceFor(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  return "`".repeat(longest + 1);
}

/** The fence that closes a code block left open by the lines. */
function openFence(lines: readonly string[]): string | undefined {
  let open: string | undefined;
  for (const line of lines) {
    const [, fence] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === undefined) continue;
    if (open === undefined) open = fence;
    else if (fence.startsWith(open) && line.trim() === fence) open = undefined;
  }
  return open;
}
