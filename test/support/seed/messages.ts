import type { Message, MessagePart, ToolPart, TurnDiff } from "../../../src/core/state/message.ts";
import { minutesAgo, SONNET, someTokens } from "./builders.ts";

/** A user's prompt. */
export function aPrompt(id: string, text: string, overrides: Partial<Message> = {}): Message {
  return {
    id,
    role: "user",
    createdMs: minutesAgo(20),
    completedMs: undefined,
    agent: "build",
    model: SONNET,
    costUSD: undefined,
    tokens: undefined,
    isSummary: false,
    error: undefined,
    parts: text === "" ? [] : [aText(`${id}-text`, text)],
    diffs: [],
    ...overrides,
  };
}

/** A finished step of the model: 4.2 s, 1,200 tokens, one cent. */
export function anAnswer(
  id: string,
  parts: readonly MessagePart[] | string,
  overrides: Partial<Message> = {},
): Message {
  const createdMs = overrides.createdMs ?? minutesAgo(20);
  return {
    ...aPrompt(id, ""),
    role: "assistant",
    createdMs,
    completedMs: createdMs + 4200,
    costUSD: 0.01,
    tokens: someTokens({ input: 1000, output: 200 }),
    parts: typeof parts === "string" ? [aText(`${id}-text`, parts)] : parts,
    ...overrides,
  };
}

export function aText(id: string, text: string, isSynthetic = false): MessagePart {
  return { kind: "text", id, text, isSynthetic };
}

/** A finished tool call of 1.5 s. */
export function aTool(id: string, overrides: Partial<ToolPart> = {}): ToolPart {
  return {
    kind: "tool",
    id,
    callID: `call-${id}`,
    tool: "bash",
    status: "completed",
    title: undefined,
    input: { command: "npm test" },
    output: "ok 1\nok 2\n",
    error: undefined,
    startedMs: minutesAgo(20),
    endedMs: minutesAgo(20) + 1500,
    childSessionID: undefined,
    ...overrides,
  };
}

/** A file's change as OpenCode 1 reports it, with the whole file as context. A missing side is undefined. */
export function aDiff(
  file: string,
  before: string | undefined,
  after: string | undefined,
): TurnDiff {
  const removed = before?.split("\n").slice(0, -1) ?? [];
  const added = after?.split("\n").slice(0, -1) ?? [];
  const patch = [
    `--- ${file}\t`,
    `+++ ${file}\t`,
    `@@ -${removed.length === 0 ? 0 : 1},${removed.length} +${added.length === 0 ? 0 : 1},${added.length} @@`,
    ...removed.map((line) => `-${line}`),
    ...added.map((line) => `+${line}`),
    "",
  ].join("\n");
  return { file, additions: added.length, deletions: removed.length, patch };
}
