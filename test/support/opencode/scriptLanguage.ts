/**
 * The small language that tells the scripted provider what to answer. A script is a prompt's last line that
 * begins with `DO `. The lines above it are what a user would type (the first becomes the session's title).
 *
 *     Fix flaky login test
 *     DO think 40 ;; bash npm test ;; task explore Find callers { read src/login.ts ;; say 60 } ;; say 120
 *
 * Operations are separated by ` ;; `. A tool call ends its LLM step, which includes the operations before
 * it. A script that ends with a tool call is followed by a separate short answer.
 *
 * | operation | effect |
 * | --- | --- |
 * | `say N` / `say "text"` | N words of text, or exactly this text |
 * | `think N` | N words of reasoning |
 * | `big N` | N characters of text in large chunks |
 * | `forever` | text that never ends (until the client goes away) |
 * | `context N` | text that adds N tokens to prompts that contain it, until compaction drops it |
 * | `hold GATE` | silence until the test opens the gate for good (`ScriptedProvider.release`) |
 * | `slow MS` | pause before each chunk, from here to the end of the script |
 * | `wait MS` | silence before the first byte of this step |
 * | `fail N [MS]` | the step's request gets HTTP 500 N times; MS is sent as `retry-after-ms` |
 * | `refuse STATUS text` | the step's request always gets this HTTP status (400 is not retried) |
 * | `cut N` | the connection breaks in the middle of the step, N times |
 * | `bash COMMAND` | tool call `bash` |
 * | `read PATH` | tool call `read`; relative paths are resolved in the session's directory |
 * | `write PATH N` | tool call `write` with N lines, each ending in `line 1.` and so on |
 * | `edit PATH :: OLD => NEW` | tool call `edit` |
 * | `todo D/T a, b, c` | tool call `todowrite`: D done, the next one in progress |
 * | `ask Question? | A | B` | tool call `question`; `ask*` allows several answers |
 * | `task AGENT Title { script }` | tool call `task`: a child session that runs the inner script |
 * | `tool NAME {json}` | any other tool call |
 * | `a && b` | tool calls in the same step |
 * | `repeat N { script }` | the inner operations N times |
 *
 * A conversation containing `REFUSE SUMMARY` can't be compacted: its summary request gets HTTP 400. With
 * `HOLD SUMMARY` in its last prompt, the summary stops halfway until the gate `summary` is released.
 */

