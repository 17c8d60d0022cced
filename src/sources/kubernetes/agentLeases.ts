import { t } from "../../core/language.ts";
import {
  type AgentLink,
  agentServerID,
  type ClusterAgent,
  type NamespaceRef,
  namespaceKey,
} from "../../core/state/cluster.ts";
import type { ClusterAction } from "../../core/state/clusterReducer.ts";
import type { Endpoint } from "../../core/state/endpoint.ts";
import { ServerError } from "../../core/errors.ts";
import { type Log, loggable } from "../../core/log.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { State } from "../../core/state/state.ts";
import { DEFAULT_USERNAME, type FoundServer, type Probe } from "../source.ts";
import { type AgentTunnel, openAgentTunnel } from "./agentTunnel.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { annotate } from "./clusterCalls.ts";
import { HEARTBEAT_ANNOTATION } from "./parseObjects.ts";

/**
 * Why a connection to an agent is needed: the user is looking at it, a task runs whose live cost is shown, or
 * a local port leads to it.
 */
export type LeaseReason = "person" | "running" | "port";

export interface LeaseOptions {
  readonly probe: Probe;
  readonly password: (endpoint: Endpoint) => Promise<Result<string | undefined>>;
  readonly access: (clusterID: string) => ClusterAccess | undefined;
  readonly isInCluster: (clusterID: string) => boolean;
  readonly getState: () => State;
  readonly dispatch: (action: ClusterAction) => void;
  /** Called when the set of reachable servers changes. */
  readonly changed: (servers: readonly FoundServer[]) => void;
  readonly log: Log;
  readonly lingerMs?: number;
  readonly retryMs?: number;
  readonly heartbeatMs?: number;
}

/** Limit on connections opened only for running tasks; those the user opens come on top. */
const MOST_AUTOMATIC = 8;
const MOST_IN_ALL = 24;
/** How long an unused connection is kept: rows are often collapsed and expanded again. */
const LINGER_MS = 30_000;
const RETRY_MS = 15_000;
/** KubeOpenCode considers an agent unattended after two minutes without a heartbeat. */
const HEARTBEAT_MS = 60_000;

type AgentRef = NamespaceRef & { readonly name: string };

interface Lease {
  readonly ref: AgentRef;
  /** Empty while the lease lingers. */
  readonly reasons: Set<LeaseReason>;
  readonly abort: AbortController;
  opening: Promise<void> | undefined;
  tunnel: AgentTunnel | undefined;
  linger: ReturnType<typeof setTimeout> | undefined;
  retry: ReturnType<typeof setTimeout> | undefined;
  heartbeat: ReturnType<typeof setInterval> | undefined;
}

/**
 * The open connections to agents, each kept as long as there is a reason for it. While one is open,
 * heartbeats mark the agent as attended, so that its standby does not suspend it. Owns the tunnels.
 */
