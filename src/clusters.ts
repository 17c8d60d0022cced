/**
 * The front door of Kubernetes clusters: connects their watchers to the store and the tree once a cluster is
 * configured or requested; only the front door imports it.
 */
import type { Store } from "./core/state/store.ts";
import type { Configuration } from "./platform/configuration.ts";
import type { OutputLog } from "./platform/log.ts";
import type { ServerCredentials } from "./platform/secrets.ts";
import { detectServer } from "./server/detectServer.ts";
import type { KubernetesSource } from "./sources/kubernetes/kubernetesSource.ts";
import { clusterBranch } from "./viewModels/cluster/clusterBranch.ts";
import type { TreeOptionsState } from "./views/tree/treeOptions.ts";

export interface ClusterOptions {
  readonly store: Store;
  readonly treeOptions: TreeOptionsState;
  readonly configuration: Configuration;
  readonly credentials: ServerCredentials;
  readonly log: OutputLog;
}

/** Creates the source of clusters, with their rows in the tree. It contacts nothing before it is started. */
export async function createClusters(options: ClusterOptions): Promise<KubernetesSource> {
  const { store, treeOptions, configuration, credentials, log } = options;
  const { KubernetesSource } = await import("./sources/kubernetes/kubernetesSource.ts");
  treeOptions.setBranch(clusterBranch);
  return new KubernetesSource({
    settings: configuration.read().kubernetes,
    probe: detectServer,
    password: (endpoint) => credentials.password(endpoint),
    getState: () => store.state,
    onDidChange: (listener) => store.onDidChange(listener),
    dispatch: store.dispatch,
    log,
  });
}
