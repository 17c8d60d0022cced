/**
 * The front door: creates the parts and connects them. Decides nothing, waits for nothing; nothing imports it.
 */
import "./platform/displayLanguage.ts";
import "./platform/zodSetup.ts";

import * as vscode from "vscode";

import type { AgentsOptions } from "./agents/registerDefinitions.ts";
import type { OpenCodeSessionsAPI } from "./core/agents/publicAPI.ts";
import { exportedCalls, registerAgents } from "./agents/registerAgents.ts";
import type { Store } from "./core/state/store.ts";
import type { UsageSource } from "./core/usage/usageSource.ts";
import type { Passwords } from "./platform/secrets.ts";
import type { PromptSource } from "./views/pages/sessionPrompt.ts";
import type { SessionsTree } from "./views/tree/sessionsTree.ts";
import type { WindowSession } from "./views/tree/windowSession.ts";
import { createCommands } from "./window/createCommands.ts";
import { createServers } from "./window/createServers.ts";
import { createState } from "./window/createState.ts";
import { createViews } from "./window/createViews.ts";

/** What `activate` returns to other extensions. */
export interface ExtensionApi extends OpenCodeSessionsAPI {
  /** Only in the extension's own tests. */
  readonly testing?: TestingHandle;
}

/** What the extension's own tests have access to. */
export interface TestingHandle {
  readonly store: Pick<Store, "state" | "onDidChange">;
  readonly activeSession: Pick<WindowSession, "current">;
  readonly tree: SessionsTree;
  readonly passwords: Passwords;
  readonly sendPrompt: PromptSource["send"];
  readonly usage: UsageSource;
  /** Where the extension stores data for all windows. */
  readonly storageFolder: string;
  /** Where choices for all windows are remembered. */
  readonly memento: vscode.Memento;
  /** Ends everything, like closing the window. */
  readonly deactivate: () => Promise<void>;
}

/** What is running between `activate` and `deactivate`. */
let running: { readonly end: () => Promise<void> } | undefined;

export function activate(context: vscode.ExtensionContext): ExtensionApi {
  const startedMs = performance.now();
  const state = createState(context);
  const { store, activeSession, passwords, configuration, log } = state;
  const servers = createServers(context, state);
  const { pool, usage, passwordOf } = servers;
  const views = createViews(context, state, servers, {
    openServer: (...row) => {
      commands.openServer(...row);
    },
    sendPrompt: (...prompt) => commands.sendPrompt(...prompt),
    sendAnswer: (...answer) => commands.sendAnswer(...answer),
  });
  const commands = createCommands(context, state, servers, views);
  const agentsOptions: AgentsOptions = {
    store,
    activeSession,
    usage,
    watch: (ref) => pool.watch(ref),
    learnContext: (refs) => {
      pool.learnContext(refs);
    },
    extension: context,
    settings: () => configuration.forPrograms(),
    passwordOf,
  };
  const agents = registerAgents(agentsOptions);
  void servers.start(() => {
    views.tree.markSearched();
  });
  running = {
    end: async () => {
      for (const part of [commands, agents, views]) part.dispose();
      await servers.dispose();
      state.dispose();
    },
  };
  const activationMs = performance.now() - startedMs;
  log.info("activation", `activated in ${activationMs.toFixed(1)} ms`);
  const api: ExtensionApi = { apiVersion: 1, activationMs, ...exportedCalls(agentsOptions) };
  if (context.extensionMode !== vscode.ExtensionMode.Test) return api;
  const storageFolder = context.globalStorageUri.fsPath;
  const { tree } = views;
  const { sendPrompt } = commands;
  return {
    ...api,
    testing: {
      store,
      activeSession,
      tree,
      passwords,
      sendPrompt,
      usage,
      storageFolder,
      memento: context.globalState,
      deactivate,
    },
  };
}

/** Disconnects from every server, and stops the managed one if this was its last window. */
export async function deactivate(): Promise<void> {
  const ending = running;
  running = undefined;
  await ending?.end();
}
