import * as vscode from "vscode";

import { agentServerID, type ClusterRef, namespaceKey } from "../../core/state/cluster.ts";
import { taskSession } from "../../core/state/clusterTasks.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { showInformation } from "../../platform/messages.ts";
import { parseClusterElement } from "../../viewModels/cluster/clusterElements.ts";
import type { CommandContext } from "../commandContext.ts";
import { clusterTarget } from "./clusterTarget.ts";
import { Refusal, valueOf } from "../failure.ts";
import { untilState } from "../../core/state/untilState.ts";
import { withProgress } from "../withProgress.ts";

/** How long a connection to an agent may take to open. */
const REACH_LIMIT_MS = 60_000;

/** Opens the transcript of a task's session; connects to its agent first if necessary. */
export async function openTaskSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Open the session of which task?"),
    kinds: ["tasks"],
    isFit: (object) => "agent" in object && object.agent !== undefined,
  });
  const task = target.namespace.tasks.get(target.ref.name);
  if (task?.agent === undefined) {
    throw new Refusal(
      vscode.l10n.t(
        "This task runs without a server, so it has no session. You can follow its log.",
      ),
    );
  }
  const { ref } = target;
  const agent: ClusterRef = { ...ref, kind: "agents", name: task.agent };
  const session = await reachSession(context, agent, ref.name);
  if (session === undefined) return;
  await context.tree.reveal(session);
  context.documents.pages.open(session, { tab: "conversation" });
}

/** The task's session, once its agent's server is connected. */
async function reachSession(
  context: CommandContext,
  agent: ClusterRef,
  name: string,
): Promise<SessionRef | undefined> {
  const { store, clusters } = context;
  const look = () => {
    const namespace = store.state.clusters.get(namespaceKey(agent));
    const task = namespace?.tasks.get(name);
    if (namespace === undefined || task === undefined) return { kind: "gone" } as const;
    const link = namespace.links.get(agent.name);
    if (link?.kind === "failed") return { kind: "failed", message: link.message } as const;
    return taskSession(store.state, namespace, task);
  };
  const gateway = await clusters.gateway();
  if (await offerResume(context, agent)) return undefined;
  gateway.open(agent);
  const isDecided = (): boolean => {
    const server = store.state.servers.get(agentServerID(agent));
    // If a connected server doesn't have the session, it never had it or has deleted it.
    const isThere = server?.connection.kind === "connected" && server.snapshotMs !== undefined;
    return isThere || look().kind !== "unknown";
  };
  const isSo = await withProgress(vscode.l10n.t("Connecting to {0}…", agent.name), (signal) =>
    untilState(store, isDecided, { limitMs: REACH_LIMIT_MS, signal }),
  );
  if (!isSo) return undefined;
  const found = look();
  switch (found.kind) {
    case "known":
      return found.ref;
    case "failed":
      throw new Refusal(vscode.l10n.t("The agent cannot be reached: {0}.", found.message));
    case "deleted":
      throw new Refusal(vscode.l10n.t("The task's session was deleted on the agent's server."));
    case "gone":
      throw new Refusal(vscode.l10n.t("It no longer exists."));
    case "unknown":
      throw new Refusal(vscode.l10n.t("The agent's server has no session of this task yet."));
  }
}

/** Reports that an agent is suspended and offers to resume it; false if it isn't suspended. */
export async function offerResume(context: CommandContext, ref: ClusterRef): Promise<boolean> {
  const namespace = context.store.state.clusters.get(namespaceKey(ref));
  const agent = namespace?.agents.get(ref.name);
  if (namespace === undefined || agent?.isSuspended !== true) return false;
  const resume = vscode.l10n.t("Resume");
  const answer = await showInformation(
    vscode.l10n.t("The agent “{0}” is suspended: its sessions can be seen once it runs.", ref.name),
    ...(namespace.denied?.has("patch agents") === true ? [] : [resume]),
  );
  if (answer === resume) {
    valueOf(await (await context.clusters.gateway()).suspend(ref, false));
  }
  return true;
}

/** Opens or closes the connection to an agent as its row is expanded, drawn or collapsed. */
export async function openAgentRow(
  context: CommandContext,
  element: string,
  how: "expanded" | "drawn" | "collapsed",
): Promise<void> {
  const ref = parseClusterElement(element);
  if (ref?.kind !== "agents") return;
  const gateway = await context.clusters.gateway();
  if (how === "collapsed") {
    gateway.close(ref);
    return;
  }
  gateway.open(ref);
  if (how === "expanded") await offerResume(context, ref);
}
