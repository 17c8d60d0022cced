import * as vscode from "vscode";

import { pickMany, showInformation } from "../../platform/messages.ts";
import type { ClusterContext, ClusterGateway } from "../../sources/kubernetes/clusterGateway.ts";
import { withNamespaces, withoutNamespace } from "../../viewModels/cluster/clusterSettings.ts";
import { choose, chosen, enterText } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { namespaceTarget } from "./clusterTarget.ts";
import { Refusal, valueOf } from "../failure.ts";
import { withProgress } from "../withProgress.ts";

const NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * Adds namespaces of a cluster: asks for the kubeconfig's context, then asks for the namespaces or scans for them.
 * The cluster is only contacted if the user wants a scan, and from then on for the namespaces that were added.
 */
export async function addCluster(context: CommandContext): Promise<void> {
  const gateway = await context.clusters.gateway();
  const picked = await pickContext(gateway);
  const namespaces = await askNamespaces(gateway, picked);
  if (namespaces.length === 0) return;
  const { configuration } = context;
  await configuration.write(
    "kubernetes.clusters",
    withNamespaces(configuration.read().kubernetes.clusters, picked.name, namespaces),
  );
}

/** Removes a namespace from the setting; the cluster is left alone. */
export async function removeCluster(context: CommandContext, argument: unknown): Promise<void> {
  const namespace = await namespaceTarget(
    context,
    argument,
    vscode.l10n.t("Remove which namespace from the tree?"),
  );
  const { configuration } = context;
  const before = configuration.read().kubernetes.clusters;
  await configuration.write(
    "kubernetes.clusters",
    withoutNamespace(before, namespace.clusterID, namespace.namespace),
  );
}

async function pickContext(gateway: ClusterGateway): Promise<ClusterContext> {
  const contexts = gateway.contexts();
  if (contexts.length === 0) {
    throw new Refusal(
      [
        vscode.l10n.t(
          "No kubeconfig with a context was found; use the setting “opencodeSessions.kubernetes.kubeconfig” to specify one.",
        ),
        ...gateway.problems(),
      ].join(" "),
    );
  }
  const { context } = await choose(
    contexts.map((each) => ({ label: each.name, description: each.server, context: each })),
    {
      title: vscode.l10n.t("Add Kubernetes Cluster"),
      placeHolder: vscode.l10n.t("Which context of your kubeconfig? Nothing is contacted yet"),
      matchOnDescription: true,
    },
  );
  return context;
}

async function askNamespaces(
  gateway: ClusterGateway,
  { name, namespace }: ClusterContext,
): Promise<readonly string[]> {
  const look = {
    label: vscode.l10n.t("Look for KubeOpenCode in the cluster"),
    iconPath: new vscode.ThemeIcon("search"),
    description: vscode.l10n.t("asks {0} now", name),
  };
  const type = {
    label: vscode.l10n.t("Enter the namespaces"),
    iconPath: new vscode.ThemeIcon("edit"),
    description: namespace ?? "default",
  };
  const how = await choose([look, type], {
    title: vscode.l10n.t("Add Kubernetes Cluster"),
    placeHolder: vscode.l10n.t("Which namespaces?"),
  });
  if (how === type) return typeNamespaces(namespace ?? "default");
  const found = await withProgress(vscode.l10n.t("Looking for KubeOpenCode…"), async (signal) =>
    valueOf(await gateway.scan(name, [namespace ?? "default"], signal)),
  );
  const { namespaces, isPartial } = found;
  if (namespaces.length === 0) {
    void showInformation(
      vscode.l10n.t(
        "No agents or tasks that you have access to were found. Enter the namespaces instead.",
      ),
    );
    return typeNamespaces(namespace ?? "default");
  }
  const picked = await pickMany(
    namespaces.map((each) => ({
      label: each.namespace,
      description: vscode.l10n.t("agents: {0}, tasks: {1}", each.agents, each.tasks),
      picked: true,
    })),
    {
      title: vscode.l10n.t("Add Kubernetes Cluster"),
      placeHolder: isPartial
        ? vscode.l10n.t(
            "Which namespaces? This list is incomplete: the cluster has more than was read",
          )
        : vscode.l10n.t("Which namespaces should be watched?"),
    },
  );
  return chosen(picked).map(({ label }) => label);
}

async function typeNamespaces(value: string): Promise<readonly string[]> {
  const split = (text: string): readonly string[] =>
    text.split(/[\s,]+/).filter((each) => each !== "");
  const text = await enterText({
    title: vscode.l10n.t("Add Kubernetes Cluster"),
    prompt: vscode.l10n.t("Namespaces to watch, separated by commas"),
    value,
    validateInput: (typed) =>
      split(typed).length > 0 && split(typed).every((each) => NAME.test(each))
        ? undefined
        : vscode.l10n.t("Namespace names: lowercase letters, digits and hyphens."),
  });
  return split(text);
}
