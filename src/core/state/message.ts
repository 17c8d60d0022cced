import type { ModelRef } from "./model.ts";
import type { Tokens } from "../usage/usage.ts";

/** Tool call of an assistant message. `title` is what the server shows for it. */
export interface ToolPart {
  readonly kind: "tool";
  readonly id: string;
  readonly callID: string;
  readonly tool: string;
  readonly status: "pending" | "running" | "completed" | "error";
  readonly title: string | undefined;
  readonly input: unknown;
  readonly output: string | undefined;
  readonly error: string | undefined;
  readonly startedMs: number | undefined;
  readonly endedMs: number | undefined;
  /** For a task tool: the sub-session it runs. */
  readonly childSessionID: string | undefined;
}

/** A piece of a message. Texts are for showing to the user only and are never logged. */
export type MessagePart =
  | {
      readonly kind: "text";
      readonly id: string;
      readonly text: string;
      readonly isSynthetic: boolean;
    }
  | { readonly kind: "reasoning"; readonly id: string; readonly text: string }
  | {
      readonly kind: "file";
      readonly id: string;
      readonly filename: string;
      readonly mime: string;
      /** Data URL of a picture that a page may draw. */
      readonly pictureURL?: string;
    }
  | {
      readonly kind: "compaction";
      readonly id: string;
      readonly isAuto: boolean;
      readonly tailStartID: string | undefined;
      /** Length of the history that is kept word for word beside the summary, where the server says so. */
      readonly keptCharacters?: number;
    }
  | { readonly kind: "other"; readonly id: string; readonly type: string }
  | ToolPart;

/** Files a user message's turn changed, as the server summarises them. */
export interface TurnDiff {
  readonly file: string;
  readonly additions: number;
  readonly deletions: number;
  /** Unified patch, where the server gives one. */
  readonly patch: string | undefined;
}

/**
 * A message. On the servers known so far one assistant message is one step of the model, so its tokens
 * are that step's.
 */
export interface Message {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly createdMs: number;
  readonly completedMs: number | undefined;
  readonly agent: string | undefined;
  readonly model: ModelRef | undefined;
  /** Undefined for user messages. Zero for aborted or failed steps. */
  readonly costUSD: number | undefined;
  readonly tokens: Tokens | undefined;
  /** True for the assistant message that holds a compaction's summary. */
  readonly isSummary: boolean;
  readonly error: string | undefined;
  readonly parts: readonly MessagePart[];
  readonly diffs: readonly TurnDiff[];
}

/** Whether a person wrote it: neither a compaction's request nor what the server says by itself. */
export function isPrompt({ role, parts }: Message): boolean {
  const isByServer = (part: MessagePart): boolean =>
    part.kind === "compaction" || (part.kind === "text" && part.isSynthetic);
  return role === "user" && (parts.length === 0 || !parts.every(isByServer));
}

/** A page of messages, oldest first. `olderCursor` asks for the page before; undefined at the beginning. */
export interface MessagePage {
  readonly messages: readonly Message[];
  readonly olderCursor: string | undefined;
}
