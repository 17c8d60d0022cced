import type { CompatibilityReport } from "../core/state/compatibility.ts";
import type { MessagePage } from "../core/state/message.ts";
import type { Model, ModelRef } from "../core/state/model.ts";
import type { PromptInput } from "../core/state/prompt.ts";
import type { PendingRequest, PermissionReply, QuestionAnswers } from "../core/state/request.ts";
import type { Result } from "../core/result.ts";
import type { Session, SessionTotals } from "../core/state/session.ts";
import type { Activity, Project } from "../core/state/state.ts";
import type { TurnDiff } from "../core/state/message.ts";

/** An agent a prompt may name. */
export interface Agent {
  readonly name: string;
  readonly description: string;
  readonly isPrimary: boolean;
}

/** A slash command of a server. */
export interface SlashCommand {
  readonly name: string;
  readonly description: string;
}

/** A todo entry as the agent wrote it. */
export interface TodoItem {
  readonly content: string;
  readonly status: string;
}

/** What the sessions of a directory are doing and waiting for. Idle ones are absent. */
export interface Activities {
  readonly activities: ReadonlyMap<string, Activity>;
  readonly requests: readonly PendingRequest[];
  /** Prompts waiting behind running turns, on servers that report them. */
  readonly queuedPrompts?: ReadonlyMap<string, number>;
}

type Reply<T> = Promise<Result<T>>;

/** Queries, which change nothing on the server. */
export interface GatewayQueries {
  /** All sessions of all directories, including archived ones and children. */
  listSessions(signal?: AbortSignal): Reply<readonly Session[]>;
  /** Sessions changed at or after a server time in ms, newest first. */
  listSessionsSince(updatedMs: number, signal?: AbortSignal): Reply<readonly Session[]>;
  /** What is running and waiting in one directory (undefined: the server's own, or all if it can report on all). */
  activities(directory: string | undefined, signal?: AbortSignal): Reply<Activities>;
  getSession(sessionID: string, signal?: AbortSignal): Reply<Session>;
  /** Newest page first; pass `olderCursor` back as `before`. */
  listMessages(
    sessionID: string,
    page: { readonly limit: number; readonly before?: string },
    signal?: AbortSignal,
  ): Reply<MessagePage>;
  /**
   * A session with all its messages as the server has them, `{info, messages}`, to be saved as a file. On
   * OpenCode 1 this is what `opencode import` accepts.
   */
  exportSession(sessionID: string, signal?: AbortSignal): Reply<unknown>;
  /** The session's own totals summed from its messages: for servers whose sessions carry none. */
  sumTotals(sessionID: string, signal?: AbortSignal): Reply<SessionTotals>;
  projects(signal?: AbortSignal): Reply<readonly Project[]>;
  /** The catalogue as seen from a directory (any, if undefined). */
  models(directory: string | undefined, signal?: AbortSignal): Reply<readonly Model[]>;
  /** The model used when nothing else is specified, for new sessions and first compactions. */
  defaultModel(directory: string | undefined, signal?: AbortSignal): Reply<ModelRef | undefined>;
  /** Context in tokens at which the server compacts a session automatically; undefined if never or unknown. */
  compactsAt(
    directory: string | undefined,
    model: ModelRef,
    signal?: AbortSignal,
  ): Reply<number | undefined>;
  agents(directory: string | undefined, signal?: AbortSignal): Reply<readonly Agent[]>;
  slashCommands(
    directory: string | undefined,
    signal?: AbortSignal,
  ): Reply<readonly SlashCommand[]>;
  /** Some files below a directory whose paths match a few letters, best first, relative to the directory. */
  findFiles(
    directory: string | undefined,
    query: string,
    signal?: AbortSignal,
  ): Reply<readonly string[]>;
  todos(sessionID: string, signal?: AbortSignal): Reply<readonly TodoItem[]>;
  /** Files changed by one user message's turn, or by the whole session. */
  diff(
    sessionID: string,
    messageID: string | undefined,
    signal?: AbortSignal,
  ): Reply<readonly TurnDiff[]>;
}

/** The commands that a server accepts. */
export interface GatewayCommands {
  createSession(input: {
    readonly directory: string | undefined;
    readonly title?: string;
    readonly agent?: string;
    readonly model?: ModelRef;
  }): Reply<Session>;
  /** Resolves when the prompt is accepted, not when it is answered: the answer comes as events. */
  prompt(session: Session, input: PromptInput): Reply<undefined>;
  /** Runs a slash command; the text of `input` is its arguments. May not resolve until its turn has ended. */
  runCommand(session: Session, command: string, input: PromptInput): Reply<undefined>;
  init(session: Session, model: ModelRef): Reply<undefined>;
  /** Resolves when the compaction has ended, as a failure if it didn't succeed. Has no timeout of its own. */
  compact(session: Session, model: ModelRef): Reply<undefined>;
  interrupt(session: Session): Reply<undefined>;
  rename(session: Session, title: string): Reply<undefined>;
  /** Archives a session; 0 restores it, as far as the server can. */
  archive(session: Session, archivedMs: number): Reply<undefined>;
  /** Deletes the session with its descendants. */
  remove(session: Session): Reply<undefined>;
  /** Copies the session up to, but not including, a message; all of it if none is given. */
  fork(session: Session, beforeMessageID: string | undefined): Reply<Session>;
  share(session: Session): Reply<string>;
  unshare(session: Session): Reply<undefined>;
  revert(session: Session, messageID: string): Reply<undefined>;
  unrevert(session: Session): Reply<undefined>;
  /** The user has seen what the session ended with (`unread`). */
  markViewed(session: Session): Reply<undefined>;
  replyPermission(
    request: PendingRequest,
    reply: PermissionReply,
    message: string | undefined,
  ): Reply<undefined>;
  replyQuestion(request: PendingRequest, answers: QuestionAnswers): Reply<undefined>;
  rejectQuestion(request: PendingRequest): Reply<undefined>;
  /** Makes every attached TUI of the server show a session. */
  followInTui(sessionID: string): Reply<undefined>;
  /** How to attach a terminal to a session at `url`; the password goes in the environment, never in an argument. */
  attachCommand(session: Session, url: string): AttachCommand;
  /** Registers a local MCP server for this run. */
  addMcpServer(
    directory: string | undefined,
    name: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Reply<undefined>;
  /** Removes a local MCP server again; one from the server's own configuration is switched off for this run. */
  removeMcpServer(directory: string | undefined, name: string): Reply<undefined>;
}

/**
 * One OpenCode server in domain terms; implemented by adapters. Every call resolves: failures are values. Calls a
 * server doesn't support fail with `unsupported`; check its capabilities first. Calls time out automatically unless
 * stated otherwise. An `AbortSignal` cancels the waiting; what the server has already begun is not undone.
 */
export interface Gateway extends GatewayQueries, GatewayCommands {
  readonly serverID: string;
  /** Compares what the extension needs from the server with what it offers; changes nothing there. */
  checkCompatibility(signal?: AbortSignal): Promise<CompatibilityReport>;
}

/** A terminal command: program, arguments, and the environment variable its password goes into. */
export interface AttachCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly passwordVariable: string;
}
