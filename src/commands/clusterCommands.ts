/**
 * Commands for what is in Kubernetes clusters: a bundle of its own, loaded with the first of them. Menus offer
 * only what the cluster said is allowed; what is denied all the same is told with its permission.
 */
import * as vscode from "vscode";

import type { ClusterAgent, ClusterKind, ClusterRef, ClusterTask } from "../core/cluster.ts";
import { agentServerID } from "../core/cluster.ts";
import { parseClusterElement } from "../viewModels/clusterElements.ts";
import { isOver } from "../viewModels/clusterRows.ts";
import { missingRole } from "../viewModels/clusterRole.ts";
import { type KubectlLine, namespaceLines, objectLines } from "../viewModels/kubectlLines.ts";
import { plural } from "../viewModels/sessionFigures.ts";
import { addCluster, removeCluster } from "./addCluster.ts";
import { clusterTarget, expectAllowed, namespaceTarget } from "./clusterTarget.ts";
import type { CommandContext } from "./commandContext.ts";
import { createTask, createTaskFromFile } from "./createTask.ts";
import { Refusal, valueOf } from "./failure.ts";
import { openTaskSession } from "./openTaskSession.ts";

export { openAgentRow } from "./openTaskSession.ts";

export const CLUSTER_COMMANDS = {
  addCluster,
  removeCluster,
  createTask,
  createTaskFromFile,
  stopTask,
  followLog,
  openTaskSession,
  suspend: (context: CommandContext, argument: unknown) => suspend(context, argument, true),
  resume: (context: CommandContext, argument: unknown) => suspend(context, argument, false),
  forwardPort,
  triggerCronTask,
  deleteObject,
  copyKubectl,
  showMissingRole,
} as const;

const PERMISSION_RESOURCE: Readonly<Record<ClusterKind, string>> = {
  agents: "agents",
  tasks: "tasks",
  cronTasks: "crontasks",
};

/** A task among the objects of the kinds; they are told apart by what only a task has. */
function asTask(object: object): ClusterTask | undefined {
  return "phase" in object ? (object as ClusterTask) : undefined;
}

function asAgent(object: object): ClusterAgent | undefined {
  return "extraPorts" in object ? (object as ClusterAgent) : undefined;
}

async function stopTask(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Stop which task?"),
    kinds: ["tasks"],
    isFit: (object) => {
      const task = asTask(object);
      return task !== undefined && !isOver(task);
    },
  });
  if (target === undefined) return;
  const { ref, namespace, object } = target;
  const task = asTask(object);
  if (task === undefined || isOver(task)) {
    throw new Refusal(vscode.l10n.t("The task “{0}” is over.", ref.name));
  }
  expectAllowed(namespace, "patch tasks");
  const stop = vscode.l10n.t("Stop");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t("Stop the task “{0}”?", ref.name),
    {
      modal: true,
      detail: vscode.l10n.t("It is {0}. What it has done stays.", task.phase.toLowerCase()),
    },
    stop,
  );
  if (answer !== stop) return;
  valueOf(await (await context.clusters.gateway()).stopTask(ref));
}

/** Logs that are followed now, by what they are of. */
const followed = new Map<string, { readonly channel: vscode.OutputChannel; isEnded: boolean }>();

async function followLog(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Follow the log of what?"),
    kinds: ["tasks", "agents"],
  });
  if (target === undefined) return;
  const { ref, namespace } = target;
  expectAllowed(namespace, "get pods/log");
  const key = [ref.clusterID, ref.namespace, ref.kind, ref.name].join("\n");
  const known = followed.get(key);
  if (known !== undefined && !known.isEnded) {
    known.channel.show(true);
    return;
  }
  const channel =
    known?.channel ??
    vscode.window.createOutputChannel(
      vscode.l10n.t("OpenCode: {0} ({1})", ref.name, ref.namespace),
      "log",
    );
  const entry = { channel, isEnded: false };
  followed.set(key, entry);
  channel.clear();
  channel.show(true);
  const gateway = await context.clusters.gateway();
  const write = (text: string): void => {
    channel.append(text);
  };
  // Not waited for: it goes on until the container ends.
  void gateway.followLogs(ref, write, new AbortController().signal).then((result) => {
    entry.isEnded = true;
    channel.appendLine(
      result.ok
        ? vscode.l10n.t("— the log has ended —")
        : vscode.l10n.t("— no log: {0} —", result.error.message),
    );
  });
}

async function suspend(
  context: CommandContext,
  argument: unknown,
  isSuspended: boolean,
): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: isSuspended ? vscode.l10n.t("Suspend what?") : vscode.l10n.t("Resume what?"),
    kinds: ["agents", "cronTasks"],
    isFit: (object) => "isSuspended" in object && object.isSuspended !== isSuspended,
  });
  if (target === undefined) return;
  const { ref, namespace, object } = target;
  expectAllowed(namespace, `patch ${PERMISSION_RESOURCE[ref.kind]}`);
  if (isSuspended && asAgent(object) !== undefined) {
    const running = [...namespace.tasks.values()].filter(
      (task) => task.agent === ref.name && task.phase === "Running",
    ).length;
    const button = vscode.l10n.t("Suspend");
    const answer = await vscode.window.showWarningMessage(
      vscode.l10n.t("Suspend the agent “{0}”?", ref.name),
      {
        modal: true,
        detail:
          running === 0
            ? vscode.l10n.t("Its pod ends until it is resumed. No task runs on it.")
            : vscode.l10n.t(
                "Its pod ends until it is resumed, with {0} on it.",
                plural(running, "running task"),
              ),
      },
      button,
    );
    if (answer !== button) return;
  }
  valueOf(await (await context.clusters.gateway()).suspend(ref, isSuspended));
}

