/**
 * Commands for objects in Kubernetes clusters. Menus only offer what the cluster allows; if an action is
 * denied anyway, the message names the permission.
 */
import * as vscode from "vscode";

import { plural } from "../../core/language.ts";
import type {
  ClusterAgent,
  ClusterKind,
  ClusterRef,
  ClusterTask,
} from "../../core/state/cluster.ts";
import { agentServerID } from "../../core/state/cluster.ts";
import { showInformation, showStatus } from "../../platform/messages.ts";
import { parseClusterElement } from "../../viewModels/cluster/clusterElements.ts";
import { isOver, phaseWord } from "../../viewModels/cluster/clusterRows.ts";
import { missingRole } from "../../viewModels/cluster/clusterRole.ts";
import {
  type KubectlLine,
  namespaceLines,
  objectLines,
} from "../../viewModels/cluster/kubectlLines.ts";
import { clusterTarget, expectAllowed, namespaceTarget } from "./clusterTarget.ts";
import { choose, confirm } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { followLog } from "./followLog.ts";
import { Refusal, valueOf } from "../failure.ts";
import { triggerOutcome } from "./triggerOutcome.ts";

export { removeCluster } from "./addCluster.ts";
export { createTask, createTaskFromFile } from "./createTask.ts";
export { stopFollowingLog } from "./followLog.ts";
export { openAgentRow, openTaskSession } from "./openTaskSession.ts";

export const followTaskLog = about(followLog, "tasks");
export const followAgentLog = about(followLog, "agents");
export const suspendAgent = about(setSuspended, "agents", true);
export const suspendCronTask = about(setSuspended, "cronTasks", true);
export const resumeAgent = about(setSuspended, "agents", false);
export const resumeCronTask = about(setSuspended, "cronTasks", false);
export const deleteTask = about(deleteObject, "tasks");
export const deleteAgent = about(deleteObject, "agents");
export const deleteCronTask = about(deleteObject, "cronTasks");

/** A command about one kind of object. */
function about<More extends readonly unknown[]>(
  run: (
    context: CommandContext,
    argument: unknown,
    kind: ClusterKind,
    ...more: More
  ) => Promise<void>,
  kind: ClusterKind,
  ...more: More
) {
  return (context: CommandContext, argument: unknown) => run(context, argument, kind, ...more);
}

/** Narrows an object to a task: only tasks have a `phase`. */
function asTask(object: object): ClusterTask | undefined {
  return "phase" in object ? (object as ClusterTask) : undefined;
}

function asAgent(object: object): ClusterAgent | undefined {
  return "extraPorts" in object ? (object as ClusterAgent) : undefined;
}

export async function stopTask(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Stop which task?"),
    kinds: ["tasks"],
    isFit: (object) => {
      const task = asTask(object);
      return task !== undefined && !isOver(task);
    },
  });
  const { ref, namespace, object } = target;
  const task = asTask(object);
  if (task === undefined || isOver(task)) {
    throw new Refusal(vscode.l10n.t("The task “{0}” has ended.", ref.name));
  }
  expectAllowed(namespace, "patch tasks");
  await confirm(
    vscode.l10n.t("Stop the task “{0}”?", ref.name),
    vscode.l10n.t("It is {0}. What it has done is kept.", phaseWord(task.phase).toLowerCase()),
    vscode.l10n.t("Stop"),
  );
  valueOf(await (await context.clusters.gateway()).stopTask(ref));
}

/** A triggered cron task creates its task within this time, or not at all. */
const TRIGGER_LIMIT_MS = 10_000;

