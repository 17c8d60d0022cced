import * as vscode from "vscode";

import type { ClusterContext, ClusterGateway } from "../sources/kubernetes/clusterGateway.ts";
import { withNamespaces, withoutNamespace } from "../viewModels/clusterSettings.ts";
import type { CommandContext } from "./commandContext.ts";
import { namespaceTarget } from "./clusterTarget.ts";
import { Refusal, valueOf } from "./failure.ts";
import { withProgress } from "./withProgress.ts";

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Adds namespaces of a cluster: asks for the kubeconfig's context, and for the namespaces, or looks for them.
 * The cluster is contacted only when the person wants it looked at, and from then on for what was added.
 */
export async function addCluster(context: CommandContext): Promise<void> {
  const gateway = await context.clusters.gateway();
  const chosen = await pickContext(gateway);
  if (chosen === undefined) return;
  const namespaces = await askNamespaces(gateway, chosen);
  if (namespaces === undefined || namespaces.length === 0) return;
  const { configuration } = context;
  await configuration.write(
    "kubernetes.clusters",
    withNamespaces(configuration.read().kubernetes.clusters, chosen.name, namespaces),
  );
}

/** Takes a namespace off the setting; the cluster is left alone. */
export async function removeCluster(context: CommandContext, argument: unknown): Promise<void> {
  const namespace = await namespaceTarget(
    context,
    argument,
    vscode.l10n.t("Remove which namespace from the tree?"),
  );
  if (namespace === undefined) return;
  const { configuration } = context;
  const before = configuration.read().kubernetes.clusters;
  await configuration.write(
    "kubernetes.clusters",
    withoutNamespace(before, namespace.clusterID, namespace.namespace),
  );
}

async function pickContext(gateway: ClusterGateway): Promise<ClusterContext | undefined> {
  const contexts = gateway.contexts();
  if (contexts.length === 0) {
    throw new Refusal(
      [
        vscode.l10n.t(
          "No kubeconfig with a context was found; the setting “opencodeSessions.kubernetes.kubeconfig” can name one.",
        ),
        ...gateway.problems(),
      ].join(" "),
    );
  }
  const picked = await vscode.window.showQuickPick(
    contexts.map((each) => ({ label: each.name, description: each.server, context: each })),
    {
      title: vscode.l10n.t("Add Kubernetes Cluster"),
      placeHolder: vscode.l10n.t("Which context of your kubeconfig? Nothing is contacted yet"),
      matchOnDescription: true,
    },
  );
  return picked?.context;
}

async function askNamespaces(
  gateway: ClusterGateway,
  { name, namespace }: ClusterContext,
): Promise<readonly string[] | undefined> {
  const look = vscode.l10n.t("$(search) Look for KubeOpenCode in the cluster");
  const type = vscode.l10n.t("$(edit) Name the namespaces");
  const how = await vscode.window.showQuickPick(
    [
      { label: look, description: vscode.l10n.t("asks {0} now", name) },
      { label: type, description: namespace ?? "default" },
    ],
    {
      title: vscode.l10n.t("Add Kubernetes Cluster"),
      placeHolder: vscode.l10n.t("Which namespaces?"),
    },
  );
  if (how === undefined) return undefined;
  if (how.label === type) return typeNamespaces(namespace ?? "default");
  const found = await withProgress(vscode.l10n.t("Looking for KubeOpenCode…"), async (signal) =>
    valueOf(await gateway.scan(name, [namespace ?? "default"], signal)),
  );
  if (found.length === 0) {
    void vscode.window.showInformationMessage(
      vscode.l10n.t(
        "No agents and no tasks were found that you may see. Name the namespaces instead.",
      ),
    );
    return typeNamespaces(namespace ?? "default");
  }
  const picked = await vscode.window.showQuickPick(
    found.map((each) => ({
      label: each.namespace,
      description: vscode.l10n.t("agents: {0}, tasks: {1}", each.agents, each.tasks),
      picked: true,
    })),
    {
      title: vscode.l10n.t("Add Kubernetes Cluster"),
      placeHolder: vscode.l10n.t("Which namespaces shall be watched?"),
      canPickMany: true,
    },
  );
  return picked?.map(({ label }) => label);
}

async function typeNamespaces(value: string): Promise<readonly string[] | undefined> {
  const split = (text: string): readonly string[] =>
    text.split(/[\s,]+/).filter((each) => each !== "");
  const text = await vscode.window.showInputBox({
    title: vscode.l10n.t("Add Kubernetes Cluster"),
    prompt: vscode.l10n.t("Namespaces to watch, parted by commas"),
    value,
    validateInput: (typed) =>
      split(typed).length > 0 && split(typed).every((each) => NAME.test(each))
        ? undefined
        : vscode.l10n.t("Names of namespaces: small letters, digits and hyphens."),
  });
  return text === undefined ? undefined : split(text);
}
