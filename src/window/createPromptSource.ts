import path from "node:path";

import * as vscode from "vscode";

import { isLoopbackURL } from "../core/state/endpoint.ts";
import { getServer, getSession } from "../core/state/lookup.ts";
import { modelKey } from "../core/state/model.ts";
import type { SessionRef } from "../core/state/session.ts";
import type { Store } from "../core/state/store.ts";
import { AttachedCopies } from "../files/attachedCopies.ts";
import type { LazyUsage } from "../history/lazyUsage.ts";
import { PromptDrafts } from "../platform/promptDrafts.ts";
import type { Gateway } from "../server/gateway.ts";
import type { ServerPool } from "../server/serverPool.ts";
import { whyOutOfReach } from "../viewModels/documents/readiness.ts";
import type { PromptSource } from "../views/pages/sessionPrompt.ts";

/** Provides prompt boxes with what they need from servers, usage and editors. */
export function createPromptSource(
  context: Pick<vscode.ExtensionContext, "workspaceState" | "globalStorageUri">,
  store: Store,
  pool: ServerPool,
  usage: LazyUsage,
  send: PromptSource["send"],
): PromptSource & { dispose(): void } {
  let lastEditor = vscode.window.activeTextEditor;
  const following = vscode.window.onDidChangeActiveTextEditor((editor) => {
    if (editor !== undefined) lastEditor = editor;
  });
  const gatewayOf = (ref: SessionRef): { gateway: Gateway; directory: string } => {
    const gateway = pool.gateway(ref.serverID);
    const directory = getSession(store.state, ref)?.directory;
    if (gateway === undefined || directory === undefined) {
      throw new Error(whyOutOfReach(store.state, ref));
    }
    return { gateway, directory };
  };
  return {
    drafts: new PromptDrafts(context.workspaceState),
    copies: new AttachedCopies(path.join(context.globalStorageUri.fsPath, "attached")),
    send,
    offers: async (ref) => {
      const { gateway, directory } = gatewayOf(ref);
      const [agents, models, commands] = await Promise.all([
        gateway.agents(directory),
        gateway.models(directory),
        gateway.slashCommands(directory),
      ]);
      for (const answer of [agents, models, commands]) if (!answer.ok) throw answer.error;
      return {
        agents: agents.ok ? agents.value : [],
        models: (models.ok ? models.value : []).map((model) => {
          return { key: modelKey(model), name: model.name, provider: model.providerID };
        }),
        commands: commands.ok ? commands.value : [],
      };
    },
    findFiles: async (ref, query) => {
      const { gateway, directory } = gatewayOf(ref);
      const found = await gateway.findFiles(directory, query);
      if (!found.ok) throw found.error;
      return found.value;
    },
    isLocal: ({ serverID }) => {
      const endpoint = getServer(store.state, serverID)?.endpoint;
      if (endpoint === undefined || endpoint.origin === "kubernetes") return false;
      return endpoint.isTunnel !== true && isLoopbackURL(endpoint.url);
    },
    taskHint: (task) => usage.taskHint(task),
    budgetHint: (ref) => usage.budgetHint(ref),
    onDidChangeHints: (listener) => usage.onDidChange(listener),
    lastEditor: () => lastEditor,
    dispose: () => {
      following.dispose();
    },
  };
}