async function setSuspended(
  context: CommandContext,
  argument: unknown,
  kind: ClusterKind,
  isSuspended: boolean,
): Promise<void> {
  const [suspendWhich, resumeWhich] =
    kind === "agents"
      ? [vscode.l10n.t("Suspend which agent?"), vscode.l10n.t("Resume which agent?")]
      : [vscode.l10n.t("Suspend which cron task?"), vscode.l10n.t("Resume which cron task?")];
  const target = await clusterTarget(context, argument, {
    placeHolder: isSuspended ? suspendWhich : resumeWhich,
    kinds: [kind],
    isFit: (object) => "isSuspended" in object && object.isSuspended !== isSuspended,
  });
  const { ref, namespace, object } = target;
  expectAllowed(namespace, `patch ${kind.toLowerCase()}`);
  if (isSuspended && asAgent(object) !== undefined) {
    const running = [...namespace.tasks.values()].filter(
      (task) => task.agent === ref.name && task.phase === "Running",
    ).length;
    await confirm(
      vscode.l10n.t("Suspend the agent “{0}”?", ref.name),
      running === 0
        ? vscode.l10n.t("Its pod is stopped until it is resumed. No task is running on it.")
        : vscode.l10n.t(
            "Its pod is stopped until it is resumed, with {0} on it.",
            plural(running, "{0} running task", "{0} running tasks"),
          ),
      vscode.l10n.t("Suspend"),
    );
  }
  valueOf(await (await context.clusters.gateway()).suspend(ref, isSuspended));
}

export async function forwardAgentPort(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Forward a port of which agent?"),
    kinds: ["agents"],
  });
  const agent = asAgent(target.object);
  if (agent === undefined) return;
  expectAllowed(target.namespace, "get pods/portforward");
  const gateway = await context.clusters.gateway();
  const open = new Map(
    gateway
      .forwards()
      .filter((each) => agentServerID(each.agent) === agentServerID(target.ref))
      .map(({ port, url }) => [port, url]),
  );
  const ports = [...agent.extraPorts, { name: "OpenCode", port: agent.port }];
  const picked = await choose(
    ports.map(({ name, port }) => ({
      label: name,
      description: open.get(port) ?? String(port),
      port,
    })),
    { placeHolder: vscode.l10n.t("Which port of {0}?", agent.name) },
  );
  const { url, password } = valueOf(await gateway.forwardPort(target.ref, picked.port));
  const browse = vscode.l10n.t("Open in Browser");
  const copy = vscode.l10n.t("Copy Address");
  const copyPassword = vscode.l10n.t("Copy Password");
  const end = vscode.l10n.t("Stop Forwarding");
  const where = [picked.label, agent.name, url];
  const answer = await showInformation(
    password === undefined
      ? vscode.l10n.t(
          "{0} of {1} is at {2} until this window closes. Every user and program on this machine can reach it there.",
          ...where,
        )
      : vscode.l10n.t(
          "{0} of {1} is at {2} until this window closes, for the user “opencode” with a password made for it.",
          ...where,
        ),
    ...[browse, copy, ...(password === undefined ? [] : [copyPassword]), end],
  );
  if (answer === browse) await vscode.env.openExternal(vscode.Uri.parse(url));
  if (answer === copy) await vscode.env.clipboard.writeText(url);
  if (answer === copyPassword) await vscode.env.clipboard.writeText(password ?? "");
  if (answer === end) await gateway.closeForward(url);
}

export async function triggerCronTask(context: CommandContext, argument: unknown): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder: vscode.l10n.t("Trigger which cron task?"),
    kinds: ["cronTasks"],
  });
  expectAllowed(target.namespace, "patch crontasks");
  const { ref } = target;
  const gateway = await context.clusters.gateway();
  const outcome = valueOf(await triggerOutcome(context.store, gateway, ref, TRIGGER_LIMIT_MS));
  switch (outcome.kind) {
    case "created":
      showStatus(vscode.l10n.t("“{0}” created a task.", ref.name), 5000);
      return;
    case "suspended":
      throw new Refusal(
        vscode.l10n.t(
          "“{0}” is suspended: it was triggered, and creates the task when it is resumed.",
          ref.name,
        ),
      );
    case "atLimit":
      throw new Refusal(
        vscode.l10n.t(
          "“{0}” created no task: it keeps at most {1}, and has that many already. Delete one first.",
          ...[ref.name, outcome.maxRetainedTasks],
        ),
      );
    case "notYet":
      throw new Refusal(
        vscode.l10n.t("“{0}” was triggered, but has not created a task yet.", ref.name),
      );
  }
}

