import type { ClusterRef, NamespaceRef } from "../../core/state/cluster.ts";
import type { Result } from "../../core/result.ts";

/** A context of the kubeconfig, as a person chooses it. */
export interface ClusterContext {
  readonly name: string;
  readonly server: string;
  /** The namespace it names. */
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
  /** The cluster holds more than was read: there may be further namespaces. */
  readonly isPartial: boolean;
}

/** A task to be made. */
export interface TaskInput {
  readonly name: string;
  readonly description: string;
  /** Exactly one of the two is set. */
  readonly agent: string | undefined;
  readonly template: string | undefined;
  /** As KubeOpenCode reads it, e.g. `30m`. */
  readonly timeout: string | undefined;
  /** Texts the agent gets to know. */
  readonly contexts: readonly string[];
}

type Reply<T> = Promise<Result<T>>;

/**
 * What can be asked of the clusters a person knows. Nothing is contacted but by these calls and by watching the
 * namespaces that were added. Every call resolves, failures are values.
 */
export interface ClusterGateway {
  /** The contexts of the kubeconfig; reads files alone. */
  contexts(): readonly ClusterContext[];
  /** What of the kubeconfig cannot be used. */
  problems(): readonly string[];
  /**
   * Namespaces with KubeOpenCode in them, of one cluster that the person named: looks at the whole cluster
   * where that is allowed, else at each namespace in `candidates`.
   */
  scan(context: string, candidates: readonly string[], signal: AbortSignal): Reply<ScanResult>;
  /** Tries again now, and asks anew what is allowed. */
  refresh(): Promise<void>;
  /** Wants the way to an agent, because a person looks at it; and no longer. */
  open(agent: ClusterRef): void;
  close(agent: ClusterRef): void;

  /** Gives the task's name. */
  createTask(at: NamespaceRef, input: TaskInput): Reply<string>;
  /** Creates the tasks a manifest in YAML or JSON describes; the cluster checks each field. Gives their names. */
  createFromManifest(at: NamespaceRef, manifest: string): Reply<readonly string[]>;
  /** Ends a running task; what it has done stays. */
  stopTask(task: ClusterRef): Reply<undefined>;
  suspend(object: ClusterRef, isSuspended: boolean): Reply<undefined>;
  /** Makes a task of a cron task now. */
  trigger(cronTask: ClusterRef): Reply<undefined>;
  remove(object: ClusterRef): Reply<undefined>;
  /** Hands on what the object's pod writes until `signal` or the end of the container. */
  followLogs(
    object: ClusterRef,
    write: (text: string) => void,
    signal: AbortSignal,
  ): Reply<undefined>;
  /**
   * Opens a port of this machine that leads to a port of an agent's pod, until it is closed. OpenCode's own port is
   * guarded by a password; through any other every program of this machine gets.
   */
  forwardPort(agent: ClusterRef, port: number): Reply<ForwardedPort>;
  /** As `forwardPort` for OpenCode's own port, but each time another one: for a program that ends. */
  attach(agent: ClusterRef): Reply<ForwardedPort>;
  /** Ports that are open now. */
  forwards(): readonly ForwardedPort[];
  closeForward(url: string): Promise<void>;
}

export interface ForwardedPort {
  readonly agent: ClusterRef;
  readonly port: number;
  readonly url: string;
  /** What the port asks for (Basic, user `opencode`); undefined where it lets everybody through. */
  readonly password: string | undefined;
}
