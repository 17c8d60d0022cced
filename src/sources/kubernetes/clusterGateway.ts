import type { ClusterRef, NamespaceRef } from "../../core/state/cluster.ts";
import type { Result } from "../../core/result.ts";

/** A context of the kubeconfig, as the user picks it. */
export interface ClusterContext {
  readonly name: string;
  readonly server: string;
  /** The context's default namespace. */
  readonly namespace: string | undefined;
}

/** What a scan found in a namespace. */
export interface ScannedNamespace {
  readonly namespace: string;
  readonly agents: number;
  readonly tasks: number;
}

export interface ScanResult {
  readonly namespaces: readonly ScannedNamespace[];
  /** The cluster holds more than was read, so there may be further namespaces. */
  readonly isPartial: boolean;
}

/** The input for a new task. */
export interface TaskInput {
  readonly name: string;
  readonly description: string;
  /** Exactly one of `agent` and `template` is set. */
  readonly agent: string | undefined;
  readonly template: string | undefined;
  /** In KubeOpenCode's format, e.g. `30m`. */
  readonly timeout: string | undefined;
  /** Texts given to the agent as context. */
  readonly contexts: readonly string[];
}

type Reply<T> = Promise<Result<T>>;

/**
 * Operations on the clusters the user has added. Clusters are only contacted by these calls and by watching
 * the namespaces that were added. Every call resolves; failures are values.
 */
export interface ClusterGateway {
  /** The contexts of the kubeconfig; only reads files. */
  contexts(): readonly ClusterContext[];
  /** The parts of the kubeconfig that cannot be used. */
  problems(): readonly string[];
  /**
   * Finds namespaces with KubeOpenCode in a cluster the user chose: searches the whole cluster if allowed,
   * else each namespace in `candidates`.
   */
  scan(context: string, candidates: readonly string[], signal: AbortSignal): Reply<ScanResult>;
  /** Retries now, and checks permissions again. */
  refresh(): Promise<void>;
  /** Requests a connection to an agent because the user is looking at it; `close` releases it. */
  open(agent: ClusterRef): void;
  close(agent: ClusterRef): void;

  /** Returns the task's name. */
  createTask(at: NamespaceRef, input: TaskInput): Reply<string>;
  /** Creates the tasks of a YAML or JSON manifest; the cluster validates each field. Returns their names. */
  createFromManifest(at: NamespaceRef, manifest: string): Reply<readonly string[]>;
  /** Ends a running task; the work it has done remains. */
  stopTask(task: ClusterRef): Reply<undefined>;
  suspend(object: ClusterRef, isSuspended: boolean): Reply<undefined>;
  /** Creates a task from a cron task now. */
  trigger(cronTask: ClusterRef): Reply<undefined>;
  remove(object: ClusterRef): Reply<undefined>;
  /** Passes on the log of the object's pod until `signal` aborts or the container ends. */
  followLogs(
    object: ClusterRef,
    write: (text: string) => void,
    signal: AbortSignal,
  ): Reply<undefined>;
  /**
   * Opens a local port that leads to a port of an agent's pod, until it is closed. OpenCode's own port is
   * protected by a password; any other is open to every program on this machine.
   */
  forwardPort(agent: ClusterRef, port: number): Reply<ForwardedPort>;
  /** Like `forwardPort` for OpenCode's own port, but opens a new port each time: for a program that will end. */
  attach(agent: ClusterRef): Reply<ForwardedPort>;
  /** The ports open now. */
  forwards(): readonly ForwardedPort[];
  closeForward(url: string): Promise<void>;
}

export interface ForwardedPort {
  readonly agent: ClusterRef;
  readonly port: number;
  readonly url: string;
  /** The password the port requires (Basic, user `opencode`); undefined if it requires none. */
  readonly password: string | undefined;
}
