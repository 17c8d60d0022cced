import { t } from "../../core/language.ts";
import { bounded, MAX_SHOWN_CHARACTERS } from "../../core/limits.ts";
import {
  isPrompt,
  type Message,
  type MessagePart,
  type ToolPart,
} from "../../core/state/message.ts";
import { modelKey } from "../../core/state/model.ts";
import type { ServerState } from "../../core/state/state.ts";
import { totalTokens } from "../../core/usage/usage.ts";
import {
  cleanTitle,
  formatDateTime,
  formatDuration,
  formatTimeOfDay,
  formatTokens,
  visibleText,
} from "../text/format.ts";
import { shownMoney } from "../text/money.ts";
import { SEPARATOR } from "../tree/sessionFigures.ts";
import { toolInput, toolTitle } from "../documents/toolText.ts";

/** The kind of a message in a conversation; `server`: written by OpenCode itself in the user's role. */
export type EntryKind = "prompt" | "answer" | "compaction" | "summary" | "server";

/** A text of a tool call; `language` is a name or file extension, or `text`. */
export interface ShownText {
  /** The field of the tool's input. */
  readonly name?: string | undefined;
  readonly language: string;
  readonly text: string;
  /** Whether the text goes beyond what is shown. */
  readonly isCut: boolean;
}

/** A part of a message, ready to be drawn. The model's texts are unchanged: the page treats them as text. */
export type ConversationPart =
  | { readonly kind: "markdown"; readonly id: string; readonly text: string }
  | {
      readonly kind: "thought";
      readonly id: string;
      readonly text: string;
      /** The text of the folded line: a thought, a file, or what OpenCode added to a prompt. */
      readonly label: string;
    }
  | {
      readonly kind: "tool";
      readonly id: string;
      readonly tool: string;
      readonly title: string;
      readonly status: ToolPart["status"];
      /** State or duration, as text. */
      readonly state: string;
      readonly input: readonly ShownText[];
      readonly output: ShownText | undefined;
      readonly error: ShownText | undefined;
      /** The sub-session it runs. */
      readonly childSessionID: string | undefined;
    }
  | {
      readonly kind: "picture";
      readonly id: string;
      readonly url: string;
      /** Shown if the picture can't be drawn. */
      readonly text: string;
    }
  | { readonly kind: "note"; readonly id: string; readonly text: string };

/** A message, ready to be drawn: plain data. */
export interface ConversationMessage {
  readonly id: string;
  readonly kind: EntryKind;
  /** Who wrote it. */
  readonly name: string;
  /** With the date only where a day begins. */
  readonly time: string;
  /** Date and time. */
  readonly moment: string;
  /** Whether the previous message has the same author, so that the name need not be repeated. */
  readonly isContinued: boolean;
  /** Duration, tokens and cost of the step. */
  readonly figures: string;
  readonly error: string | undefined;
  readonly isQueued: boolean;
  /** Whether it is complete. */
  readonly isOver: boolean;
  readonly parts: readonly ConversationPart[];
  /** The turn that ended with it. */
  readonly turn: ConversationTurn | undefined;
}

/** The result of a prompt. */
export interface ConversationTurn {
  readonly promptID: string;
  /** Duration, tokens and recorded cost of its steps; empty if there is only one. */
  readonly figures: string;
  /** Files it changed. */
  readonly files: readonly {
    readonly file: string;
    readonly additions: number;
    readonly deletions: number;
  }[];
}

/** What the drawing of a message depends on besides the message. */
export interface MessageContext {
  readonly kind: EntryKind;
  readonly isQueued: boolean;
  readonly isContinued: boolean;
  /** Whether it is the first one of its day. */
  readonly beginsDay: boolean;
  readonly turn: ConversationTurn | undefined;
  readonly models: ServerState["models"] | undefined;
  /** Whether its texts are included in full, however long. */
  readonly isWhole: boolean;
}

