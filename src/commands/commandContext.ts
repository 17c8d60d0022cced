/**
 * The room `commands`: what a person can ask for. A command reads the state, asks the person, calls the
 * gateway, and is done: it never writes the store, because the server's own event comes back round.
 * `commandTable.ts` lists them all, `registerCommands.ts` is the one place that tells failures.
 */
import type { AttentionItem } from "../core/state/attention.ts";
import type { UsageMaintenance } from "../core/state/health.ts";
import type { Result } from "../core/result.ts";
import type { SessionRef } from "../core/state/session.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import type { State } from "../core/state/state.ts";
import type { UsageSource } from "../core/usage/usageSource.ts";
import type { Configuration } from "../platform/configuration.ts";
import type { ContextKeyValues } from "../platform/ids.ts";
import type { OutputLog } from "../platform/log.ts";
import type { Passwords } from "../platform/secrets.ts";
import type { Gateway } from "../server/gateway.ts";
import type { ClusterGateway } from "../sources/kubernetes/clusterGateway.ts";
import type { TreeChoices, TreeOptions } from "../viewModels/tree/sessionTree.ts";
import type { SessionPlace } from "../viewModels/conversation/sessionPlace.ts";
import type { SessionTerminals } from "./session/sessionTerminals.ts";
import type { TuiFollower } from "./session/tuiFollower.ts";

/** All that commands may know and touch. Made once by the front door. */
export interface CommandContext {
  readonly store: StateReader;
  readonly servers: ServerControls;
  readonly managedServer: ManagedServerControls;
  readonly demo: DemoControls;
  readonly clusters: ClusterControls;
  readonly service: ServiceControls;
  readonly activeSession: ActiveSessionControls;
  readonly tree: TreeControls;
  readonly attention: AttentionControls;
  readonly documents: DocumentControls;
  readonly terminals: SessionTerminals;
  readonly tuiFollower: TuiFollower;
  readonly usage: UsageControls;
  readonly configuration: Configuration;
  readonly passwords: Passwords;
  /** What brings session_status to an OpenCode of this machine. */
  readonly agents: OpenCodeSetupControls;
  readonly log: OutputLog;
}

/** Where something is put: for all of a user's projects, or below one folder. */
export type SetupScope = "user" | { readonly directory: string };