/** A tool call requested by a script; `input` is what the tool receives, before paths are made absolute. */
export interface ScriptToolCall {
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** The answer of one LLM step. Times are ms; `failures` (HTTP 500) and `cuts` (broken streams) precede it. */
export interface ScriptStep {
  readonly reasoningWords: number;
  readonly text: readonly ScriptText[];
  readonly toolCalls: readonly ScriptToolCall[];
  readonly chunkDelayMs: number | undefined;
  readonly waitMs: number;
  readonly failures: number;
  readonly retryAfterMs: number | undefined;
  readonly refusal: { readonly status: number; readonly message: string } | undefined;
  readonly cuts: number;
}

/** A piece of answer text, in streaming order. */
export type ScriptText =
  | { readonly kind: "words"; readonly count: number }
  | { readonly kind: "exact"; readonly text: string }
  | { readonly kind: "big"; readonly characters: number }
  | { readonly kind: "endless" }
  | { readonly kind: "gate"; readonly gate: string };

/** A script that can't be parsed; the provider answers with its message so that the test or demo shows it. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
}

/** The (last) script of a prompt, or undefined if it has no `DO ` line. */
export function scriptOf(prompt: string): string | undefined {
  const line = [...prompt.matchAll(/^"?DO (.*)$/gm)].at(-1)?.[1]?.trim();
  // `opencode run` quotes a prompt that contains spaces.
  return prompt.startsWith('"') ? line?.replace(/"$/, "") : line;
}

/** A sentence that adds `tokens` to the count of later prompts, see {@link contextClaims}. */
export function contextSentence(tokens: number): string {
  return `Read ${tokens.toLocaleString("en-US")} tokens of source.`;
}

/** Sum of the tokens claimed by {@link contextSentence}s in `text`. */
export function contextClaims(text: string): number {
  let sum = 0;
  for (const match of text.matchAll(/Read ([\d,]+) tokens of source\./g)) {
    sum += Number((match[1] ?? "0").replaceAll(",", ""));
  }
  return sum;
}

/**
 * The LLM steps of a script, in order.
 * @throws ScriptError if an operation is unknown or braces don't match.
 */
export function parseScript(script: string): readonly ScriptStep[] {
  const steps: ScriptStep[] = [];
  let step = emptyStep(undefined);
  let isOpen = false;
  for (const operation of operationsOf(script)) {
    const parts = splitTopLevel(operation, "&&");
    const calls = parts.map(toolCallOf).filter((call) => call !== undefined);
    if (calls.length > 0) {
      if (calls.length !== parts.length) throw new ScriptError(`only tool calls: ${operation}`);
      steps.push({ ...step, toolCalls: calls });
      step = emptyStep(step.chunkDelayMs);
      isOpen = false;
    } else {
      step = withModifier(step, operation);
      isOpen = true;
    }
  }
  if (isOpen) steps.push(step);
  return steps;
}

function emptyStep(chunkDelayMs: number | undefined): ScriptStep {
  return {
    reasoningWords: 0,
    text: [],
    toolCalls: [],
    chunkDelayMs,
    waitMs: 0,
    failures: 0,
    retryAfterMs: undefined,
    refusal: undefined,
    cuts: 0,
  };
}

function operationsOf(script: string): string[] {
  return splitTopLevel(script, ";;").flatMap((operation) => {
    const repeat = /^repeat (\d+) \{(.*)\}$/s.exec(operation);
    if (!repeat) return [operation];
    const inner = operationsOf(repeat[2] ?? "");
    return Array.from({ length: Number(repeat[1]) }, () => inner).flat();
  });
}

/** Splits at `separator` outside braces; drops blank pieces. */
function splitTopLevel(text: string, separator: string): string[] {
  const pieces: string[] = [];
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}") depth--;
    else if (depth === 0 && text.startsWith(separator, at)) {
      pieces.push(text.slice(start, at));
      start = at + separator.length;
    }
    if (depth < 0) break;
  }
  if (depth !== 0) throw new ScriptError(`braces do not match: ${text}`);
  pieces.push(text.slice(start));
  return pieces.map((piece) => piece.trim()).filter((piece) => piece !== "");
}

function withModifier(step: ScriptStep, operation: string): ScriptStep {
  const [word = "", ...rest] = operation.split(/\s+/);
  const argument = operation.slice(word.length).trim();
  const number = Number.parseInt(rest[0] ?? "", 10);
  const count = (): number => {
    if (Number.isNaN(number)) throw new ScriptError(`a number is missing: ${operation}`);
    return number;
  };
  const withText = (text: ScriptText): ScriptStep => ({ ...step, text: [...step.text, text] });
  switch (word) {
    case "say":
      return argument.startsWith('"')
        ? withText({ kind: "exact", text: argument.replace(/^"|"$/g, "") })
        : withText({ kind: "words", count: count() });
    case "think":
      return { ...step, reasoningWords: step.reasoningWords + count() };
    case "big":
      return withText({ kind: "big", characters: count() });
    case "forever":
      return withText({ kind: "endless" });
    case "hold":
      return withText({ kind: "gate", gate: argument });
    case "context":
      return withText({ kind: "exact", text: contextSentence(count()) });
    case "slow":
      return { ...step, chunkDelayMs: count() };
    case "wait":
      return { ...step, waitMs: step.waitMs + count() };
    case "fail":
      return {
        ...step,
        failures: count(),
        retryAfterMs: rest[1] === undefined ? undefined : Number(rest[1]),
      };
    case "refuse":
      return { ...step, refusal: { status: count(), message: rest.slice(1).join(" ") } };
    case "cut":
      return { ...step, cuts: count() };
    default:
      throw new ScriptError(`unknown operation: ${operation}`);
  }
}

function toolCallOf(operation: string): ScriptToolCall | undefined {
  const word = /^\S+/.exec(operation)?.[0] ?? "";
  const argument = operation.slice(word.length).trim();
  switch (word) {
    case "bash":
      return { name: "bash", input: { command: argument, description: `Run ${argument}` } };
    case "read":
      return { name: "read", input: { filePath: argument } };
    case "write": {
      const [path = "", lines = "1"] = argument.split(/\s+/);
      return {
        name: "write",
        input: { filePath: path, content: fileContent(path, Number(lines)) },
      };
    }
    case "edit": {
      const match = /^(\S+) :: (.*) => (.*)$/s.exec(argument);
      if (!match) throw new ScriptError(`edit PATH :: OLD => NEW: ${operation}`);
      return {
        name: "edit",
        input: { filePath: match[1], oldString: match[2], newString: match[3] },
      };
    }
    case "todo":
      return { name: "todowrite", input: { todos: todosOf(argument) } };
    case "ask":
    case "ask*":
      return { name: "question", input: { questions: [questionOf(argument, word === "ask*")] } };
    case "task": {
      const match = /^(\S+) ([^{]*)\{(.*)\}$/s.exec(argument);
      if (!match) throw new ScriptError(`task AGENT Title { script }: ${operation}`);
      const title = (match[2] ?? "").trim();
      return {
        name: "task",
        input: {
          description: title,
          prompt: `${title}\nDO ${(match[3] ?? "").trim()}`,
          subagent_type: match[1],
        },
      };
    }
    case "tool": {
      const match = /^(\S+) (\{.*\})$/s.exec(argument);
      if (!match) throw new ScriptError(`tool NAME {json}: ${operation}`);
      return { name: match[1] ?? "", input: parseObject(match[2] ?? "") };
    }
    default:
      return undefined;
  }
}

function parseObject(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json);
  if (typeof value !== "object" || value === null) throw new ScriptError(`not an object: ${json}`);
  return { ...value };
}

function fileContent(path: string, lines: number): string {
  return Array.from({ length: lines }, (_, at) => `// ${path}, line ${String(at + 1)}.\n`).join("");
}

function todosOf(argument: string): Record<string, unknown>[] {
  const match = /^(\d+)\/\d+ (.*)$/s.exec(argument);
  if (!match) throw new ScriptError(`todo D/T a, b, c: ${argument}`);
  const done = Number(match[1]);
  return (match[2] ?? "").split(",").map((content, at) => ({
    content: content.trim(),
    status: at < done ? "completed" : at === done ? "in_progress" : "pending",
    priority: "medium",
  }));
}

function questionOf(argument: string, multiple: boolean): Record<string, unknown> {
  const [question = "", ...labels] = argument.split("|").map((piece) => piece.trim());
  return {
    question,
    header: question.slice(0, 28),
    options: labels.map((label) => ({ label, description: `Choose ${label}` })),
    multiple,
  };
}
