/**
 * The front door of Kubernetes clusters: connects what watches them to the store and the tree. A bundle of its
 * own, loaded when a cluster is configured or asked for; only `extension.ts` imports it.
 */
import type { Store } from "./core/store.ts";
import type { Configuration } from "./platform/configuration.ts";
import type { OutputLog } from "./platform/log.ts";
import type { Passwords } from "./platform/secrets.ts";
import { passwordKey } from "./core/endpoint.ts";
import { detectServer } from "./server/detectServer.ts";
import type { KubernetesSource } from "./sources/kubernetes/kubernetesSource.ts";
import { clusterBranch } from "./viewModels/clusterBranch.ts";
import type { TreeOptionsState } from "./views/treeOptions.ts";

export interface ClusterOptions {
  readonly store: Store;
  readonly treeOptions: TreeOptionsState;
  readonly configuration: Configuration;
  readonly passwords: Passwords;
  readonly log: OutputLog;
}

/** Makes the source of clusters, with their rows in the tree. It contacts nothing before it is started. */
export async function createClusters(options: ClusterOptions): Promise<KubernetesSource> {
  const { store, treeOptions, configuration, passwords, log } = options;
  const { KubernetesSource } = await import("./sources/kubernetes/kubernetesSource.ts");
  treeOptions.setBranch(clusterBranch);
  return new KubernetesSource({
    settings: configuration.read().kubernetes,
    probe: detectServer,
    password: (endpoint) => passwords.get(passwordKey(endpoint)),
    getState: () => store.state,
    onDidChange: (listener) => store.onDidChange(listener),
    dispatch: store.dispatch,
    log,
  });
}
