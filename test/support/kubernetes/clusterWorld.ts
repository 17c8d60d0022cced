import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { passwordKey } from "../../../src/core/credentialPolicy.ts";
import { ok } from "../../../src/core/result.ts";
import { namespaceKey, type NamespaceState } from "../../../src/core/state/cluster.ts";
import type { Endpoint } from "../../../src/core/state/endpoint.ts";
import type { State } from "../../../src/core/state/state.ts";
import { detectServer } from "../../../src/server/detectServer.ts";
import {
  KubernetesSource,
  type KubernetesSourceOptions,
} from "../../../src/sources/kubernetes/kubernetesSource.ts";
import type { SourceReport } from "../../../src/sources/source.ts";
import type { KubernetesDouble } from "./kubernetesDouble/startKubernetesDouble.ts";
import { startPool, type TestPool } from "../opencode/pool.ts";

/** Fast enough for a test, with a distinct time for each limit. */
export const FAST_WATCHES = {
  watchSeconds: 5,
  graceMs: 1000,
  silenceMs: 400,
  settleMs: 10,
  firstDelayMs: 20,
  longestDelayMs: 200,
  reviewMs: 300,
};

/** A store, a pool and the Kubernetes source, wired as in the extension. */
export interface ClusterWorld extends TestPool {
  readonly source: KubernetesSource;
  /** The source's last report. */
  readonly report: () => SourceReport | undefined;
  /** Resolves with the first result of `look` for the namespace that isn't undefined. */
  untilNamespace<T>(
    look: (namespace: NamespaceState) => T | undefined,
    what: string,
    at?: { readonly context?: string; readonly namespace?: string },
  ): Promise<T>;
  readonly endpointURL: (serverID: string) => string | undefined;
  readonly kubeconfigFile: string;
}

export interface ClusterWorldOptions {
  /** The kubeconfig's text. */
  readonly kubeconfig: string;
  /** Default: context `double`, namespace `dev`. */
  readonly clusters?: unknown;
  readonly source?: Partial<KubernetesSourceOptions>;
  readonly passwords?: ReadonlyMap<string, string>;
}

export function startClusterWorld(options: ClusterWorldOptions): ClusterWorld {
  const folder = mkdtempSync(join(tmpdir(), "kubeconfig-"));
  const file = join(folder, "config");
  writeFileSync(file, options.kubeconfig);
  const passwords = options.passwords ?? new Map<string, string>();
  const passwordOf = (endpoint: Endpoint) => Promise.resolve(passwords.get(passwordKey(endpoint)));
  const test = startPool([], passwords, passwordOf, undefined, (endpoint) =>
    Promise.resolve(source.fetchOf(endpoint)),
  );
  let report: SourceReport | undefined;
  const note = (component: string, message: string): void => {
    (test.log as string[]).push(`[${component}] ${message}`);
  };
  const source = new KubernetesSource({
    settings: {
      clusters: options.clusters ?? [{ context: "double", namespaces: ["dev"] }],
      kubeconfig: file,
    },
    probe: async (access, signal) => detectServer(access, signal),
    password: async (endpoint) => ok(await passwordOf(endpoint)),
    getState: () => test.store.state,
    onDidChange: (listener) => test.store.onDidChange(listener),
    dispatch: test.store.dispatch,
    log: { trace: note, debug: note, info: note, warn: note, error: note },
    env: {},
    times: FAST_WATCHES,
    leaseTimes: { lingerMs: 100, retryMs: 200, heartbeatMs: 300 },
    ...options.source,
  });
  source.start((next) => {
    report = next;
    test.pool.setEndpoints(next.servers.map(({ endpoint }) => endpoint));
  });
  return {
    ...test,
    source,
    kubeconfigFile: file,
    report: () => report,
    endpointURL: (serverID) => test.store.state.servers.get(serverID)?.endpoint.url,
    untilNamespace: (look, what, { context = "double", namespace = "dev" } = {}) =>
      test.until((state: State) => {
        const found = state.clusters.get(namespaceKey({ clusterID: context, namespace }));
        return found === undefined ? undefined : look(found);
      }, what),
    stop: async () => {
      await source.dispose();
      await test.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The address a local server listens on, for use as an address in the double's cluster. */
export function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}

/** A task with this phase and session, as the controller would leave it. */
export function addTask(
  double: KubernetesDouble,
  name: string,
  options: {
    readonly namespace?: string;
    readonly agent?: string;
    readonly template?: string;
    readonly description?: string;
    readonly spec?: Readonly<Record<string, unknown>>;
    readonly status?: Record<string, unknown>;
    readonly labels?: Record<string, string>;
  } = {},
): string {
  const { namespace = "dev", agent = "coder", template, status, labels } = options;
  const created = double.create("tasks", {
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    spec: {
      description: options.description ?? `Do ${name}`,
      ...(template === undefined
        ? { agentRef: { name: agent } }
        : { templateRef: { name: template } }),
      ...options.spec,
    },
  });
  if (status !== undefined) double.setStatus("tasks", namespace, name, status);
  return `kubeopencode/${namespace}/${name}/${String(created.metadata.uid).slice(0, 8)}`;
}
