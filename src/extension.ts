/**
 * The front door: builds the rooms and connects them. Decides nothing, waits for nothing; nothing imports it.
 */
import * as vscode from "vscode";

import type { OpenCodeSessionsAPI } from "./agents/publicAPI.ts";
import { loadSetup } from "./agents/loadSetup.ts";
import { exportedCalls, registerAgents } from "./agents/registerAgents.ts";
import type { CommandContext } from "./commands/commandContext.ts";
import { registerCommands } from "./commands/registerCommands.ts";
import { SessionTerminals } from "./commands/sessionTerminals.ts";
import { tellFailure } from "./commands/tellFailure.ts";
import { TuiFollower } from "./commands/tuiFollower.ts";
import { passwordKey } from "./core/endpoint.ts";
import { getSession } from "./core/lookup.ts";
import type { SessionRef } from "./core/session.ts";
import { Store } from "./core/store.ts";
import type { UsageSource } from "./core/usageSource.ts";
import { LazyUsage } from "./history/lazyUsage.ts";
import { Configuration } from "./platform/configuration.ts";
import { ContextKeys } from "./platform/contextKeys.ts";
import { createOutputLog } from "./platform/log.ts";
import type { CommandID } from "./platform/ids.ts";
import { late } from "./platform/late.ts";
import { Passwords } from "./platform/secrets.ts";
import { detectServer } from "./server/detectServer.ts";
import { ServerPool } from "./server/serverPool.ts";
import { controlManagedServer, controlService, startManagedServer } from "./serverControls.ts";
import { ManagedServer } from "./sources/managedServer.ts";
import { ServerSources } from "./sources/serverSources.ts";
import { SettingsSource } from "./sources/settingsSource.ts";
import type { KubernetesSource } from "./sources/kubernetes/kubernetesSource.ts";
import type { ServerSource } from "./sources/source.ts";
import { SwitchableSource } from "./sources/switchableSource.ts";
import { AttentionQueue } from "./views/attentionQueue.ts";
import { AttentionTree } from "./views/attentionTree.ts";
import { BreakdownPanels } from "./views/breakdownPanels.ts";
import { registerDimmedRows } from "./views/dimmedRows.ts";
import { ProblemNotice } from "./views/problemNotice.ts";
import { SessionsTree } from "./views/sessionsTree.ts";
import { createStatusBar } from "./views/statusBar.ts";
import { SummaryDocuments } from "./views/summaryDocuments.ts";
import { TreeOptionsState } from "./views/treeOptions.ts";
import { VirtualFolders } from "./views/virtualFolders.ts";
import { UsagePages } from "./views/usagePages.ts";
import { WindowSession } from "./views/windowSession.ts";

/** What other extensions get from `activate`. */
export interface ExtensionApi extends OpenCodeSessionsAPI {
  /** Only in the extension's own tests. */
  readonly testing?: TestingHandle;
}

/** What the extension's own tests may look at. */
export interface TestingHandle {
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly activeSession: Pick<WindowSession, "current">;
  readonly tree: SessionsTree;
  readonly passwords: Passwords;
  readonly usage: UsageSource;
  /** Where the extension keeps things for all windows. */
  readonly storageFolder: string;
  /** Ends everything, as closing the window does. */
  readonly deactivate: () => Promise<void>;
}

const COMPACT_SESSION: CommandID = "opencodeSessions.compactSession";

