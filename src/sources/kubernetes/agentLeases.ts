import {
  type AgentLink,
  agentServerID,
  type ClusterAgent,
  type NamespaceRef,
  namespaceKey,
} from "../../core/cluster.ts";
import type { ClusterAction } from "../../core/clusterReducer.ts";
import type { Endpoint } from "../../core/endpoint.ts";
import type { Log } from "../../core/log.ts";
import type { State } from "../../core/state.ts";
import { DEFAULT_USERNAME, type FoundServer, type Probe } from "../source.ts";
import { type AgentTunnel, openAgentTunnel } from "./agentTunnel.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { API_ROOT } from "./namespaceWatch.ts";
import { HEARTBEAT_ANNOTATION } from "./parseObjects.ts";

/** Why somebody wants the way to an agent: a person looks at it, or a task runs whose live cost is shown. */
export type LeaseReason = "person" | "running";

export interface LeaseOptions {
  readonly probe: Probe;
  readonly password: (endpoint: Endpoint) => Promise<string | undefined>;
  readonly access: (clusterID: string) => ClusterAccess | undefined;
  readonly isInCluster: (clusterID: string) => boolean;
  readonly getState: () => State;
  readonly dispatch: (action: ClusterAction) => void;
  /** The servers that can be reached have changed. */
  readonly changed: (servers: readonly FoundServer[]) => void;
  readonly log: Log;
  readonly lingerMs?: number;
  readonly retryMs?: number;
  readonly heartbeatMs?: number;
}

/** Ways that are open only for running tasks; a person's are on top of that. */
const MOST_AUTOMATIC = 8;
const MOST_IN_ALL = 24;
/** A way nobody wants any more stays so long: rows are closed and opened again. */
const LINGER_MS = 30_000;
const RETRY_MS = 15_000;
/** KubeOpenCode takes an agent for unattended after two minutes without. */
const HEARTBEAT_MS = 60_000;

type AgentRef = NamespaceRef & { readonly name: string };

interface Lease {
  readonly ref: AgentRef;
  readonly reasons: Set<LeaseReason>;
  readonly abort: AbortController;
  tunnel: AgentTunnel | undefined;
  timer: ReturnType<typeof setTimeout> | undefined;
  heartbeat: ReturnType<typeof setInterval> | undefined;
}

/**
 * The ways to agents that are open, each as long as somebody wants it. While one is open the agent is told
 * that it is attended, so that its standby does not suspend it. Owns the tunnels.
 */