async function deleteObject(
  context: CommandContext,
  argument: unknown,
  kind: ClusterKind,
): Promise<void> {
  const placeHolder = {
    agents: vscode.l10n.t("Delete which agent?"),
    tasks: vscode.l10n.t("Delete which task?"),
    cronTasks: vscode.l10n.t("Delete which cron task?"),
  }[kind];
  const target = await clusterTarget(context, argument, { placeHolder, kinds: [kind] });
  const { ref, namespace, object } = target;
  expectAllowed(namespace, `delete ${kind.toLowerCase()}`);
  const place = `${ref.clusterID} / ${ref.namespace}`;
  await confirm(
    {
      agents: vscode.l10n.t("Delete the agent “{0}” from {1}?", ref.name, place),
      tasks: vscode.l10n.t("Delete the task “{0}” from {1}?", ref.name, place),
      cronTasks: vscode.l10n.t("Delete the cron task “{0}” from {1}?", ref.name, place),
    }[kind],
    deletePreview(target.namespace.tasks.values(), ref, asTask(object)),
    vscode.l10n.t("Delete"),
  );
  valueOf(await (await context.clusters.gateway()).remove(ref));
}

/** Describes what is deleted along with an object. */
function deletePreview(
  tasks: Iterable<ClusterTask>,
  ref: ClusterRef,
  task: ClusterTask | undefined,
): string {
  const all = [...tasks];
  if (task !== undefined) {
    const state = isOver(task)
      ? vscode.l10n.t("It is {0}.", phaseWord(task.phase).toLowerCase())
      : vscode.l10n.t("It is {0} and will be stopped.", phaseWord(task.phase).toLowerCase());
    const rest =
      task.agent === undefined
        ? vscode.l10n.t("Its pod and its log are deleted with it.")
        : vscode.l10n.t(
            "Its pod, its log and its figures are deleted with it; its session stays on the agent's server.",
          );
    return `${state} ${rest}`;
  }
  if (ref.kind === "agents") {
    const own = all.filter(({ agent }) => agent === ref.name);
    const running = own.filter(({ phase }) => phase === "Running").length;
    return vscode.l10n.t(
      "Its server, its pod and, unless they are kept on a volume, its sessions are deleted with it. {0} refer to it, {1} of them running.",
      plural(own.length, "{0} task", "{0} tasks"),
      running,
    );
  }
  const own = all.filter(({ cronTask }) => cronTask === ref.name).length;
  return vscode.l10n.t(
    "It will create no more tasks; {0} that it created may be deleted with it.",
    plural(own, "{0} task", "{0} tasks"),
  );
}

export async function copyKubectlCommand(
  context: CommandContext,
  argument: unknown,
): Promise<void> {
  const element = typeof argument === "string" ? argument : context.tree.selection.current;
  const ref = element === undefined ? undefined : parseClusterElement(element);
  let lines: readonly KubectlLine[];
  if (ref === undefined) {
    const namespace = await namespaceTarget(
      context,
      argument,
      vscode.l10n.t("Copy kubectl commands for which namespace?"),
    );
    lines = namespaceLines(namespace);
  } else {
    const target = await clusterTarget(context, argument, { placeHolder: "", kinds: [ref.kind] });
    lines = objectLines(ref, asTask(target.object));
  }
  const { detail } = await choose(
    lines.map(({ label, line }) => ({ label, detail: line })),
    { placeHolder: vscode.l10n.t("Copy which line?"), matchOnDetail: true },
  );
  await vscode.env.clipboard.writeText(detail);
}

export async function showMissingRole(context: CommandContext, argument: unknown): Promise<void> {
  const namespace = await namespaceTarget(
    context,
    argument,
    vscode.l10n.t("Show the Role for which namespace?"),
  );
  const document = await vscode.workspace.openTextDocument({
    language: "yaml",
    content: missingRole(namespace, namespace.denied),
  });
  await vscode.window.showTextDocument(document);
}
