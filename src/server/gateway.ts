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
  /** Prompts that wait behind running turns, on servers that tell. */
  readonly queuedPrompts?: ReadonlyMap<string, number>;
}

type Reply<T> = Promise<Result<T>>;

/** What a server can be asked without changing anything there. */
export interface GatewayQueries {
  /** All sessions of all directories, archived and children included. */
  listSessions(signal?: AbortSignal): Reply<readonly Session[]>;
  /** Sessions changed at or after a server time in ms, newest first. */
  listSessionsSince(updatedMs: number, signal?: AbortSignal): Reply<readonly Session[]>;
  /** What runs and waits in one directory (undefined: the server's own, or all where it can tell for all). */
  activities(directory: string | undefined, signal?: AbortSignal): Reply<Activities>;
  getSession(sessionID: string, signal?: AbortSignal): Reply<Session>;
  /** Newest page first; pass `olderCursor` back as `before`. */
  listMessages(
    sessionID: string,
    page: { readonly limit: number; readonly before?: string },
    signal?: AbortSignal,
  ): Reply<MessagePage>;
  /**
   * A session with all its messages as the server has them, `{info, messages}`, to be kept as a file. On
   * OpenCode 1 it is what `opencode import` takes.
   */
  exportSession(sessionID: string, signal?: AbortSignal): Reply<unknown>;
  /** Own totals summed from messages: for servers whose sessions carry none. */
  sumTotals(sessionID: string, signal?: AbortSignal): Reply<SessionTotals>;
  projects(signal?: AbortSignal): Reply<readonly Project[]>;
  /** The catalogue as seen from a directory (any, when undefined). */
  models(directory: string | undefined, signal?: AbortSignal): Reply<readonly Model[]>;
  /** The model used when nothing else is said, for new sessions and first compactions. */
  defaultModel(directory: string | undefined, signal?: AbortSignal): Reply<ModelRef | undefined>;
  /** Context in tokens from which the server compacts a session of its own accord; undefined where it never does, or cannot tell. */
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
  /** Some files below a directory whose paths match a few letters, best first, named from there. */
  findFiles(
    directory: string | undefined,
    query: string,
    signal?: AbortSignal,
  ): Reply<readonly string[]>;
  todos(sessionID: string, signal?: AbortSignal): Reply<readonly TodoItem[]>;
  /** Files changed: by one user message's turn, or by the whole session. */
  diff(
    sessionID: string,
    messageID: string | undefined,
    signal?: AbortSignal,
  ): Reply<readonly TurnDiff[]>;
}

/** What a server can be told to do. */
export interface GatewayCommands {
  createSession(input: {
    readonly directory: string | undefined;
    readonly title?: string;
    readonly agent?: string;
    readonly model?: ModelRef;
  }): Reply<Session>;
  /** Accepted, not answered: the answer comes by events. */
  prompt(session: Session, input: PromptInput): Reply<undefined>;
  /** Runs a slash command; the text of `input` is its arguments. May answer only when its turn has ended. */
  runCommand(session: Session, command: string, input: PromptInput): Reply<undefined>;
  init(session: Session, model: ModelRef): Reply<undefined>;
  /** Ends when the compaction ended, in failure where it did not succeed. No timeout of its own. */
  compact(session: Session, model: ModelRef, signal?: AbortSignal): Reply<undefined>;
  interrupt(session: Session): Reply<undefined>;
  rename(session: Session, title: string): Reply<undefined>;
  /** Puts a session away; 0 takes it back, as far as the server can. */
  archive(session: Session, archivedMs: number): Reply<undefined>;
  /** Deletes the session with its descendants. */
  remove(session: Session): Reply<undefined>;
  /** Copies the session up to, and without, a message; all of it when none is given. */
  fork(session: Session, beforeMessageID: string | undefined): Reply<Session>;
  share(session: Session): Reply<string>;
  unshare(session: Session): Reply<undefined>;
  revert(session: Session, messageID: string): Reply<undefined>;
  unrevert(session: Session): Reply<undefined>;
  /** A person has seen what the session ended with (`unread`). */
  markViewed(session: Session): Reply<undefined>;
  replyPermission(
    request: PendingRequest,
    reply: PermissionReply,
    message: string | undefined,
  ): Reply<undefined>;
  replyQuestion(request: PendingRequest, answers: QuestionAnswers): Reply<undefined>;
  rejectQuestion(request: PendingRequest): Reply<undefined>;
  /** Tells every attached TUI of the server to show a session. */
  followInTui(sessionID: string): Reply<undefined>;
  /** How a person attaches a terminal to a session, by an address of the server; the password goes by environment, never by argument. */
  attachCommand(session: Session, url: string): AttachCommand;
  /** Registers a local MCP server for this run. */
  addMcpServer(
    directory: string | undefined,
    name: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Reply<undefined>;
  /** Takes a local MCP server away again; one from the server's own configuration is switched off for this run. */
  removeMcpServer(directory: string | undefined, name: string): Reply<undefined>;
}

/**
 * One OpenCode server in domain words; adapters implement it. Every call resolves, failures are values.
 * Calls a server cannot do answer `unsupported`; ask its capabilities first. Times out by itself unless
 * said otherwise. An `AbortSignal` cancels the waiting; what the server already began is not undone.
 */
export interface Gateway extends GatewayQueries, GatewayCommands {
  readonly serverID: string;
  /** What the extension needs of the server against what it offers; changes nothing there. */
  checkCompatibility(signal?: AbortSignal): Promise<CompatibilityReport>;
}

/** A terminal command: program, arguments, and the environment variable its password goes into. */
export interface AttachCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly passwordVariable: string;
}
