import * as vscode from "vscode";

import { isReadableInTransit, passwordKey } from "../core/credentialPolicy.ts";
import type { CommandContext } from "../commands/commandContext.ts";
import { failed } from "../core/result.ts";
import { DEMO_SERVER_ID, type Endpoint } from "../core/state/endpoint.ts";
import { LazyUsage } from "../history/lazyUsage.ts";
import type { KeptTreeFile } from "../keptTree.ts";
import type { Configuration, Settings } from "../platform/configuration.ts";

import { ServerCredentials } from "../platform/secrets.ts";
import type { SettingKey } from "../platform/settings.ts";
import { detectServer } from "../server/detectServer.ts";
import { ServerPool } from "../server/serverPool.ts";
import {
  controlDemo,
  controlManagedServer,
  controlService,
  createSources,
  startManagedServer,
  updateProgramKey,
} from "../serverControls.ts";
import type { KubernetesSource } from "../sources/kubernetes/kubernetesSource.ts";
import { SwitchableSource } from "../sources/switchableSource.ts";
import { ProblemNotice } from "../views/notices/problemNotice.ts";
import type { WindowState } from "./createState.ts";

/** The servers of a window: where they are looked for, the connections to them, and what they used. */
export interface WindowServers {
  readonly pool: ServerPool;
  readonly usage: LazyUsage;
  readonly controls: Pick<
    CommandContext,
    "servers" | "managedServer" | "demo" | "service" | "clusters"
  >;
  /** The source of clusters, if it is loaded. */
  loadedClusters(): Promise<KubernetesSource> | undefined;
  /** The password of a server, if one may be sent to it. */
  readonly passwordOf: (endpoint: Endpoint) => Promise<string | undefined>;
  /** Starts looking for servers. `onDidLook` is called once all places have been searched. */
  start(onDidLook: () => void): Promise<void>;
  dispose(): Promise<void>;
}

/** Connects the sources of servers to the pool that talks to them. Contacts nothing before `start`. */
export function createServers(
  context: vscode.ExtensionContext,
  { store, configuration, passwords, contextKeys, treeOptions, turns, log }: WindowState,
): WindowServers {
  let clusterSource: Promise<KubernetesSource> | undefined;
  const loadClusters = (): Promise<KubernetesSource> =>
    (clusterSource ??= import("../clusters.ts").then(({ createClusters }) =>
      createClusters({ store, treeOptions, configuration, credentials, log }),
    ));
  const clusters = new SwitchableSource("kubernetes", hasClusters(configuration), loadClusters);
  const found = createSources(context, configuration, clusters);
  const { sources } = found;
  const credentials = new ServerCredentials({
    known: (endpoint) => sources.passwordOf(endpoint),
    passwords,
    allowedPlainHTTP: () => configuration.read().allowedPlainHTTP,
    tunnel: async (endpoint) => (await clusterSource)?.fetchOf(endpoint),
  });
  const passwordOf: WindowServers["passwordOf"] = async (endpoint) => {
    const password = await credentials.password(endpoint);
    return password.ok ? password.value : undefined;
  };
  const usage: LazyUsage = new LazyUsage({
    log,
    load: async () => (await import("../usage.ts")).loadUsage({ context, store, pool, turns, log }),
    maintenance: async () =>
      (await import("../usage.ts")).createMaintenance(
        { context, store, pool, log, credentials },
        usage,
      ),
  });
  const pool = new ServerPool({
    dispatch: (action) => {
      store.dispatch(action);
      if (!("serverID" in action) || action.serverID !== DEMO_SERVER_ID) usage.onAction(action);
    },
    getState: () => store.state,
    credentials,
    log,
  });
  const managedServer = controlManagedServer(found.managed, sources, contextKeys);
  const demo = controlDemo(found.demo, sources, contextKeys);
  const problems = new ProblemNotice(log, context.globalState);
  const showProblems = (): void => {
    const wrong = configuration.read().problems.map(({ key, message }) => {
      return { subject: `opencodeSessions.${key}`, severity: "error", message } as const;
    });
    problems.update([...wrong, ...sources.problems()]);
  };
  const reconnectWhere = (isAffected: (endpoint: Endpoint) => boolean): void => {
    for (const [serverID, { endpoint }] of store.state.servers) {
      if (isAffected(endpoint)) pool.reconnect(serverID);
    }
  };
  const apply = (settings: Settings, changed: ReadonlySet<SettingKey>): void => {
    if (changed.has("servers")) found.settings.setValue(settings.servers);
    if (changed.has("opencodePath")) void updateProgramKey(configuration, contextKeys);
    if (changed.has("allowedPlainHttp")) reconnectWhere(isReadableInTransit);
    if (changed.has("tree.rowParts") || changed.has("tree.titleLength")) {
      treeOptions.setShown(settings);
    }
    if (changed.has("localDiscovery.enabled")) {
      for (const source of found.onThisMachine) source.switch(settings.isLocalDiscoveryEnabled);
    }
    if (changed.has("kubernetes.clusters") || changed.has("kubernetes.kubeconfig")) {
      const isOn = hasClusters(configuration);
      clusters.switch(isOn);
      if (!isOn) clusterSource = undefined;
      void clusterSource?.then((source) => {
        source.setSettings(settings.kubernetes);
      });
    }
    showProblems();
    usage.settingsChanged();
  };
  const startManaged = (): void => {
    startManagedServer(managedServer, configuration, sources, log);
  };
  const listeners = vscode.Disposable.from(
    passwords.onDidChange((url) => {
      reconnectWhere((endpoint) => passwordKey(endpoint) === url);
    }),
    configuration.onDidChange((changed) => {
      apply(configuration.read(), changed);
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(startManaged),
  );
  let keptTree: Promise<KeptTreeFile> | undefined;
  return {
    pool,
    usage,
    controls: {
      servers: {
        gateway: (serverID) => pool.gateway(serverID),
        reconnect: (serverID) => {
          pool.reconnect(serverID);
        },
        refresh: async () => {
          await Promise.all([sources.refresh(), pool.refresh()]);
        },
        detect: async (endpoint, password, signal) => {
          const refusal = credentials.refusal(endpoint);
          if (refusal !== undefined) return failed(refusal);
          const { url, username } = endpoint;
          const fetch = await credentials.fetch(endpoint);
          return detectServer({ url, username, password, fetch }, signal);
        },
        passwordOf,
        watch: (ref) => pool.watch(ref),
      },
      managedServer,
      demo,
      service: controlService(configuration, sources),
      clusters: { gateway: loadClusters },
    },
    loadedClusters: () => clusterSource,
    passwordOf,
    start: async (onDidLook) => {
      keptTree = import("../keptTree.ts").then(({ restoreTree }) =>
        restoreTree(context.globalStorageUri.fsPath, store, log),
      );
      sources.onDidChange((endpoints) => {
        pool.setEndpoints(endpoints);
        managedServer.update();
        demo.update();
        showProblems();
      });
      showProblems();
      sources.start();
      await Promise.all([sources.whenLooked(), updateProgramKey(configuration, contextKeys)]);
      onDidLook();
      startManaged();
      const found = new Set(sources.endpoints().map(({ serverID }) => serverID));
      (await keptTree).forgetAllBut(found);
    },
    dispose: async () => {
      listeners.dispose();
      await (await keptTree)?.dispose();
      await Promise.all([pool.dispose(), sources.dispose(), usage.dispose()]);
    },
  };
}

/** Whether any namespaces of clusters should be watched: otherwise nothing for clusters is loaded. */
function hasClusters(configuration: Configuration): boolean {
  return configuration.read().kubernetes.clusters.length > 0;
}