export class AgentLeases {
  readonly #options: LeaseOptions;
  readonly #leases = new Map<string, Lease>();

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Requests a connection to an agent; false when too many are open already. */
  want(ref: AgentRef, reason: LeaseReason): boolean {
    const id = agentServerID(ref);
    let lease = this.#leases.get(id);
    if (lease === undefined) {
      const all = [...this.#leases.values()];
      const automatic = all.filter(({ reasons }) => !reasons.has("person")).length;
      if (all.length >= MOST_IN_ALL || (reason === "running" && automatic >= MOST_AUTOMATIC)) {
        return false;
      }
      lease = {
        ref,
        reasons: new Set(),
        abort: new AbortController(),
        opening: undefined,
        tunnel: undefined,
        linger: undefined,
        retry: undefined,
        heartbeat: undefined,
      };
      this.#leases.set(id, lease);
    }
    if (lease.reasons.has(reason)) return true;
    lease.reasons.add(reason);
    clearTimeout(lease.linger);
    void this.#open(lease);
    return true;
  }

  /** Requests a connection for a local port, and resolves with it once it is open. */
  async reach(ref: AgentRef): Promise<Result<AgentTunnel>> {
    if (!this.want(ref, "port")) {
      return failed(new ServerError("rejected", t("too many agents are connected already")));
    }
    const lease = this.#leases.get(agentServerID(ref));
    if (lease?.tunnel === undefined) await lease?.opening;
    if (lease?.tunnel !== undefined) return ok(lease.tunnel);
    const link = this.#options.getState().clusters.get(namespaceKey(ref))?.links.get(ref.name);
    const message =
      link?.kind === "failed" ? link.message : t("there is no connection to the agent");
    return failed(new ServerError("unreachable", message));
  }

  /** Drops this reason. A connection left without reasons is closed after a while. */
  release(ref: AgentRef, reason: LeaseReason): void {
    const lease = this.#leases.get(agentServerID(ref));
    if (lease === undefined || !lease.reasons.delete(reason) || lease.reasons.size > 0) return;
    clearTimeout(lease.linger);
    lease.linger = setTimeout(() => {
      this.drop(ref);
    }, this.#options.lingerMs ?? LINGER_MS);
  }

  /** Closes the connection now. */
  drop(ref: AgentRef): void {
    const id = agentServerID(ref);
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#leases.delete(id);
    this.#end(lease);
    this.#setLink(lease, undefined);
    this.#notify();
  }

  /** Closes the connections of a namespace that is no longer watched. */
  dropAll(of: NamespaceRef): void {
    for (const { ref } of [...this.#leases.values()]) {
      if (namespaceKey(ref) === namespaceKey(of)) this.drop(ref);
    }
  }

  /** Agents whose connection is requested for this reason. */
  wanted(reason: LeaseReason): readonly AgentRef[] {
    return [...this.#leases.values()].flatMap(({ ref, reasons }) =>
      reasons.has(reason) ? [ref] : [],
    );
  }

  /** Call when the agent changes: it may now be reachable, or have a new address. */
  noteAgent(ref: AgentRef, before: ClusterAgent | undefined, now: ClusterAgent): void {
    const lease = this.#leases.get(agentServerID(ref));
    if (lease === undefined) return;
    const hasMoved = before?.url !== now.url || before?.port !== now.port;
    const hasCome = before?.isReady !== true && now.isReady;
    if (hasMoved && lease.tunnel?.transport === "direct") {
      this.#close(lease);
      this.#notify();
    }
    if (hasMoved || hasCome) void this.#open(lease);
  }

  /** All servers reachable now. */
  servers(): readonly FoundServer[] {
    return [...this.#leases.values()].flatMap(({ ref, tunnel }) =>
      tunnel === undefined ? [] : [{ endpoint: endpointOf(ref, tunnel), password: undefined }],
    );
  }

  /** The `fetch` for an agent's server, over its current tunnel; undefined where none is needed. */
  fetchOf(serverID: string): typeof fetch | undefined {
    const current = (): typeof fetch | undefined => this.#leases.get(serverID)?.tunnel?.fetch;
    if (current() === undefined) return undefined;
    return (input, init) =>
      current()?.(input, init) ??
      Promise.reject(new ServerError("unreachable", t("the connection to the agent is closed")));
  }

  dispose(): void {
    for (const lease of this.#leases.values()) this.#end(lease);
    this.#leases.clear();
  }

  /** Opens the connection of a lease that has reasons but no tunnel; retries after a failure. */
  #open(lease: Lease): Promise<void> {
    if (lease.tunnel !== undefined || lease.reasons.size === 0) return Promise.resolve();
    clearTimeout(lease.retry);
    lease.opening ??= this.#openOnce(lease)
      .catch((cause: unknown) => failed(new ServerError("rejected", t("it failed"), { cause })))
      .then((result) => {
        lease.opening = undefined;
        this.#opened(lease, result);
      });
    return lease.opening;
  }

  async #openOnce(lease: Lease): Promise<Result<AgentTunnel> | undefined> {
    const { ref } = lease;
    const agent = this.#agent(ref);
    const access = this.#options.access(ref.clusterID);
    if (access === undefined) return undefined;
    if (agent === undefined || agent.isSuspended) {
      const message =
        agent === undefined
          ? t("the agent does not exist")
          : t("the agent is suspended: resume it");
      this.#setLink(lease, { kind: "failed", message });
      return undefined;
    }
    this.#setLink(lease, { kind: "opening" });
    return openAgentTunnel(
      {
        access,
        ref,
        agent,
        probe: this.#options.probe,
        password: (transport, url) => this.#options.password(endpointOf(ref, { transport, url })),
        denied: this.#options.getState().clusters.get(namespaceKey(ref))?.denied,
        isInCluster: this.#options.isInCluster(ref.clusterID),
      },
      lease.abort.signal,
    );
  }

  #opened(lease: Lease, result: Result<AgentTunnel> | undefined): void {
    if (result === undefined) return;
    if (this.#leases.get(agentServerID(lease.ref)) !== lease) {
      if (result.ok) result.value.close();
      return;
    }
    if (!result.ok) {
      const { message } = result.error;
      this.#options.log.info("kubernetes", `${lease.ref.name}: ${loggable(result.error)}`);
      this.#setLink(lease, { kind: "failed", message });
      lease.retry = setTimeout(() => {
        void this.#open(lease);
      }, this.#options.retryMs ?? RETRY_MS);
      return;
    }
    lease.tunnel = result.value;
    const { transport, note } = result.value;
    this.#options.log.info("kubernetes", `${lease.ref.name}: connected through ${transport}`);
    this.#setLink(lease, { kind: "open", transport, note });
    this.#notify();
    const beat = (): void => {
      void this.#beat(lease);
    };
    beat();
    lease.heartbeat = setInterval(beat, this.#options.heartbeatMs ?? HEARTBEAT_MS);
  }

  /** Marks the agent as attended. */
  async #beat({ ref }: Lease): Promise<void> {
    const access = this.#options.access(ref.clusterID);
    const namespace = this.#options.getState().clusters.get(namespaceKey(ref));
    if (access === undefined || namespace?.denied?.has("patch agents") === true) return;
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const agent = { ...ref, kind: "agents" } as const;
    const answer = await annotate(access, agent, HEARTBEAT_ANNOTATION, now);
    if (!answer.ok) {
      this.#options.log.warn("kubernetes", `${ref.name}: no heartbeat, ${loggable(answer.error)}`);
    }
  }

  #agent(ref: AgentRef): ClusterAgent | undefined {
    return this.#options.getState().clusters.get(namespaceKey(ref))?.agents.get(ref.name);
  }

  #setLink({ ref }: Lease, link: AgentLink | undefined): void {
    const { clusterID, namespace, name } = ref;
    this.#options.dispatch({
      type: "agentLink.changed",
      clusterID,
      namespace,
      agent: name,
      ...(link === undefined ? {} : { link }),
    });
  }

  #notify(): void {
    this.#options.changed(this.servers());
  }

  #close(lease: Lease): void {
    clearInterval(lease.heartbeat);
    const { tunnel } = lease;
    lease.tunnel = undefined;
    tunnel?.close();
  }

  #end(lease: Lease): void {
    clearTimeout(lease.linger);
    clearTimeout(lease.retry);
    lease.abort.abort();
    this.#close(lease);
  }
}

/** The endpoint of an agent's server, at the address a connection gives it. */
export function endpointOf(
  ref: AgentRef,
  { transport, url }: Pick<AgentTunnel, "transport" | "url">,
): Endpoint {
  return {
    serverID: agentServerID(ref),
    url,
    name: `${ref.name} (${ref.namespace})`,
    origin: "kubernetes",
    username: DEFAULT_USERNAME,
    directory: undefined,
    pid: undefined,
    isTunnel: transport !== "direct",
  };
}