/** What is at work between `activate` and `deactivate`. */
let running: { readonly end: () => Promise<void> } | undefined;

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const startedMs = performance.now();
  const log = createOutputLog("OpenCode Sessions");
  const configuration = new Configuration();
  const passwords = new Passwords(context.secrets);
  const contextKeys = new ContextKeys();
  const store = new Store();

  let clusterSource: Promise<KubernetesSource> | undefined;
  const loadClusters = (): Promise<KubernetesSource> =>
    (clusterSource ??= import("./clusters.ts").then(({ createClusters }) =>
      createClusters({ store, treeOptions, configuration, passwords, log }),
    ));
  const clusters = new SwitchableSource("kubernetes", hasClusters(configuration), loadClusters);
  const found = createSources(context, configuration, clusters);
  const { sources } = found;
  const passwordOf: CommandContext["servers"]["passwordOf"] = async (endpoint) =>
    (await sources.passwordOf(endpoint)) ?? passwords.get(passwordKey(endpoint));
  const usage: LazyUsage = new LazyUsage({
    log,
    load: async () => (await import("./usage.ts")).loadUsage({ context, store, pool, log }),
    care: async () =>
      (await import("./usage.ts")).createCare({ context, store, pool, log, passwordOf }, usage),
  });
  const pool = new ServerPool({
    dispatch: (action) => {
      store.dispatch(action);
      usage.onAction(action);
    },
    getState: () => store.state,
    credentials: { password: passwordOf },
    log,
  });
  const managedServer = controlManagedServer(found.managed, sources, contextKeys);

  const treeOptions = new TreeOptionsState(
    context.workspaceState,
    context.globalState,
    contextKeys,
  );
  const activeSession = new WindowSession({
    store,
    treeOptions,
    memento: context.workspaceState,
    contextKeys,
  });
  const learnContext = (refs: readonly SessionRef[]): void => {
    pool.learnContext(refs);
  };
  const tree = new SessionsTree({
    store,
    treeOptions,
    activeSession,
    contextKeys,
    onDidShowRoots: learnContext,
    onDidOpenServer: (element, how) => {
      if (clusterSource === undefined) return;
      void import("./commands/clusterCommands.ts")
        .then(({ openAgentRow }) => openAgentRow(commandContext, element, how))
        .catch((error: unknown) => {
          tell(vscode.l10n.t("Open agent"), error);
        });
    },
  });
  const summaries = new SummaryDocuments(async (ref, messageID) => {
    const message = await pool.gateway(ref.serverID)?.getMessage(ref.sessionID, messageID);
    if (message?.ok !== true) return undefined;
    return message.value.parts
      .flatMap((part) => (part.kind === "text" ? part.text : []))
      .join("\n\n");
  });
  const folders = new VirtualFolders({
    store,
    contextKeys,
    watch: (ref) => pool.watch(ref),
    todos: async ({ serverID, sessionID }) => {
      const list = await pool.gateway(serverID)?.todos(sessionID);
      return list?.ok === true ? list.value : undefined;
    },
    taskHint: (task) => usage.taskHint(task),
    turnDiffs: async ({ serverID, sessionID }, messageID) => {
      const diffs = await pool.gateway(serverID)?.diff(sessionID, messageID);
      return diffs?.ok === true ? diffs.value : undefined;
    },
  });
  const attention = new AttentionQueue({
    store,
    activeSession,
    memento: context.workspaceState,
    contextKeys,
  });
  const attentionTree = new AttentionTree(store, attention);
  // Beside the host's bundle, and loaded at once all the same: VS Code may bring such a document back.
  const requests = import("./views/requestDocuments.ts").then(
    ({ RequestDocuments }) => new RequestDocuments(attention.onDidChange),
  );
  const terminals = new SessionTerminals();
  const tell = (what: string, error: unknown): void => {
    tellFailure(log, what, error);
  };
  const breakdowns = new BreakdownPanels({
    extensionUri: context.extensionUri,
    store,
    watch: (ref) => pool.watch(ref),
    compact: (ref) => {
      void vscode.commands.executeCommand(COMPACT_SESSION, ref);
    },
    tellFailure: tell,
    log,
  });
  const usagePages = new UsagePages({
    extensionUri: context.extensionUri,
    usage,
    store,
    watch: (ref) => pool.watch(ref),
    openBreakdown: (ref) => {
      breakdowns.open(ref);
    },
    tellFailure: tell,
    log,
  });
  const commandContext: CommandContext = {
    store,
    servers: {
      gateway: (serverID) => pool.gateway(serverID),
      reconnect: (serverID) => {
        pool.reconnect(serverID);
      },
      refresh: async () => {
        await Promise.all([sources.refresh(), pool.refresh()]);
      },
      detect: (url, credentials, signal) => detectServer({ url, ...credentials }, signal),
      passwordOf,
      watch: (ref) => pool.watch(ref),
    },
    managedServer,
    clusters: { gateway: loadClusters },
    service: controlService(configuration, sources),
    activeSession,
    tree,
    attention: attentionTree,
    documents: {
      openBreakdown: (ref) => {
        breakdowns.open(ref);
      },
      openUsage: () => {
        usagePages.open();
      },
      openSummary: (ref, messageID) =>
        summaries.open(ref, messageID, getSession(store.state, ref)?.title ?? ""),
      openRequest: async (ref, request) => (await requests).open(ref, request),
      sessions: () => folders.load(),
    },
    terminals,
    usage,
    tuiFollower: new TuiFollower(configuration, (error) => {
      tell(vscode.l10n.t("Following in the terminal"), error);
    }),
    configuration,
    passwords,
    agents: () => loadSetup(context),
    log,
  };
  const commands = registerCommands(commandContext);

  const agentsOptions = {
    store,
    activeSession,
    usage,
    watch: (ref: SessionRef) => pool.watch(ref),
    learnContext,
    extension: context,
    settings: () => configuration.forPrograms(),
    passwordOf,
    loadTools: async () => (await import("./usage.ts")).windowTools,
  };
  const problems = new ProblemNotice(log);
  const tellProblems = (): void => {
    const wrong = configuration.read().problems.map(({ key, message }) => {
      return { subject: `opencodeSessions.${key}`, severity: "error", message } as const;
    });
    problems.update([...wrong, ...sources.problems()]);
  };
  const parts = vscode.Disposable.from(
    commands,
    createStatusBar(store, activeSession, usage),
    tree,
    registerDimmedRows(),
    activeSession,
    treeOptions,
    breakdowns,
    usagePages,
    summaries,
    late(requests),
    folders,
    attention,
    attentionTree,
    late(
      import("./views/attentionNotifier.ts").then(
        ({ AttentionNotifier }) =>
          new AttentionNotifier(store, attention, () => configuration.read().notifications),
      ),
    ),
    late(
      import("./commands/autoCompactor.ts").then(
        ({ AutoCompactor }) =>
          new AutoCompactor({
            store,
            gateway: (serverID) => pool.gateway(serverID),
            settings: () => configuration.read().autoCompact,
            log,
          }),
      ),
    ),
    terminals,
    registerAgents(agentsOptions),
    activeSession.onDidChange((ref) => {
      if (ref !== undefined) learnContext([ref]);
    }),
    passwords.onDidChange((url) => {
      for (const [serverID, { endpoint }] of store.state.servers) {
        if (passwordKey(endpoint) === url) pool.reconnect(serverID);
      }
    }),
    configuration.onDidChange((changed) => {
      const settings = configuration.read();
      if (changed.has("servers")) found.settings.setValue(settings.servers);
      if (changed.has("localDiscovery.enabled")) {
        for (const source of found.onThisMachine) source.switch(settings.isLocalDiscoveryEnabled);
      }
      if (changed.has("kubernetes.clusters") || changed.has("kubernetes.kubeconfig")) {
        const isOn = hasClusters(configuration);
        clusters.switch(isOn);
        if (isOn)
          void clusterSource?.then((source) => {
            source.setSettings(settings.kubernetes);
          });
        else clusterSource = undefined;
      }
      tellProblems();
      usage.settingsChanged();
    }),
  );
  sources.onDidChange((endpoints) => {
    pool.setEndpoints(endpoints);
    managedServer.update();
    tellProblems();
  });
  tellProblems();
  sources.start();
  const startManaged = (): void => {
    startManagedServer(managedServer, configuration, sources, log);
  };
  const trust = vscode.workspace.onDidGrantWorkspaceTrust(startManaged);
  void sources.whenLooked().then(() => {
    tree.markSearched();
    startManaged();
  });

  running = {
    end: async () => {
      trust.dispose();
      parts.dispose();
      await Promise.all([pool.dispose(), sources.dispose(), usage.dispose()]);
      store.dispose();
      log.dispose();
    },
  };
  const activationMs = performance.now() - startedMs;
  log.info("activation", `activated in ${activationMs.toFixed(1)} ms`);
  const api: ExtensionApi = { apiVersion: 1, activationMs, ...exportedCalls(agentsOptions) };
  return context.extensionMode === vscode.ExtensionMode.Test
    ? {
        ...api,
        testing: {
          store,
          activeSession,
          tree,
          passwords,
          usage,
          storageFolder: context.globalStorageUri.fsPath,
          deactivate,
        },
      }
    : api;
}