/** Makes a message ready to be drawn. */
export function conversationMessage(
  message: Message,
  { kind, isQueued, isContinued, beginsDay, turn, models, isWhole }: MessageContext,
): ConversationMessage {
  return {
    id: message.id,
    kind,
    name: nameOf(message, kind, models),
    time: (beginsDay ? formatDateTime : formatTimeOfDay)(message.createdMs),
    moment: formatDateTime(message.createdMs),
    isContinued,
    figures: stepFigures(message),
    error: message.error === undefined ? undefined : visibleText(bounded(message.error, 2000)),
    isQueued,
    isOver: message.role === "user" || message.completedMs !== undefined,
    parts: partsOf(message, isWhole),
    turn,
  };
}

/** A whole turn, shown at its last answer; undefined for other messages, and while the turn runs. */
export function endedTurn(messages: readonly Message[], at: number): ConversationTurn | undefined {
  const last = messages[at];
  const next = messages[at + 1];
  if (last?.role !== "assistant" || next?.role === "assistant") return undefined;
  let tokens = 0;
  let usd = 0;
  let steps = 0;
  for (let before = at; before >= 0; before--) {
    const message = messages[before];
    if (message === undefined) break;
    if (message.role === "user") {
      const { id, diffs: files, createdMs } = message;
      const durationMs = last.completedMs === undefined ? undefined : last.completedMs - createdMs;
      // The figures of a turn with a single step are shown at that step.
      const figures = steps < 2 ? "" : figuresText(durationMs, tokens, usd);
      return figures === "" && files.length === 0
        ? undefined
        : {
            promptID: id,
            figures: figures === "" ? "" : t`Turn: ${figures}`,
            files: files.map(({ file, additions, deletions }) => ({ file, additions, deletions })),
          };
    }
    if (message.completedMs === undefined && message.error === undefined) return undefined;
    steps += 1;
    tokens += message.tokens === undefined ? 0 : totalTokens(message.tokens);
    usd += message.costUSD ?? 0;
  }
  return undefined;
}

function stepFigures({ role, tokens, costUSD, createdMs, completedMs }: Message): string {
  if (role === "user" || completedMs === undefined) return "";
  const billed = tokens === undefined ? 0 : totalTokens(tokens);
  return figuresText(completedMs - createdMs, billed, costUSD ?? 0);
}

function figuresText(durationMs: number | undefined, tokens: number, usd: number): string {
  return [
    ...(durationMs === undefined ? [] : [formatDuration(durationMs)]),
    ...(tokens > 0 ? [t`${formatTokens(tokens)} tokens`] : []),
    ...(usd > 0 ? [shownMoney(usd)] : []),
  ].join(SEPARATOR);
}

function nameOf(
  { agent, model }: Message,
  kind: EntryKind,
  models: ServerState["models"] | undefined,
): string {
  switch (kind) {
    case "prompt":
      return t("You");
    case "server":
      return "OpenCode";
    case "compaction":
      return t("Compaction");
    case "summary":
    case "answer": {
      const name = kind === "summary" ? t("Summary") : cleanTitle(agent ?? "assistant", 60);
      if (model === undefined) return name;
      const modelName = models?.get(modelKey(model))?.name ?? model.modelID;
      return `${name} (${cleanTitle(modelName, 60)})`;
    }
  }
}

/** The parts of a message. What OpenCode read from a file comes in several texts before it: it opens from the file's line. */
function partsOf(message: Message, isWhole: boolean): readonly ConversationPart[] {
  const made: ConversationPart[] = [];
  let follows = false;
  for (const part of message.parts) {
    const isAdded = part.kind === "text" && part.isSynthetic && isPrompt(message);
    for (const next of partOf(part, message, isWhole)) {
      const last = follows ? made.at(-1) : undefined;
      if (last?.kind === "thought" && next.kind === "thought" && isAdded) {
        made[made.length - 1] = { ...last, text: `${last.text}\n\n${next.text}` };
      } else if (last?.kind === "thought" && next.kind === "note" && part.kind === "file") {
        made[made.length - 1] = { ...last, label: next.text };
      } else made.push(next);
      follows = isAdded;
    }
  }
  return made;
}

