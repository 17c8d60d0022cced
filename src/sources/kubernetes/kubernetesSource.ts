/**
 * The room `sources/kubernetes`: what runs in Kubernetes clusters. The only code that knows the Kubernetes
 * API and its client, which is loaded only once a cluster is configured. Only contacts the namespaces the
 * user has added, and what a command asks for.
 */
import { t } from "../../core/language.ts";
import { homedir } from "node:os";
import {
  agentServerID,
  type ClusterRef,
  type NamespaceRef,
  namespaceKey,
  type NamespaceState,
} from "../../core/state/cluster.ts";
import type { ClusterAction } from "../../core/state/clusterReducer.ts";
import type { Endpoint } from "../../core/state/endpoint.ts";
import { ServerError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import { failed, type Result } from "../../core/result.ts";
import type { State } from "../../core/state/state.ts";
import type { Probe, ServerSource, SourceProblem, SourceReport } from "../source.ts";
import { SourceReporter } from "../sourceReporter.ts";
import { AgentLeases } from "./agentLeases.ts";
import { AgentPorts } from "./agentPorts.ts";
import { ClusterAccess } from "./clusterAccess.ts";
import { ExecLogins } from "./execCredential.ts";
import {
  annotate,
  create,
  createAll,
  followLogs,
  patch,
  remove,
  scan,
  taskManifest,
} from "./clusterCalls.ts";
import type {
  ClusterContext,
  ClusterGateway,
  ForwardedPort,
  ScanResult,
  TaskInput,
} from "./clusterGateway.ts";
import { parseClusterSettings } from "./clusterSettings.ts";
import {
  IN_CLUSTER_CONTEXT,
  type KubeconfigPlaces,
  type LoadedKubeconfig,
  loadKubeconfig,
} from "./kubeconfig.ts";
import { NamespaceWatch } from "./namespaceWatch.ts";
import { STOP_ANNOTATION, TRIGGER_ANNOTATION } from "./parseObjects.ts";
import type { WatchTimes } from "./resourceWatch.ts";

const SAME_MOMENT_MS = 200;

export const KUBERNETES_SOURCE_ID = "kubernetes";

/** The raw value of the setting `kubernetes`. */
export interface KubernetesSettings {
  readonly clusters: unknown;
  readonly kubeconfig: string;
}

export interface KubernetesSourceOptions {
  readonly settings: KubernetesSettings;
  readonly probe: Probe;
  readonly password: (endpoint: Endpoint) => Promise<Result<string | undefined>>;
  readonly getState: () => State;
  readonly onDidChange: (listener: () => void) => () => void;
  readonly dispatch: (action: ClusterAction) => void;
  readonly log: Log;
  readonly env?: KubeconfigPlaces["env"];
  readonly times?: WatchTimes;
  readonly leaseTimes?: {
    readonly lingerMs?: number;
    readonly retryMs?: number;
    readonly heartbeatMs?: number;
  };
}

type Reply<T> = Promise<Result<T>>;

/** Watches the namespaces that were added, and reports agents with an open connection as servers. */
export class KubernetesSource implements ServerSource, ClusterGateway {
  readonly id = KUBERNETES_SOURCE_ID;
  readonly knowsPasswords = false;
  readonly #options: KubernetesSourceOptions;
  readonly #reporter = new SourceReporter();
  readonly #leases: AgentLeases;
  readonly #accesses = new Map<string, ClusterAccess>();
  readonly #logins = new ExecLogins();
  readonly #watches = new Map<
    string,
    { readonly ref: NamespaceRef; readonly watch: NamespaceWatch }
  >();
  readonly #ports: AgentPorts;
  #settings: KubernetesSettings;
  #loaded:
    | { readonly setting: string; readonly config: LoadedKubeconfig; readonly atMs: number }
    | undefined;
  #problems: readonly SourceProblem[] = [];
  #seen: State["clusters"] = new Map();
  #stopListening: () => void = () => undefined;

  constructor(options: KubernetesSourceOptions) {
    this.#options = options;
    this.#settings = options.settings;
    this.#leases = new AgentLeases({
      probe: options.probe,
      password: options.password,
      access: (clusterID) => this.#access(clusterID),
      isInCluster: (clusterID) => this.#isInCluster(clusterID),
      getState: options.getState,
      dispatch: options.dispatch,
      changed: () => {
        this.#report();
      },
      log: options.log,
      ...options.leaseTimes,
    });
    this.#ports = new AgentPorts(this.#leases, options.password);
  }

  start(listener: (report: SourceReport) => void): void {
    if (!this.#reporter.open(listener)) return;
    this.#stopListening = this.#options.onDidChange(() => {
      this.#noteState();
    });
    queueMicrotask(() => {
      this.setSettings(this.#settings);
    });
  }

  /** Applies the current settings: starts watching what was added, stops watching what was removed. */
  setSettings(settings: KubernetesSettings): void {
    const hasMoved = settings.kubeconfig !== this.#settings.kubeconfig;
    this.#settings = settings;
    if (!this.#reporter.isOpen()) return;
    const { namespaces, problems } = parseClusterSettings(settings.clusters);
    const wanted = new Set(namespaces.map(namespaceKey));
    for (const [key, { ref }] of [...this.#watches]) {
      if (hasMoved || !wanted.has(key)) this.#forget(key, ref);
    }
    if (hasMoved) this.#disposeAccesses();
    for (const ref of namespaces) this.#watch(ref);
    const config = this.#kubeconfig();
    this.#problems = [
      ...problems,
      ...config.problems.map((message): SourceProblem => ({
        subject: "kubeconfig",
        severity: "warning",
        message,
      })),
      ...namespaces
        .filter(({ clusterID }) => !config.contexts.some(({ name }) => name === clusterID))
        .map(({ clusterID }): SourceProblem => ({
          subject: clusterID,
          severity: "error",
          message: t`Your kubeconfig has no context “${clusterID}”, which the setting opencodeSessions.kubernetes.clusters refers to.`,
        })),
    ];
    this.#report();
  }

  async refresh(): Promise<void> {
    for (const access of this.#accesses.values()) access.retry();
    await Promise.all([...this.#watches.values()].map(({ watch }) => watch.refresh()));
  }

  async dispose(): Promise<void> {
    this.#reporter.close();
    this.#stopListening();
    for (const [key, { ref }] of [...this.#watches]) this.#forget(key, ref);
    await this.#ports.close(() => true);
    this.#leases.dispose();
    this.#disposeAccesses();
  }

  contexts(): readonly ClusterContext[] {
    return this.#kubeconfig().contexts;
  }

  problems(): readonly string[] {
    return this.#kubeconfig().problems;
  }

  scan(context: string, candidates: readonly string[], signal: AbortSignal): Reply<ScanResult> {
    return this.#with(context, (access) => scan(access, candidates, signal));
  }

  open(agent: ClusterRef): void {
    this.#leases.want(agent, "person");
  }

  close(agent: ClusterRef): void {
    this.#leases.release(agent, "person");
  }

  createTask(at: NamespaceRef, input: TaskInput): Reply<string> {
    return this.#with(at.clusterID, (access) =>
      create(access, at, taskManifest(at.namespace, input)),
    );
  }

  createFromManifest(at: NamespaceRef, manifest: string): Reply<readonly string[]> {
    return this.#with(at.clusterID, (access) => createAll(access, at, manifest));
  }

  stopTask(task: ClusterRef): Reply<undefined> {
    return this.#with(task.clusterID, (access) => annotate(access, task, STOP_ANNOTATION));
  }

  suspend(object: ClusterRef, isSuspended: boolean): Reply<undefined> {
    return this.#with(object.clusterID, (access) =>
      patch(access, object, { spec: { suspend: isSuspended } }),
    );
  }

  trigger(cronTask: ClusterRef): Reply<undefined> {
    return this.#with(cronTask.clusterID, (access) =>
      annotate(access, cronTask, TRIGGER_ANNOTATION),
    );
  }

  remove(object: ClusterRef): Reply<undefined> {
    return this.#with(object.clusterID, (access) => remove(access, object));
  }

  followLogs(
    object: ClusterRef,
    write: (text: string) => void,
    signal: AbortSignal,
  ): Reply<undefined> {
    const namespace = this.#namespace(object);
    const known =
      object.kind === "tasks"
        ? namespace?.tasks.get(object.name)
        : namespace?.agents.get(object.name);
    return this.#with(object.clusterID, (access) =>
      followLogs(access, object, known, write, signal),
    );
  }

  forwardPort(agent: ClusterRef, port: number): Reply<ForwardedPort> {
    return port === this.#portOf(agent)
      ? this.#ports.openGuarded(agent, port, "forward")
      : this.#with(agent.clusterID, (access) => this.#ports.openPlain(access, agent, port));
  }

  attach(agent: ClusterRef): Reply<ForwardedPort> {
    return this.#ports.openGuarded(agent, this.#portOf(agent), "attach");
  }

  forwards(): readonly ForwardedPort[] {
    return this.#ports.forwards();
  }

  async closeForward(url: string): Promise<void> {
    await this.#ports.close((port) => port.url === url);
  }

  /** The `fetch` for an agent's server; undefined where its address is reached directly. */
  fetchOf({ serverID }: Endpoint): typeof fetch | undefined {
    return this.#leases.fetchOf(serverID);
  }

  /** Closes all connections to an agent that is gone. */
  #forgetAgent(ref: NamespaceRef & { readonly name: string }): void {
    this.#leases.drop(ref);
    void this.#ports.close(({ agent }) => agentServerID(agent) === agentServerID(ref));
  }

  /** The port of an agent's OpenCode server. */
  #portOf(ref: ClusterRef): number {
    return this.#namespace(ref)?.agents.get(ref.name)?.port ?? 0;
  }

  #with<T>(context: string, call: (access: ClusterAccess) => Reply<T>): Reply<T> {
    const access = this.#access(context);
    return access === undefined
      ? Promise.resolve(
          failed(new ServerError("notFound", t`the kubeconfig has no context “${context}”`)),
        )
      : call(access);
  }

  /** The current kubeconfig; read once for concurrent callers. */
  #kubeconfig(): LoadedKubeconfig {
    const setting = this.#settings.kubeconfig;
    const known = this.#loaded;
    if (known?.setting === setting && performance.now() - known.atMs < SAME_MOMENT_MS) {
      return known.config;
    }
    const config = loadKubeconfig({
      setting,
      env: this.#options.env ?? process.env,
      home: homedir(),
    });
    this.#loaded = { setting, config, atMs: performance.now() };
    return config;
  }

  #access(context: string): ClusterAccess | undefined {
    let access = this.#accesses.get(context);
    if (access === undefined) {
      access = new ClusterAccess(context, () => this.#kubeconfig().configOf(context), {
        logins: this.#logins,
      });
      this.#accesses.set(context, access);
    }
    return access;
  }

  /** Whether this process runs in a pod of that same cluster, where cluster-internal names resolve correctly. */
  #isInCluster(clusterID: string): boolean {
    const host = (this.#options.env ?? process.env)["KUBERNETES_SERVICE_HOST"];
    if (host === undefined) return false;
    if (clusterID === IN_CLUSTER_CONTEXT) return true;
    const server = this.contexts().find(({ name }) => name === clusterID)?.server ?? "";
    return server.includes(`//${host}`) || server.includes("//kubernetes.default");
  }

  #namespace(ref: NamespaceRef): NamespaceState | undefined {
    return this.#options.getState().clusters.get(namespaceKey(ref));
  }

  #watch(ref: NamespaceRef): void {
    const key = namespaceKey(ref);
    const access = this.#access(ref.clusterID);
    if (this.#watches.has(key) || access === undefined) return;
    const { dispatch, times } = this.#options;
    dispatch({ type: "namespace.found", ...ref });
    const watch = new NamespaceWatch({
      access,
      ...ref,
      dispatch,
      ...(times === undefined ? {} : { times }),
    });
    this.#watches.set(key, { ref, watch });
    watch.start();
  }

  #forget(key: string, ref: NamespaceRef): void {
    this.#watches.get(key)?.watch.stop();
    this.#watches.delete(key);
    this.#leases.dropAll(ref);
    void this.#ports.close(({ agent }) => namespaceKey(agent) === key);
    this.#options.dispatch({ type: "namespace.removed", ...ref });
  }

  #disposeAccesses(): void {
    for (const access of this.#accesses.values()) access.dispose();
    this.#accesses.clear();
  }

  /** Looks for tasks whose live cost is shown, and for agents that moved. */
  #noteState(): void {
    const { clusters } = this.#options.getState();
    if (clusters === this.#seen) return;
    const before = this.#seen;
    this.#seen = clusters;
    const running = new Map<string, NamespaceRef & { readonly name: string }>();
    for (const [key, { clusterID, namespace, tasks, agents }] of clusters) {
      for (const task of tasks.values()) {
        if (task.phase !== "Running" || task.agent === undefined) continue;
        if (agents.get(task.agent)?.isReady !== true) continue;
        const ref = { clusterID, namespace, name: task.agent };
        running.set(agentServerID(ref), ref);
      }
      const known = before.get(key)?.agents;
      if (known === agents) continue;
      for (const [name, agent] of agents) {
        const then = known?.get(name);
        if (then !== agent) this.#leases.noteAgent({ clusterID, namespace, name }, then, agent);
      }
      for (const name of known?.keys() ?? []) {
        if (!agents.has(name)) this.#forgetAgent({ clusterID, namespace, name });
      }
    }
    for (const ref of this.#leases.wanted("running")) {
      if (!running.has(agentServerID(ref))) this.#leases.release(ref, "running");
    }
    for (const ref of running.values()) this.#leases.want(ref, "running");
  }

  #report(): void {
    this.#reporter.report({ servers: this.#leases.servers(), problems: this.#problems });
  }
}