/** Lets go of every server and stops the managed one when this was its last window. */
export async function deactivate(): Promise<void> {
  const ending = running;
  running = undefined;
  await ending?.end();
}

/** Whether namespaces of clusters are to be watched: nothing of them is loaded otherwise. */
function hasClusters(configuration: Configuration): boolean {
  return configuration.read().kubernetes.clusters.length > 0;
}

/** The places where servers are looked for, in their order of precedence. */
function createSources(
  context: vscode.ExtensionContext,
  configuration: Configuration,
  clusters: ServerSource,
) {
  const initial = configuration.read();
  const settings = new SettingsSource(initial.servers);
  const managed = new ManagedServer({
    probe: detectServer,
    guardianFile: context.asAbsolutePath("dist/serverGuardian.cjs"),
    storageDir: context.globalStorageUri.fsPath,
    program: () => configuration.read().opencodePath,
  });
  const isOn = initial.isLocalDiscoveryEnabled;
  const load = () => import("./sources/machineSources.ts");
  const service = new SwitchableSource(
    "service",
    isOn,
    async () => (await load()).createServiceSource(detectServer),
    true,
  );
  const local = new SwitchableSource("local", isOn, async () =>
    (await load()).createLocalSource(detectServer, (candidate) => managed.claims(candidate)),
  );
  const sources = new ServerSources([settings, managed, service, local, clusters]);
  return { sources, settings, managed, onThisMachine: [service, local] };
}