/** A file as it is and as it is to be; undefined where there is none. */
export interface FileChange {
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** How OpenCode is to start a program. */
export interface ProgramStart {
  readonly command: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
}

/** Changes to OpenCode's own files: planned, shown, and only then written. Problems are thrown, fit to be shown. */
export interface OpenCodeSetupControls {
  /** The MCP server's name in OpenCode. */
  readonly name: string;
  /** Puts the program to where it stays, with these settings beside it. */
  prepare(settings: object): Promise<void>;
  startNow(): ProgramStart;
  startLasting(): Promise<ProgramStart>;
  configFile(scope: SetupScope): Promise<string>;
  toolFile(scope: SetupScope): string;
  isConfigured(file: string, generation: "OpenCode 1" | "OpenCode 2"): Promise<boolean>;
  /** Adding with a start, removing without; undefined when nothing changes. */
  planConfig(
    file: string,
    generation: "OpenCode 1" | "OpenCode 2",
    start: ProgramStart | undefined,
  ): Promise<FileChange | undefined>;
  planToolFile(scope: SetupScope, isWanted: boolean): Promise<FileChange | undefined>;
  write(change: FileChange): Promise<void>;
}

/** The store as a command sees it. */
export interface StateReader {
  readonly state: State;
  /** Calls the listener after every change until the returned function is called. */
  onDidChange(listener: () => void): () => void;
}

export interface ServerControls {
  /** Undefined while the server is not connected. */
  gateway(serverID: string): Gateway | undefined;
  /** Tries again now; all servers when none is named. */
  reconnect(serverID?: string): void;
  /** Looks for servers again and takes fresh lists from all of them. */
  refresh(): Promise<void>;
  /** Asks what answers at an address. */
  detect(
    url: string,
    credentials: { readonly username: string; readonly password: string | undefined },
    signal: AbortSignal,
  ): Promise<Result<{ readonly version: string }>>;
  /** The password a source or the secret storage has for a server. */
  passwordOf(endpoint: Endpoint): Promise<string | undefined>;
  /** Keeps the session's messages in the state until the returned function is called. */
  watch(ref: SessionRef): () => void;
}

/** The usage ledger, and what looks after it. */
export interface UsageControls extends UsageSource {
  /** Asks for how long to leave the budgets alone that are used up. */
  snoozeBudgets(): Promise<void>;
  /** There even where the ledger cannot be opened. */
  maintenance(): Promise<UsageMaintenance>;
}

export interface ManagedServerControls {
  readonly state: ContextKeyValues["opencodeSessions.managedServer"];
  start(signal: AbortSignal): Promise<Result<unknown>>;
  /** Stops it for all windows. */
  stop(): Promise<Result<void>>;
}

/** A scripted model and a server of this window's own, to look around with. */
export interface DemoControls {
  /** Starts it, or finds it running. */
  start(signal: AbortSignal): Promise<Result<Endpoint>>;
  stop(): Promise<void>;
}

/** The user's own background service of OpenCode 2. */
export interface ServiceControls {
  /** Starts it, or finds it up, and looks for it. Gives the version of OpenCode. */
  start(signal: AbortSignal): Promise<Result<string>>;
}

export interface ClusterControls {
  /** Loads what speaks to clusters, where that has not been done. Contacts none. */
  gateway(): Promise<ClusterGateway>;
}

export interface ActiveSessionControls {
  readonly current: SessionRef | undefined;
  pick(ref: SessionRef): void;
}

export interface TreeControls {
  readonly options: TreeOptions;
  change(choices: Partial<TreeChoices>): void;
  /** Pins sessions by their ids, or takes their pins away. */
  pin(sessionIDs: readonly string[], isPinned: boolean): void;
  /** What is selected, as elements of the tree. */
  readonly selection: {
    readonly current: string | undefined;
    readonly all: readonly string[];
    /** The current one while the tree was used last: no editor was turned to since. */
    readonly inUse: string | undefined;
    /** The current one, also right after a click on a row that is being drawn again. */
    whenKnown(): Promise<string | undefined>;
  };
  /** The session that stands before (-1) or after (1) one in the tree, below the same parent. */
  sibling(ref: SessionRef, direction: 1 | -1): SessionRef | undefined;
  /** Shows the session in the tree and selects it; false when filter, scope or archive keep it out. */
  reveal(ref: SessionRef): Promise<boolean>;
}

/** Documents of sessions. */
export interface SessionDocumentControls {
  /** Opens a session as a Markdown document, at a message or at its last prompt. */
  openMarkdown(ref: SessionRef, messageID?: string): Promise<void>;
  openTodo(ref: SessionRef): Promise<void>;
  /** Opens changed files in the diff editor: as one turn changed them, or the whole session. */
  openDiffs(
    ref: SessionRef,
    messageID: string | undefined,
    files: readonly string[],
  ): Promise<void>;
}

/** What waits for a person, and the view that lists it. */
export interface AttentionControls {
  /** Oldest first. */
  readonly items: readonly AttentionItem[];
  /** The item that is selected in the view, where one is. */
  readonly selection: AttentionItem | undefined;
  dismiss(items: readonly AttentionItem[]): void;
  /** Shows and selects an item in the view. */
  reveal(item: AttentionItem): Promise<void>;
}

export interface DocumentControls {
  readonly pages: {
    /** The session of the page in front. */
    readonly active: SessionRef | undefined;
    /** Opens the page of a session, or brings it to the front, at a tab or a message. */
    open(ref: SessionRef, place: SessionPlace): void;
    /** Goes to the next (1) or previous (-1) message on the page in front; false when there is none. */
    goToMessage(direction: 1 | -1): boolean;
  };
  openUsage(): void;
  /** What opens in editors of its own. */
  readonly sessions: SessionDocumentControls;
}