function partOf(
  part: MessagePart,
  message: Message,
  isWhole: boolean,
): readonly ConversationPart[] {
  const { id } = part;
  switch (part.kind) {
    case "text":
    case "reasoning": {
      if (part.text.trim() === "") return [];
      const text = bounded(part.text, isWhole ? Infinity : MAX_SHOWN_CHARACTERS);
      if (part.kind === "reasoning") {
        const isOver = message.completedMs !== undefined;
        return [{ kind: "thought", id, text, label: isOver ? t("Thought") : t("Thinking…") }];
      }
      // E.g. the contents of a file sent with a prompt.
      const isAdded = part.isSynthetic && isPrompt(message);
      return isAdded
        ? [{ kind: "thought", id, text, label: t("Added by OpenCode") }]
        : [{ kind: "markdown", id, text }];
    }
    case "file": {
      const isNamed = part.filename.includes(".") || part.mime === "";
      const kind = isNamed ? "" : ` (${cleanTitle(part.mime, 60)})`;
      const text = t`File: ${cleanTitle(part.filename, 200)}${kind}`;
      const { pictureURL: url } = part;
      return [url === undefined ? { kind: "note", id, text } : { kind: "picture", id, url, text }];
    }
    case "compaction":
      return [
        {
          kind: "note",
          id,
          text: part.isAuto
            ? t("The context was full: what came before was replaced by the summary that follows.")
            : t("What came before was replaced by the summary that follows."),
        },
      ];
    case "tool":
      return [toolPart(part, isWhole ? Infinity : MAX_TOOL_TEXT)];
    case "other":
      return [{ kind: "note", id, text: cleanTitle(part.type, 60) }];
  }
}

function toolPart(part: ToolPart, maxCharacters: number): ConversationPart {
  const { id, tool, status, output, error, childSessionID } = part;
  return {
    kind: "tool",
    id,
    tool: cleanTitle(tool, 60),
    title: toolTitle(part),
    status,
    state: stateText(part),
    input: toolInput(part.input).map(({ name, language, text }) => ({
      ...shown(inputLanguage(part.input, name, text) ?? language, text, maxCharacters),
      ...(name === undefined ? {} : { name: cleanTitle(name, 60) }),
    })),
    output:
      output === undefined || output.trim() === ""
        ? undefined
        : shown(isDiff(output) ? "diff" : "text", output, maxCharacters),
    error: error === undefined ? undefined : shown("text", error, maxCharacters),
    childSessionID,
  };
}

/** The language of a multi-line field of a tool's input; undefined if unknown. */
function inputLanguage(input: unknown, name: string | undefined, text: string): string | undefined {
  if (name === undefined || typeof input !== "object" || input === null) return undefined;
  if (name === "command") return "bash";
  if (isDiff(text)) return "diff";
  const path = "filePath" in input ? input.filePath : "path" in input ? input.path : undefined;
  const [, extension] = typeof path === "string" ? (/\.(\w+)$/.exec(path) ?? []) : [];
  return extension;
}

function isDiff(text: string): boolean {
  return /^(?:diff --git |Index: |--- .*\n\+\+\+ |@@ -|\*\*\* Begin Patch)/.test(text);
}

/** The beginning of a text: the rest can be read in an editor. */
function shown(language: string, text: string, maxCharacters: number): ShownText {
  const isCut = text.length > maxCharacters;
  return { language, text: bounded(text, maxCharacters), isCut };
}

/** Maximum characters of a tool call's input or output on the page. */
const MAX_TOOL_TEXT = 10_000;

function stateText({ status, startedMs, endedMs }: ToolPart): string {
  switch (status) {
    case "pending":
      return t("waiting");
    case "running":
      return t("running");
    case "error":
      return t("failed");
    case "completed":
      return startedMs === undefined || endedMs === undefined
        ? ""
        : formatDuration(endedMs - startedMs);
  }
}
