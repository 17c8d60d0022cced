import type { ClusterAgent, NamespaceRef, Transport } from "../../core/cluster.ts";
import { TRANSPORTS } from "../../core/cluster.ts";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { Probe } from "../source.ts";
import { DEFAULT_USERNAME } from "../source.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { AGENT_LABEL } from "./parseObjects.ts";
import { openPortForward, type Tunnel } from "./portForward.ts";
import { openServiceProxy } from "./serviceProxy.ts";

/** An open way to an agent's server. */
export interface AgentTunnel {
  readonly transport: Transport;
  readonly url: string;
  /** What else a person should know of it. */
  readonly note: string | undefined;
  close(): Promise<void>;
}

export interface TunnelOptions {
  readonly access: ClusterAccess;
  readonly ref: NamespaceRef;
  readonly agent: ClusterAgent;
  readonly probe: Probe;
  readonly password: string | undefined;
  /** What may not be done in the namespace; undefined when that is not known. */
  readonly denied: ReadonlySet<string> | undefined;
  /** Whether this process runs in that very cluster. */
  readonly isInCluster: boolean;
}

const LABELS: Readonly<Record<Transport, string>> = {
  direct: "direct URL",
  portForward: "port-forward",
  serviceProxy: "service proxy",
};

/** Opens the first way to an agent's server by which OpenCode answers. Its error says why each of them failed. */
export async function openAgentTunnel(
  options: TunnelOptions,
  signal: AbortSignal,
): Promise<Result<AgentTunnel>> {
  const reasons: string[] = [];
  let last: ServerError | undefined;
  for (const transport of TRANSPORTS) {
    const opened = await OPENERS[transport](options);
    if (opened === undefined) continue;
    if (!opened.ok) {
      reasons.push(`${LABELS[transport]}: ${opened.error.message}`);
      last = opened.error;
      continue;
    }
    const tunnel = opened.value;
    const answer = await options.probe(
      { url: tunnel.url, username: DEFAULT_USERNAME, password: options.password },
      signal,
    );
    // A server that asks for a password is there; whoever connects asks for it.
    if (answer.ok || answer.error.reason === "unauthorized") {
      return ok({
        transport,
        url: tunnel.url,
        note: noteOf(transport, reasons),
        close: () => tunnel.close(),
      });
    }
    const why = tunnel.lastError() ?? answer.error;
    reasons.push(`${LABELS[transport]}: ${why.message}`);
    last = why;
    await tunnel.close();
    if (signal.aborted) return failed(new ServerError("cancelled", "cancelled"));
  }
  const message = reasons.length === 0 ? "there is no way to the agent" : reasons.join("; ");
  return failed(
    new ServerError(last?.reason ?? "unreachable", message, {
      ...(last?.status === undefined ? {} : { status: last.status }),
    }),
  );
}

function noteOf(transport: Transport, reasons: readonly string[]): string | undefined {
  const notes = [...reasons];
  if (transport === "serviceProxy") {
    notes.push(
      "the API server keeps passwords to itself: one would go in the address, where the cluster's audit log may show it",
    );
  }
  return notes.length === 0 ? undefined : notes.join("; ");
}

type Opener = (options: TunnelOptions) => Promise<Result<Tunnel> | undefined>;

const OPENERS: Readonly<Record<Transport, Opener>> = {
  direct: ({ agent: { url }, isInCluster }) => {
    // A name of the cluster's own leads elsewhere, or to another cluster's agent, from anywhere else.
    if (url === undefined || (!isInCluster && isClusterName(url))) {
      return Promise.resolve(undefined);
    }
    return Promise.resolve(
      ok({
        url: url.replace(/\/+$/, ""),
        lastError: () => undefined,
        close: () => Promise.resolve(),
      }),
    );
  },
  portForward: ({ access, ref, agent, denied }) => {
    const missing = ["get pods/portforward", "list pods"].filter((each) => denied?.has(each));
    if (missing.length > 0) return refused(missing);
    return openPortForward({
      access,
      namespace: ref.namespace,
      labelSelector: `${AGENT_LABEL}=${agent.name}`,
      port: agent.port,
    });
  },
  serviceProxy: ({ access, ref, agent, denied }) => {
    if (denied?.has("get services/proxy")) return refused(["get services/proxy"]);
    return openServiceProxy({
      access,
      namespace: ref.namespace,
      service: agent.serviceName,
      port: agent.port,
    });
  },
};

function refused(missing: readonly string[]): Promise<Result<Tunnel>> {
  return Promise.resolve(
    failed(new ServerError("unauthorized", `not allowed (${missing.join(", ")})`, { status: 403 })),
  );
}

/** Whether only the cluster's own name service knows an address. */
function isClusterName(url: string): boolean {
  try {
    return /\.svc(\.|$)/.test(new URL(url).hostname) || !new URL(url).hostname.includes(".");
  } catch {
    return true;
  }
}
