import { t } from "../../core/language.ts";
import { trimEndOf } from "../../core/trim.ts";
import { createHash } from "node:crypto";
import type { ClusterAgent, NamespaceRef, Transport } from "../../core/state/cluster.ts";
import { TRANSPORTS } from "../../core/state/cluster.ts";
import { ServerError } from "../../core/errors.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { Probe } from "../source.ts";
import { DEFAULT_USERNAME } from "../source.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { AGENT_LABEL } from "./parseObjects.ts";
import { openPortForward, openServiceProxy, type Tunnel } from "./tunnels.ts";

/** An open connection to an agent's server. */
export interface AgentTunnel {
  readonly transport: Transport;
  /** Where `fetch` is defined, only reachable through it: no DNS resolves this host. */
  readonly url: string;
  /** Undefined for an address that is reached directly. */
  readonly fetch: typeof fetch | undefined;
  /** Anything else the user should know about it. */
  readonly note: string | undefined;
  close(): void;
}

export interface TunnelOptions {
  readonly access: ClusterAccess;
  readonly ref: NamespaceRef;
  readonly agent: ClusterAgent;
  readonly probe: Probe;
  /** The password for an address; fails where nothing may be sent there. */
  readonly password: (transport: Transport, url: string) => Promise<Result<string | undefined>>;
  /** What is denied in the namespace; undefined if unknown. */
  readonly denied: ReadonlySet<string> | undefined;
  /** Whether this process runs in that same cluster. */
  readonly isInCluster: boolean;
}

const LABELS: Readonly<Record<Transport, string>> = {
  direct: t("direct URL"),
  portForward: "port-forward",
  serviceProxy: t("service proxy"),
};

/** Opens the first route over which an agent's OpenCode answers. The error says why each route failed. */
export async function openAgentTunnel(
  options: TunnelOptions,
  signal: AbortSignal,
): Promise<Result<AgentTunnel>> {
  const reasons: string[] = [];
  let last: ServerError | undefined;
  let unencrypted: string | undefined;
  for (const transport of TRANSPORTS) {
    const opened = OPENERS[transport](options);
    if (opened === undefined) continue;
    if (!opened.ok) {
      reasons.push(`${LABELS[transport]}: ${opened.error.message}`);
      last = opened.error;
      continue;
    }
    const { url, tunnel } = opened.value;
    const password =
      transport === "serviceProxy" ? ok(undefined) : await options.password(transport, url);
    if (!password.ok) {
      // Kept in case no other route is open: the connection then says what the user must allow.
      unencrypted ??= url;
      reasons.push(`${LABELS[transport]}: ${password.error.message}`);
      continue;
    }
    const answer = await options.probe(
      { url, username: DEFAULT_USERNAME, password: password.value, fetch: tunnel?.fetch },
      signal,
    );
    const close = (): void => tunnel?.close();
    const isLocked = !answer.ok && answer.error.reason === "unauthorized";
    // A server that asks for a password exists; the connection will prompt for it.
    if (answer.ok || (isLocked && transport !== "serviceProxy")) {
      return ok({
        transport,
        url,
        fetch: tunnel?.fetch,
        note: noteOf(reasons),
        close,
      });
    }
    last = isLocked
      ? new ServerError(
          "unreachable",
          t("the agent requires a password, which the API server does not forward"),
        )
      : why(transport, answer.error, options.denied);
    reasons.push(`${LABELS[transport]}: ${last.message}`);
    close();
    if (signal.aborted) return failed(new ServerError("cancelled", "cancelled"));
  }
  if (unencrypted !== undefined) {
    return ok({
      transport: "direct",
      url: unencrypted,
      fetch: undefined,
      note: noteOf(reasons),
      close: () => undefined,
    });
  }
  const message =
    reasons.length === 0 ? t("there is no connection to the agent") : reasons.join("; ");
  return failed(new ServerError(last?.reason ?? "unreachable", message, { status: last?.status }));
}

/** Clusters from 1.35 on require one more verb for a port-forward, and refuse without saying so. */
function why(
  transport: Transport,
  error: ServerError,
  denied: ReadonlySet<string> | undefined,
): ServerError {
  const verb = "create pods/portforward";
  const isVerb = transport === "portForward" && error.status === 403 && denied?.has(verb) === true;
  return isVerb ? notAllowed([verb]) : error;
}

function notAllowed(missing: readonly string[]): ServerError {
  return new ServerError("unauthorized", t`not allowed (${missing.join(", ")})`, { status: 403 });
}

function noteOf(reasons: readonly string[]): string | undefined {
  return reasons.length === 0 ? undefined : reasons.join("; ");
}

interface Way {
  readonly url: string;
  readonly tunnel: Tunnel | undefined;
}

/** Opens a route; undefined where this kind of route doesn't exist. */
type Opener = (options: TunnelOptions) => Result<Way> | undefined;

const OPENERS: Readonly<Record<Transport, Opener>> = {
  direct: ({ agent: { url }, isInCluster }) => {
    // From outside, a cluster-internal name leads elsewhere, or to another cluster's agent.
    if (url === undefined || (!isInCluster && isClusterName(url))) return undefined;
    return ok({ url: trimEndOf(url, "/"), tunnel: undefined });
  },
  portForward: ({ access, ref, agent, denied }) => {
    const missing = ["get pods/portforward", "list pods"].filter((each) => denied?.has(each));
    if (missing.length > 0) return failed(notAllowed(missing));
    const tunnel = openPortForward({
      access,
      namespace: ref.namespace,
      labelSelector: `${AGENT_LABEL}=${agent.name}`,
      port: agent.port,
    });
    return ok({ url: tunnelURL(ref, agent), tunnel });
  },
  serviceProxy: ({ access, ref, agent, denied }) => {
    if (denied?.has("get services/proxy")) return failed(notAllowed(["get services/proxy"]));
    const tunnel = openServiceProxy({
      access,
      namespace: ref.namespace,
      service: agent.serviceName,
      port: agent.port,
    });
    return ok({ url: tunnelURL(ref, agent), tunnel });
  },
};

/** An agent's address for a tunnel's `fetch`: unique per agent, and never resolved (RFC 6761). */
function tunnelURL({ clusterID, namespace }: NamespaceRef, { name }: ClusterAgent): string {
  const cluster = createHash("sha256").update(clusterID).digest("hex").slice(0, 12);
  return `http://${name}.${namespace}.${cluster}.kubernetes.invalid`;
}

/** Whether only the cluster's own DNS can resolve an address. */
function isClusterName(url: string): boolean {
  try {
    return /\.svc(\.|$)/.test(new URL(url).hostname) || !new URL(url).hostname.includes(".");
  } catch {
    return true;
  }
}
