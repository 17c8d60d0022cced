/**
 * The room `commands`: what the user can ask for. A command reads the state, asks the user, calls the
 * gateway, and is done: it never writes the store, because the server's own event brings the change.
 * `commandTable.ts` lists all commands; only `registerCommands.ts` reports failures.
 */
import type { AttentionItem } from "../core/state/attention.ts";
import type { FileChange, ProgramStart, SetupScope } from "../core/agents/programSetup.ts";
import type { UsageMaintenance } from "../core/state/health.ts";
import type { Capabilities } from "../core/state/capabilities.ts";
import type { Result } from "../core/result.ts";
import type { SessionRef } from "../core/state/session.ts";
import type { Endpoint } from "../core/state/endpoint.ts";
import type { StateReader } from "../core/state/store.ts";
import type { UsageSource } from "../core/usage/usageSource.ts";
import type { Configuration } from "../platform/configuration.ts";
import type { ContextKeyValues } from "../platform/ids.ts";
import type { OutputLog } from "../platform/log.ts";
import type { Passwords } from "../platform/secrets.ts";
import type { Gateway } from "../server/gateway.ts";
import type { ClusterGateway } from "../sources/kubernetes/clusterGateway.ts";
import type { TreeChoices, TreeOptions } from "../viewModels/tree/sessionTree.ts";
import type { Markdown } from "../viewModels/documents/markdown.ts";
import type { SessionPlace } from "../viewModels/conversation/sessionPlace.ts";
import type { SessionTerminals } from "./session/sessionTerminals.ts";
import type { TuiFollower } from "./session/tuiFollower.ts";

/** Everything commands may access. Created once by the front door. */
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
  /** Sets up session_status in an OpenCode on this machine. */
  readonly agents: OpenCodeSetupControls;
  readonly log: OutputLog;
}

/** Changes to OpenCode's own files: planned, shown, and only then written. Problems are thrown, fit to be shown. */
export interface OpenCodeSetupControls {
  /** The MCP server's name in OpenCode. */
  readonly name: string;
  /** Copies the program to its permanent place, with these settings beside it. */
  prepare(settings: object): Promise<void>;
  startNow(): ProgramStart;
  startLasting(): Promise<ProgramStart>;
  configFile(scope: SetupScope): Promise<string>;
  toolFile(scope: SetupScope): string;
  isConfigured(scope: SetupScope, capabilities: Capabilities): Promise<boolean>;
  /** Adds the server if a start is given, removes it otherwise; undefined if nothing changes. */
  planConfig(
    scope: SetupScope,
    capabilities: Capabilities,
    start: ProgramStart | undefined,
  ): Promise<FileChange | undefined>;
  planToolFile(scope: SetupScope, isWanted: boolean): Promise<FileChange | undefined>;
  write(change: FileChange): Promise<void>;
}

export interface ServerControls {
  /** Undefined while the server is not connected. */
  gateway(serverID: string): Gateway | undefined;
  /** Retries now; all servers if none is named. */
  reconnect(serverID?: string): void;
  /** Looks for servers again and fetches fresh lists from all of them. */
  refresh(): Promise<void>;
  /**
   * Probes what answers at an endpoint, over its tunnel if it has one. Fails with `unencrypted` if nothing may be
   * sent there.
   */
  detect(
    endpoint: Endpoint,
    password: string | undefined,
    signal: AbortSignal,
  ): Promise<Result<{ readonly version: string }>>;
  /** The password known for a server, from a source or the secret storage. */
  passwordOf(endpoint: Endpoint): Promise<string | undefined>;
  /** Keeps the session's messages in the state until the returned function is called. */
  watch(ref: SessionRef): () => void;
}

/** The usage ledger and its maintenance. */
export interface UsageControls extends UsageSource {
  /** Asks how long to snooze the exhausted budgets. */
  snoozeBudgets(): Promise<void>;
  /** Available even if the ledger cannot be opened. */
  maintenance(): Promise<UsageMaintenance>;
}

export interface ManagedServerControls {
  readonly state: ContextKeyValues["opencodeSessions.managedServer"];
  start(signal: AbortSignal): Promise<Result<unknown>>;
  /** Stops it for all windows. */
  stop(): Promise<Result<void>>;
}

/** A scripted model and a server private to this window, for trying things out. */
export interface DemoControls {
  /** Starts the demo, or joins the running one. */
  start(signal: AbortSignal): Promise<Result<Endpoint>>;
  stop(): Promise<void>;
}

/** The user's own background service of OpenCode 2. */
export interface ServiceControls {
  /** Starts the service unless it is running, then looks for servers again. Returns OpenCode's version. */
  start(signal: AbortSignal): Promise<Result<string>>;
}

export interface ClusterControls {
  /** Loads the Kubernetes client if necessary. Contacts no cluster. */
  gateway(): Promise<ClusterGateway>;
}

export interface ActiveSessionControls {
  readonly current: SessionRef | undefined;
  pick(ref: SessionRef): void;
}

export interface TreeControls {
  readonly options: TreeOptions;
  change(choices: Partial<TreeChoices>): void;
  /** Pins or unpins sessions by their ids. */
  pin(sessionIDs: readonly string[], isPinned: boolean): void;
  /** The selection, as elements of the tree. */
  readonly selection: {
    readonly current: string | undefined;
    readonly all: readonly string[];
    /** The current one if the tree was used last: no editor has been focused since. */
    readonly inUse: string | undefined;
    /** The current one, even right after a click on a row that is being redrawn. */
    whenKnown(): Promise<string | undefined>;
  };
  /** The session before (-1) or after (1) this one in the tree, under the same parent. */
  sibling(ref: SessionRef, direction: 1 | -1): SessionRef | undefined;
  /** Reveals and selects the session in the tree; false if filter, scope or archive hides it. */
  reveal(ref: SessionRef): Promise<boolean>;
}

/** Documents of sessions, and reports. */
export interface SessionDocumentControls {
  /** Opens a session as a Markdown document, at a message or at its last prompt. */
  openMarkdown(ref: SessionRef, messageID?: string): Promise<void>;
  openTodo(ref: SessionRef): Promise<void>;
  /** Shows Markdown rendered, in the place of an earlier report of that name. */
  openReport(name: string, markdown: Markdown): Promise<void>;
  /** Opens changed files in the diff editor: the changes of one turn, or of the whole session. */
  openDiffs(
    ref: SessionRef,
    messageID: string | undefined,
    files: readonly string[],
  ): Promise<void>;
}

/** The items waiting for the user, and the view that lists them. */
export interface AttentionControls {
  /** Oldest first. */
  readonly items: readonly AttentionItem[];
  /** The item selected in the view, if any. */
  readonly selection: AttentionItem | undefined;
  dismiss(items: readonly AttentionItem[]): void;
  /** Reveals and selects an item in the view. */
  reveal(item: AttentionItem): Promise<void>;
}

export interface DocumentControls {
  readonly pages: {
    /** The session of the active page. */
    readonly active: SessionRef | undefined;
    /** Opens a session's page, or brings it to the front, at a tab or a message. */
    open(ref: SessionRef, place: SessionPlace): void;
    /** Goes to the next (1) or previous (-1) message on the active page; false if there is none. */
    goToMessage(direction: 1 | -1): boolean;
  };
  openUsage(): void;
  /** Documents that open in their own editors. */
  readonly sessions: SessionDocumentControls;
}