export class AgentLeases {
  readonly #options: LeaseOptions;
  readonly #leases = new Map<string, Lease>();

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** Wants the way to an agent; false when there are too many already. */
  want(ref: AgentRef, reason: LeaseReason): boolean {
    const id = agentServerID(ref);
    const known = this.#leases.get(id);
    if (known !== undefined) {
      if (known.reasons.has(reason)) return true;
      known.reasons.add(reason);
      clearTimeout(known.timer);
      if (known.tunnel === undefined) void this.#open(known);
      return true;
    }
    const all = [...this.#leases.values()];
    const automatic = all.filter(({ reasons }) => !reasons.has("person")).length;
    if (all.length >= MOST_IN_ALL || (reason === "running" && automatic >= MOST_AUTOMATIC)) {
      return false;
    }
    const lease: Lease = {
      ref,
      reasons: new Set([reason]),
      abort: new AbortController(),
      tunnel: undefined,
      timer: undefined,
      heartbeat: undefined,
    };
    this.#leases.set(id, lease);
    void this.#open(lease);
    return true;
  }

  /** Wants it no longer for this reason. Without any, the way is closed after a while. */
  release(ref: AgentRef, reason: LeaseReason): void {
    const lease = this.#leases.get(agentServerID(ref));
    if (lease === undefined || !lease.reasons.delete(reason) || lease.reasons.size > 0) return;
    clearTimeout(lease.timer);
    lease.timer = setTimeout(() => {
      this.drop(ref);
    }, this.#options.lingerMs ?? LINGER_MS);
  }

  /** Closes the way now. */
  drop(ref: AgentRef): void {
    const id = agentServerID(ref);
    const lease = this.#leases.get(id);
    if (lease === undefined) return;
    this.#leases.delete(id);
    void this.#end(lease);
    this.#setLink(lease, undefined);
    this.#tell();
  }

  /** Closes the ways of a namespace that is watched no longer. */
  dropAll(of: NamespaceRef): void {
    for (const { ref } of [...this.#leases.values()]) {
      if (namespaceKey(ref) === namespaceKey(of)) this.drop(ref);
    }
  }

  /** Agents whose way is wanted for a reason. */
  wanted(reason: LeaseReason): readonly AgentRef[] {
    return [...this.#leases.values()].flatMap(({ ref, reasons }) =>
      reasons.has(reason) ? [ref] : [],
    );
  }

  /** The agent has changed: it may be reachable now, or at another address. */
  noteAgent(ref: AgentRef, before: ClusterAgent | undefined, now: ClusterAgent): void {
    const lease = this.#leases.get(agentServerID(ref));
    if (lease === undefined) return;
    const hasMoved = before?.url !== now.url || before?.port !== now.port;
    const hasCome = before?.isReady !== true && now.isReady;
    if (hasMoved && lease.tunnel?.transport === "direct") {
      this.#close(lease);
      void this.#open(lease);
    } else if (lease.tunnel === undefined && (hasMoved || hasCome)) void this.#open(lease);
  }

  /** All that can be reached now. */
  servers(): readonly FoundServer[] {
    return [...this.#leases.values()].flatMap(({ ref, tunnel }) =>
      tunnel === undefined ? [] : [{ endpoint: endpointOf(ref, tunnel.url), password: undefined }],
    );
  }

  async dispose(): Promise<void> {
    const leases = [...this.#leases.values()];
    this.#leases.clear();
    await Promise.all(leases.map((lease) => this.#end(lease)));
  }

  async #open(lease: Lease): Promise<void> {
    clearTimeout(lease.timer);
    const { ref } = lease;
    const agent = this.#agent(ref);
    const access = this.#options.access(ref.clusterID);
    if (access === undefined) return;
    if (agent === undefined || agent.isSuspended) {
      const message =
        agent === undefined ? "the agent does not exist" : "the agent is suspended: resume it";
      this.#setLink(lease, { kind: "failed", message });
      return;
    }
    this.#setLink(lease, { kind: "opening" });
    const opened = await openAgentTunnel(
      {
        access,
        ref,
        agent,
        probe: this.#options.probe,
        password: await this.#options.password(endpointOf(ref, agent.url ?? "")),
        denied: this.#options.getState().clusters.get(namespaceKey(ref))?.denied,
        isInCluster: this.#options.isInCluster(ref.clusterID),
      },
      lease.abort.signal,
    );
    const isWanted = this.#leases.get(agentServerID(ref)) === lease && lease.tunnel === undefined;
    if (!isWanted) {
      if (opened.ok) await opened.value.close();
      return;
    }
    if (!opened.ok) {
      this.#options.log.info("kubernetes", `${ref.name}: ${opened.error.message}`);
      this.#setLink(lease, { kind: "failed", message: opened.error.message });
      lease.timer = setTimeout(() => {
        void this.#open(lease);
      }, this.#options.retryMs ?? RETRY_MS);
      return;
    }
    lease.tunnel = opened.value;
    const { transport, note } = opened.value;
    this.#options.log.info("kubernetes", `${ref.name}: reached by ${transport}`);
    this.#setLink(lease, { kind: "open", transport, note });
    this.#tell();
    const beat = (): void => {
      void this.#beat(lease, access);
    };
    beat();
    lease.heartbeat = setInterval(beat, this.#options.heartbeatMs ?? HEARTBEAT_MS);
  }

  /** Tells the agent that somebody is attached. */
  async #beat({ ref }: Lease, access: ClusterAccess): Promise<void> {
    const namespace = this.#options.getState().clusters.get(namespaceKey(ref));
    if (namespace?.denied?.has("patch agents") === true) return;
    const annotations = {
      [HEARTBEAT_ANNOTATION]: new Date().toISOString().replace(/\.\d+Z$/, "Z"),
    };
    const answer = await access.request({
      method: "PATCH",
      path: `${API_ROOT}/namespaces/${ref.namespace}/agents/${ref.name}`,
      contentType: "application/merge-patch+json",
      body: { metadata: { annotations } },
    });
    if (!answer.ok) {
      this.#options.log.warn("kubernetes", `${ref.name}: no heartbeat, ${answer.error.message}`);
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

  #tell(): void {
    this.#options.changed(this.servers());
  }

  #close(lease: Lease): void {
    clearInterval(lease.heartbeat);
    const { tunnel } = lease;
    lease.tunnel = undefined;
    void tunnel?.close();
  }

  async #end(lease: Lease): Promise<void> {
    clearTimeout(lease.timer);
    clearInterval(lease.heartbeat);
    lease.abort.abort();
    await lease.tunnel?.close();
  }
}

function endpointOf(ref: AgentRef, url: string): Endpoint {
  return {
    serverID: agentServerID(ref),
    url,
    name: `${ref.name} (${ref.namespace})`,
    origin: "kubernetes",
    username: DEFAULT_USERNAME,
    directory: undefined,
    pid: undefined,
  };
}
