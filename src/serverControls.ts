/**
 * What commands may do with the servers of this machine, built from the sources that find them; only the front
 * door imports it.
 */
import * as vscode from "vscode";

import type { CommandContext } from "./commands/commandContext.ts";
import { tellFailure } from "./commands/tellFailure.ts";
import type { Configuration } from "./platform/configuration.ts";
import type { ContextKeys } from "./platform/contextKeys.ts";
import type { OutputLog } from "./platform/log.ts";
import type { ManagedServer } from "./sources/managedServer.ts";
import type { ServerSources } from "./sources/serverSources.ts";

/** The service is found by its registration file, whoever started it. */
export function controlService(
  configuration: Configuration,
  sources: ServerSources,
): CommandContext["service"] {
  return {
    async start(signal) {
      const { startService } = await import("./sources/machineSources.ts");
      const started = await startService(configuration.read().opencodePath, signal);
      if (started.ok) await sources.refresh();
      return started;
    },
  };
}

/** The managed server as commands see it, with its state told to menus. */
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

/** Starts the managed server where that is wanted, allowed, and no other server is there. */
export function startManagedServer(
  managedServer: CommandContext["managedServer"],
  configuration: Configuration,
  sources: ServerSources,
  log: OutputLog,
): void {
  const isWanted = configuration.read().startsManagedServer && sources.endpoints().length === 0;
  if (!isWanted || !vscode.workspace.isTrusted) return;
  void managedServer.start(new AbortController().signal).then((started) => {
    if (!started.ok) tellFailure(log, vscode.l10n.t("Start managed server"), started.error);
  });
}