async function forwardPort(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Forward a port of which agent?"),
    kinds: ["agents"],
  });
  const agent = target === undefined ? undefined : asAgent(target.object);
  if (target === undefined || agent === undefined) return;
  expectAllowed(target.namespace, "get pods/portforward");
  const gateway = await context.clusters.gateway();
  const open = new Map(
    gateway
      .forwards()
      .filter((each) => agentServerID(each.agent) === agentServerID(target.ref))
      .map(({ port, url }) => [port, url]),
  );
  const ports = [...agent.extraPorts, { name: "OpenCode", port: agent.port }];
  const picked = await vscode.window.showQuickPick(
    ports.map(({ name, port }) => ({
      label: name,
      description: open.get(port) ?? String(port),
      port,
    })),
    { placeHolder: vscode.l10n.t("Which port of {0}?", agent.name) },
  );
  if (picked === undefined) return;
  const url = valueOf(await gateway.forwardPort(target.ref, picked.port));
  const browse = vscode.l10n.t("Open in Browser");
  const copy = vscode.l10n.t("Copy Address");
  const end = vscode.l10n.t("Stop Forwarding");
  const answer = await vscode.window.showInformationMessage(
    vscode.l10n.t("{0} of {1} is at {2} until this window closes.", picked.label, agent.name, url),
    browse,
    copy,
    end,
  );
  if (answer === browse) await vscode.env.openExternal(vscode.Uri.parse(url));
  if (answer === copy) await vscode.env.clipboard.writeText(url);
  if (answer === end) await gateway.closeForward(url);
}

async function triggerCronTask(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Trigger which cron task?"),
    kinds: ["cronTasks"],
  });
  if (target === undefined) return;
  expectAllowed(target.namespace, "patch crontasks");
  valueOf(await (await context.clusters.gateway()).trigger(target.ref));
  vscode.window.setStatusBarMessage(
    vscode.l10n.t("“{0}” makes a task now.", target.ref.name),
    5000,
  );
}

async function deleteObject(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Delete what from the cluster?"),
    kinds: ["tasks", "agents", "cronTasks"],
  });
  if (target === undefined) return;
  const { ref, namespace, object } = target;
  expectAllowed(namespace, `delete ${PERMISSION_RESOURCE[ref.kind]}`);
  const remove = vscode.l10n.t("Delete");
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t("Delete “{0}” from {1} / {2}?", ref.name, ref.clusterID, ref.namespace),
    { modal: true, detail: deletePreview(target.namespace.tasks.values(), ref, asTask(object)) },
    remove,
  );
  if (answer !== remove) return;
  valueOf(await (await context.clusters.gateway()).remove(ref));
}

/** What goes with an object. */
function deletePreview(
  tasks: Iterable<ClusterTask>,
  ref: ClusterRef,
  task: ClusterTask | undefined,
): string {
  const all = [...tasks];
  if (task !== undefined) {
    const state = isOver(task)
      ? vscode.l10n.t("It is {0}.", task.phase.toLowerCase())
      : vscode.l10n.t("It is {0} and ends.", task.phase.toLowerCase());
    const rest =
      task.agent === undefined
        ? vscode.l10n.t("Its pod and its log go with it.")
        : vscode.l10n.t(
            "Its pod, its log and its figures go with it; its session stays on the agent's server.",
          );
    return `${state} ${rest}`;
  }
  if (ref.kind === "agents") {
    const own = all.filter(({ agent }) => agent === ref.name);
    const running = own.filter(({ phase }) => phase === "Running").length;
    return vscode.l10n.t(
      "Its server, its pod and, unless they are kept on a volume, its sessions go with it. {0} name it, {1} of them running.",
      plural(own.length, "task"),
      running,
    );
  }
  const own = all.filter(({ cronTask }) => cronTask === ref.name).length;
  return vscode.l10n.t(
    "It makes no more tasks; {0} it has made may go with it.",
    plural(own, "task"),
  );
}

async function copyKubectl(context: CommandContext, argument: unknown): Promise<void> {
  const element = typeof argument === "string" ? argument : context.tree.selection;
  const ref = element === undefined ? undefined : parseClusterElement(element);
  let lines: readonly KubectlLine[];
  if (ref === undefined) {
    const namespace = await namespaceTarget(
      context,
      argument,
      vscode.l10n.t("kubectl for which namespace?"),
    );
    if (namespace === undefined) return;
    lines = namespaceLines(namespace);
  } else {
    const target = await clusterTarget(context, argument, { placeHolder: "", kinds: [ref.kind] });
    lines = objectLines(ref, target === undefined ? undefined : asTask(target.object));
  }
  const picked = await vscode.window.showQuickPick(
    lines.map(({ label, line }) => ({ label, detail: line })),
    { placeHolder: vscode.l10n.t("Copy which line?"), matchOnDetail: true },
  );
  if (picked !== undefined) await vscode.env.clipboard.writeText(picked.detail);
}

async function showMissingRole(context: CommandContext, argument: unknown): Promise<void> {
  const namespace = await namespaceTarget(
    context,
    argument,
    vscode.l10n.t("The Role for which namespace?"),
  );
  if (namespace === undefined) return;
  const document = await vscode.workspace.openTextDocument({
    language: "yaml",
    content: missingRole(namespace, namespace.denied),
  });
  await vscode.window.showTextDocument(document);
}
