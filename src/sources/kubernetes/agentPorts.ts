import { t } from "../../core/language.ts";
import { agentServerID, type ClusterRef } from "../../core/state/cluster.ts";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import { type AgentLeases, endpointOf, type LeaseOptions } from "./agentLeases.ts";
import type { AgentTunnel } from "./agentTunnel.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import type { ForwardedPort } from "./clusterGateway.ts";
import { type GuardedPort, type LocalPort, openGuardedPort, openPlainPort } from "./localPorts.ts";
import { AGENT_LABEL } from "./parseObjects.ts";

/** What a port is for: the user's own use, or a program that attaches to the agent. */
export type PortUse = "forward" | "attach";

interface OpenPort {
  readonly forward: ForwardedPort;
  readonly local: LocalPort;
  readonly use: PortUse;
}

/** Local ports that lead to agents, each open until the user closes it. */
export class AgentPorts {
  readonly #open = new Map<string, OpenPort>();
  readonly #leases: AgentLeases;
  readonly #password: LeaseOptions["password"];

  constructor(leases: AgentLeases, password: LeaseOptions["password"]) {
    this.#leases = leases;
    this.#password = password;
  }

  /** Ports for the user's own use. */
  forwards(): readonly ForwardedPort[] {
    return [...this.#open.values()].flatMap(({ forward, use }) =>
      use === "forward" ? [forward] : [],
    );
  }

  /** Opens a port to any port of an agent's pod. Every program on this machine can use it. */
  async openPlain(
    access: ClusterAccess,
    agent: ClusterRef,
    port: number,
  ): Promise<Result<ForwardedPort>> {
    const known = this.#forwardOf(agent, port);
    if (known !== undefined) return ok(known);
    const { namespace, name } = agent;
    const labelSelector = `${AGENT_LABEL}=${name}`;
    const opened = await openPlainPort({ access, namespace, labelSelector, port });
    return opened.ok ? ok(this.#keep(agent, port, opened.value, "forward")) : opened;
  }

  /** Opens a port to an agent's OpenCode server, protected by its own password. */
  async openGuarded(agent: ClusterRef, port: number, use: PortUse): Promise<Result<ForwardedPort>> {
    const known = use === "forward" ? this.#forwardOf(agent, port) : undefined;
    if (known !== undefined) return ok(known);
    const reached = await this.#leases.reach(agent);
    if (!reached.ok) {
      this.#releaseUnused();
      return reached;
    }
    const opened = await this.#guard(agent, reached.value);
    if (opened.ok) return ok(this.#keep(agent, port, opened.value, use));
    this.#releaseUnused();
    return opened;
  }

  async #guard(agent: ClusterRef, way: AgentTunnel): Promise<Result<GuardedPort>> {
    const { url } = way;
    const fetch = this.#leases.fetchOf(agentServerID(agent));
    if (fetch === undefined) {
      const message = t`no port is needed: the agent is reached at ${url}`;
      return failed(new ServerError("rejected", message));
    }
    const password = await this.#password(endpointOf(agent, way));
    return password.ok ? openGuardedPort({ url, fetch, password: password.value }) : password;
  }

  /** Closes the ports for which `isOver` returns true. */
  async close(isOver: (port: ForwardedPort) => boolean): Promise<void> {
    const over = [...this.#open.values()].filter(({ forward }) => isOver(forward));
    for (const { forward } of over) this.#open.delete(forward.url);
    this.#releaseUnused();
    await Promise.all(over.map(({ local }) => local.close()));
  }

  #forwardOf(agent: ClusterRef, port: number): ForwardedPort | undefined {
    return this.forwards().find(
      (each) => agentServerID(each.agent) === agentServerID(agent) && each.port === port,
    );
  }

  #keep(
    agent: ClusterRef,
    port: number,
    local: LocalPort | GuardedPort,
    use: PortUse,
  ): ForwardedPort {
    const password = "password" in local ? local.password : undefined;
    const forward = { agent, port, url: local.url, password };
    this.#open.set(local.url, { forward, local, use });
    return forward;
  }

  /** Releases connections to agents that no port leads to any more. */
  #releaseUnused(): void {
    const needed = [...this.#open.values()].flatMap(({ forward: { agent, password } }) =>
      password === undefined ? [] : [agentServerID(agent)],
    );
    for (const agent of this.#leases.wanted("port")) {
      if (!needed.includes(agentServerID(agent))) this.#leases.release(agent, "port");
    }
  }
}
