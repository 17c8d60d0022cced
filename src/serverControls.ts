/**
 * Where servers are looked for, and what commands can do with those on this machine; only the front door
 * imports it.
 */
import { homedir } from "node:os";
import * as vscode from "vscode";

import type { CommandContext } from "./commands/commandContext.ts";
import { reportFailure } from "./commands/reportFailure.ts";
import type { Configuration } from "./platform/configuration.ts";
import type { ContextKeys } from "./platform/contextKeys.ts";
import type { OutputLog } from "./platform/log.ts";
import { detectServer } from "./server/detectServer.ts";
import { DemoSource } from "./sources/demo/demoSource.ts";
import { createLocalSource, createServiceSource, startService } from "./sources/machineSources.ts";
import { ManagedServer } from "./sources/managedServer.ts";
import { findProgram } from "./sources/openCodeProgram.ts";
import { ServerSources } from "./sources/serverSources.ts";
import { SettingsSource } from "./sources/settingsSource.ts";
import type { ServerSource } from "./sources/source.ts";
import { SwitchableSource } from "./sources/switchableSource.ts";

/** The service is found by its registration file, no matter who started it. */
export function controlService(
  configuration: Configuration,
  sources: ServerSources,
): CommandContext["service"] {
  return {
    async start(signal) {
      const started = await startService(configuration.read().opencodePath, signal);
      if (started.ok) await sources.refresh();
      return started;
    },
  };
}

/** The managed server as commands see it; menus get its state from a context key. */
export function controlManagedServer(
  managed: ManagedServer,
  sources: ServerSources,
  contextKeys: ContextKeys,
): CommandContext["managedServer"] & { update(): void } {
  let isStarting = false;
  const controls = {
    get state() {
      if (sources.endpoints().some(({ origin }) => origin === "managed")) return "running" as const;
      return isStarting ? ("starting" as const) : ("stopped" as const);
    },
    async start(signal: AbortSignal) {
      isStarting = true;
      controls.update();
      const launched = await managed.launch(signal);
      isStarting = false;
      controls.update();
      return launched;
    },
    stop: () => managed.stop(),
    update() {
      contextKeys.set("opencodeSessions.managedServer", controls.state);
    },
  };
  controls.update();
  return controls;
}

/** Sets the context key by which the empty view knows whether there is an OpenCode program to start. */
export async function updateProgramKey(
  configuration: Configuration,
  contextKeys: ContextKeys,
): Promise<void> {
  const found = await findProgram(configuration.read().opencodePath, {
    environment: process.env,
    homeDir: homedir(),
    platform: process.platform,
  });
  contextKeys.set("opencodeSessions.program", found === undefined ? "missing" : "found");
}

/** The demo as commands see it; menus get its state from a context key. */
export function controlDemo(
  demo: DemoSource,
  sources: ServerSources,
  contextKeys: ContextKeys,
): CommandContext["demo"] & { update(): void } {
  const update = (): void => {
    const isRunning = sources.endpoints().some(({ origin }) => origin === "demo");
    contextKeys.set("opencodeSessions.demo", isRunning ? "running" : "stopped");
  };
  update();
  return { start: (signal) => demo.launch(signal), stop: () => demo.stop(), update };
}

/** Starts the managed server if the settings and workspace trust allow it and there is no other server. */
export function startManagedServer(
  managedServer: CommandContext["managedServer"],
  configuration: Configuration,
  sources: ServerSources,
  log: OutputLog,
): void {
  const isWanted = configuration.read().startsManagedServer && sources.endpoints().length === 0;
  if (!isWanted || !vscode.workspace.isTrusted) return;
  void managedServer.start(new AbortController().signal).then((started) => {
    if (!started.ok)
      reportFailure(log, vscode.l10n.t("Starting the private server"), started.error);
  });
}

/** Creates the sources of servers, in order of precedence. */
export function createSources(
  context: vscode.ExtensionContext,
  configuration: Configuration,
  clusters: ServerSource,
): {
  readonly sources: ServerSources;
  readonly settings: SettingsSource;
  readonly managed: ManagedServer;
  readonly demo: DemoSource;
  readonly onThisMachine: readonly SwitchableSource[];
} {
  const initial = configuration.read();
  const settings = new SettingsSource(initial.servers);
  const managed = new ManagedServer({
    probe: detectServer,
    guardianFile: context.asAbsolutePath("dist/serverGuardian.cjs"),
    storageDir: context.globalStorageUri.fsPath,
    program: () => configuration.read().opencodePath,
  });
  const demo = new DemoSource({
    probe: detectServer,
    guardianFile: context.asAbsolutePath("dist/serverGuardian.cjs"),
    program: () => configuration.read().opencodePath,
  });
  const isOn = initial.isLocalDiscoveryEnabled;
  const service = new SwitchableSource(
    "service",
    isOn,
    () => Promise.resolve(createServiceSource(detectServer)),
    true,
  );
  const local = new SwitchableSource("local", isOn, () =>
    Promise.resolve(
      createLocalSource(
        detectServer,
        async (candidate) => (await managed.claims(candidate)) || (await demo.claims(candidate)),
      ),
    ),
  );
  const sources = new ServerSources([settings, managed, demo, service, local, clusters]);
  return { sources, settings, managed, demo, onThisMachine: [service, local] };
}
