import type { Message, MessagePart, ToolPart, TurnDiff } from "../core/message.ts";
import { totalTokens } from "../core/usage.ts";
import { cleanTitle, formatDateTime, formatDuration, formatTokens, formatUSD } from "./format.ts";
import { SEPARATOR } from "./sessionFigures.ts";

export interface TranscriptFold {
  readonly startLine: number;
  readonly endLine: number;
  /** Part id of a finished tool call or thought, to be folded once it is there; undefined for the rest. */
  readonly partID: string | undefined;
}

/** A place on a line that leads somewhere. */
export interface TranscriptLink {
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly to:
    | { readonly kind: "session"; readonly sessionID: string }
    | { readonly kind: "file"; readonly messageID: string; readonly file: string };
}

/** One message as lines of Markdown; folds and links count lines from the message's own head. */
export interface Block {
  readonly lines: readonly string[];
  readonly folds: readonly TranscriptFold[];
  readonly links: readonly TranscriptLink[];
}

/** What a message's lines depend on besides the message. */
export interface BlockContext {
  readonly modelName: string | undefined;
  /** A prompt that waits behind the running turn. */
  readonly isQueued: boolean;
}

/** Longest title of a tool call on one line. */
const TOOL_TITLE = 160;

/**
 * Writes one message. The last line is empty. The head never changes: an editor that takes over a new text replaces all
 * between the first and the last line that differ, so what is learnt later stands further down.
 */
export function messageBlock(message: Message, context: BlockContext): Block {
  const writer = new BlockWriter();
  writer.add(`## ${nameOf(message, context)}${SEPARATOR}${formatDateTime(message.createdMs)}`, "");
  for (const part of message.parts) writer.part(part, message);
  if (message.error !== undefined) {
    writer.add(`> **Failed:** ${cleanTitle(message.error, 500)}`, "");
  }
  if (context.isQueued) writer.add("*Queued: it waits for the running turn.*", "");
  const figures = figuresOf(message);
  if (figures !== "") writer.add(`*${figures}*`, "");
  return writer.block;
}

/** Writes the files a prompt's turn changed, each a way to its difference. Empty when there are none. */
export function filesBlock({ id, diffs }: Message): Block {
  const writer = new BlockWriter();
  if (diffs.length > 0) writer.files(id, diffs);
  return writer.block;
}

function figuresOf({ role, tokens, costUSD, createdMs, completedMs }: Message): string {
  if (role === "user" || completedMs === undefined) return "";
  const words = [formatDuration(completedMs - createdMs)];
  if (tokens !== undefined && totalTokens(tokens) > 0) {
    words.push(`${formatTokens(totalTokens(tokens))} tokens`);
  }
  if (costUSD !== undefined && costUSD > 0) words.push(formatUSD(costUSD));
  return words.join(SEPARATOR);
}

function nameOf({ role, parts, isSummary, agent }: Message, { modelName }: BlockContext): string {
  if (role === "user") {
    if (parts.some(({ kind }) => kind === "compaction")) return "Compaction";
    const isOwn = parts.some((part) => part.kind !== "text" || !part.isSynthetic);
    return parts.length > 0 && !isOwn ? "OpenCode" : "You";
  }
  const name = isSummary ? "Summary" : cleanTitle(agent ?? "assistant");
  return modelName === undefined ? name : `${name} (${cleanTitle(modelName)})`;
}

/** Lines in the making. */
class BlockWriter {
  readonly #lines: string[] = [];
  readonly #folds: TranscriptFold[] = [];
  readonly #links: TranscriptLink[] = [];

