import type { Tokens } from "../../../../src/core/usage/usage.ts";
import { NO_TOKENS } from "../../../../src/core/usage/usage.ts";
import type { ChatMessage } from "../scriptedAnswer.ts";
import { newID } from "./ids.ts";

export interface DoubleModel {
  readonly id: string;
  readonly providerID: string;
}

/** A session as the double returns it, but mutable. */
export interface DoubleSession {
  readonly id: string;
  parentID?: string;
  fork?: { sessionID: string; boundary?: { type: "before"; messageID: string } };
  projectID: string;
  agent: string;
  model: DoubleModel;
  cost: number;
  tokens: Tokens;
  outcome?: "succeeded" | "failed" | "interrupted";
  time: { created: number; updated: number; idle?: number; viewed?: number; archived?: number };
  title?: string;
  revert?: { messageID: string };
  location: { directory: string };
}

export interface DoubleTool {
  type: "tool";
  id: string;
  name: string;
  state: {
    status: "streaming" | "running" | "completed" | "error";
    input: unknown;
    content: { type: "text"; text: string }[];
    metadata: Record<string, unknown>;
    error?: { type: string; message: string };
  };
  time: { created: number; completed?: number };
}

export type DoubleContent = { type: "text" | "reasoning"; text: string } | DoubleTool;

interface MessageBase {
  id: string;
  time: { created: number; completed?: number };
}

export type DoubleMessage =
  | (MessageBase & { type: "user"; text: string })
  | (MessageBase & {
      type: "assistant";
      agent: string;
      model: DoubleModel;
      content: DoubleContent[];
      finish?: string;
      cost: number;
      tokens: Tokens;
      error?: { type: string; message: string };
    })
  | (MessageBase & {
      type: "compaction";
      status: "running" | "completed" | "failed";
      reason: "auto" | "manual";
      summary: string;
      recent: string;
      model: DoubleModel;
      cost: number;
      tokens: Tokens;
    })
  | (MessageBase & { type: "idle"; outcome: string });

export interface InboxItem {
  readonly id: string;
  readonly sessionID: string;
  readonly type: "prompt" | "compaction";
  delivery: "steer" | "queue";
  readonly text?: string;
}

export interface PendingPermission {
  readonly id: string;
  readonly sessionID: string;
  readonly action: string;
  readonly resources: readonly string[];
  readonly save: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly source: { readonly type: "tool"; readonly messageID: string; readonly id: string };
}

export interface PendingForm {
  readonly id: string;
  readonly sessionID: string;
  readonly title: string;
  readonly fields: readonly Readonly<Record<string, unknown>>[];
}

/** A session and everything that belongs to it. */
export interface SessionRecord {
  readonly info: DoubleSession;
  messages: DoubleMessage[];
  inbox: InboxItem[];
}

/** The double's entire state. Sessions are in creation order. */
export class DoubleState {
  readonly sessions = new Map<string, SessionRecord>();
  readonly permissions = new Map<string, PendingPermission>();
  readonly forms = new Map<string, PendingForm>();
  /** Actions that are always allowed. */
  readonly saved = new Set<string>();

  add(input: {
    readonly id?: string | undefined;
    readonly parentID?: string | undefined;
    readonly title?: string | undefined;
    readonly agent?: string | undefined;
    readonly model?: DoubleModel | undefined;
    readonly directory: string;
    readonly createdMs?: number;
  }): SessionRecord {
    const createdMs = input.createdMs ?? Date.now();
    const info: DoubleSession = {
      id: input.id ?? newID("ses"),
      ...(input.parentID === undefined ? {} : { parentID: input.parentID }),
      projectID: projectIDOf(input.directory),
      agent: input.agent ?? "build",
      model: input.model ?? { id: "steady", providerID: "scripted" },
      cost: 0,
      tokens: NO_TOKENS,
      time: { created: createdMs, updated: createdMs },
      ...(input.title === undefined ? {} : { title: input.title }),
      location: { directory: input.directory },
    };
    const record: SessionRecord = { info, messages: [], inbox: [] };
    this.sessions.set(info.id, record);
    return record;
  }

  children(sessionID: string): readonly SessionRecord[] {
    return [...this.sessions.values()].filter(({ info }) => info.parentID === sessionID);
  }

  /** Removes a session and all its descendants. */
  remove(sessionID: string): void {
    for (const child of this.children(sessionID)) this.remove(child.info.id);
    this.sessions.delete(sessionID);
    for (const pending of [this.permissions, this.forms]) {
      for (const [id, request] of pending) if (request.sessionID === sessionID) pending.delete(id);
    }
  }
}

/** The messages of a session that are sent to the model: those since the last compaction, and its summary. */
export function chatMessages(messages: readonly DoubleMessage[]): readonly ChatMessage[] {
  const last = messages.findLastIndex(
    (message) => message.type === "compaction" && message.status === "completed",
  );
  return messages.slice(Math.max(0, last)).flatMap((message): ChatMessage[] => {
    switch (message.type) {
      case "user":
        return [chatMessage("user", message.text)];
      case "compaction":
        return message.status === "completed" ? [chatMessage("assistant", message.summary)] : [];
      case "assistant":
        return [
          chatMessage("assistant", textOf(message.content)),
          ...message.content
            .filter((content) => content.type === "tool")
            .map((tool) => chatMessage("tool", tool.state.content.map((c) => c.text).join("\n"))),
        ];
      default:
        return [];
    }
  });
}

function textOf(content: readonly DoubleContent[]): string {
  return content
    .map((part) => (part.type === "tool" ? JSON.stringify(part.state.input) : part.text))
    .join("\n");
}

function chatMessage(role: ChatMessage["role"], text: string): ChatMessage {
  return { role, text, size: text.length + 20 };
}

/** A directory's project id, made of characters that OpenCode uses in ids. */
export function projectIDOf(directory: string): string {
  return `project-of-${directory.replaceAll(/[^A-Za-z0-9]/g, "-")}`.slice(0, 128);
}