  get block(): Block {
    return { lines: this.#lines, folds: this.#folds, links: this.#links };
  }

  add(...lines: readonly string[]): void {
    this.#lines.push(...lines);
  }

  part(part: MessagePart, { completedMs }: Message): void {
    switch (part.kind) {
      case "text":
        if (part.text.trim() !== "") this.#text(part.text);
        return;
      case "reasoning":
        if (part.text.trim() !== "") this.#thought(part.text, part.id, completedMs !== undefined);
        return;
      case "file":
        this.add(`*File: ${cleanTitle(part.filename, 200)}${mimeText(part.mime)}*`, "");
        return;
      case "compaction":
        this.add(
          part.isAuto
            ? "*The context was full: what came before was replaced by the summary that follows.*"
            : "*What came before was replaced by the summary that follows.*",
          "",
        );
        return;
      case "tool":
        this.#tool(part);
        return;
      case "other":
        this.add(`*${cleanTitle(part.type)}*`, "");
        return;
    }
  }

  files(messageID: string, diffs: readonly TurnDiff[]): void {
    this.add("Files changed by this turn:", "");
    for (const { file, additions, deletions } of diffs) {
      const name = cleanTitle(file, 300);
      this.#links.push({
        line: this.#lines.length,
        start: 2,
        end: 2 + name.length,
        to: { kind: "file", messageID, file },
      });
      this.add(`- ${name} (+${additions} −${deletions})`);
    }
    this.add("");
  }

  #text(text: string): void {
    const lines = linesOf(text);
    for (const line of lines) this.#lines.push(line);
    // What streams may stop in the middle of a code block: the rest of the transcript is none.
    const fence = openFence(lines);
    if (fence !== undefined) this.#lines.push(fence);
    this.#lines.push("");
  }

  #thought(text: string, partID: string, isOver: boolean): void {
    const startLine = this.#lines.length;
    this.add("**Thought**", "");
    for (const line of linesOf(text)) this.#lines.push(`> ${line}`.trimEnd());
    this.#fold(startLine, isOver ? partID : undefined);
    this.add("");
  }

  #tool(part: ToolPart): void {
    const startLine = this.#lines.length;
    const title = toolTitle(part);
    const words = [`**${cleanTitle(part.tool)}**${title === "" ? "" : ` ${title}`}`];
    words.push(...toolState(part));
    this.add(words.join(SEPARATOR), "");
    for (const { language, text } of inputTexts(part.input)) this.#code(language, text);
    const { output, error } = part;
    if (error !== undefined) this.#code("text", error);
    if (output !== undefined && output.trim() !== "") this.#code("text", output);
    if (part.childSessionID !== undefined) {
      const label = "Transcript of the child session";
      this.#links.push({
        line: this.#lines.length,
        start: 0,
        end: label.length,
        to: { kind: "session", sessionID: part.childSessionID },
      });
      this.add(label, "");
    }
    this.#lines.pop();
    const isOver = part.status === "completed" || part.status === "error";
    this.#fold(startLine, isOver ? part.id : undefined);
    this.add("");
  }

  #fold(startLine: number, partID: string | undefined): void {
    const endLine = this.#lines.length - 1;
    if (endLine > startLine) this.#folds.push({ startLine, endLine, partID });
  }

  #code(language: string, text: string): void {
    const fence = fenceFor(text);
    this.#lines.push(`${fence}${language}`);
    for (const line of linesOf(text)) this.#lines.push(line);
    this.#lines.push(fence, "");
  }
}

function mimeText(mime: string): string {
  return mime === "" ? "" : ` (${cleanTitle(mime)})`;
}

/** What a tool call is about, in one line: the server's title, else the input that says most. */
function toolTitle({ title, input }: ToolPart): string {
  const said = title ?? "";
  if (said.trim() !== "") return cleanTitle(said, TOOL_TITLE);
  if (typeof input !== "object" || input === null) return "";
  const fields = new Map<string, unknown>(Object.entries(input));
  for (const name of ["description", "command", "filePath", "path", "pattern", "query", "url"]) {
    const value = fields.get(name);
    if (typeof value === "string" && value.trim() !== "") return cleanTitle(value, TOOL_TITLE);
  }
  return "";
}

function toolState({ status, startedMs, endedMs }: ToolPart): readonly string[] {
  switch (status) {
    case "pending":
      return ["waiting"];
    case "running":
      return ["running"];
    case "error":
      return ["failed"];
    case "completed":
      return startedMs === undefined || endedMs === undefined
        ? []
        : [formatDuration(endedMs - startedMs)];
  }
}

/** A tool's input: texts of several lines as they are, the rest as JSON. Empty when there is nothing in it. */
function inputTexts(
  input: unknown,
): readonly { readonly language: "json" | "text"; readonly text: string }[] {
  if (input === undefined || input === null) return [];
  if (typeof input === "string")
    return input.trim() === "" ? [] : [{ language: "text", text: input }];
  if (typeof input !== "object") return [{ language: "json", text: JSON.stringify(input) }];
  const rest: [string, unknown][] = [];
  const texts: { language: "text"; text: string }[] = [];
  for (const [name, value] of Object.entries(input)) {
    if (typeof value === "string" && value.includes("\n"))
      texts.push({ language: "text", text: value });
    else rest.push([name, value]);
  }
  if (rest.length === 0) return texts;
  return [
    { language: "json", text: JSON.stringify(Object.fromEntries(rest), undefined, 2) },
    ...texts,
  ];
}

/** Lines as an editor counts them, so that what stands where is known. */
function linesOf(text: string): readonly string[] {
  return text.trimEnd().split(/\r\n|[\n\r\u2028\u2029]/);
}

/** A fence that no line of the text can close. */
function fenceFor(text: string): string {
  let longest = 2;
  for (const [run] of text.matchAll(/`{3,}/g)) longest = Math.max(longest, run.length);
  return "`".repeat(longest + 1);
}

/** The fence that closes a code block the lines leave open. */
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
