import * as vscode from "vscode";

import {
  type ClusterAgent,
  type ClusterCronTask,
  type ClusterKind,
  type ClusterRef,
  type ClusterTask,
  namespaceKey,
  type NamespaceState,
} from "../../core/state/cluster.ts";
import { namespaceKeyOf, parseClusterElement } from "../../viewModels/cluster/clusterElements.ts";
import { choose } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { refuseLostRow } from "../lostRow.ts";

/** The cluster object a command is about. */
export interface ClusterTarget<T = ClusterAgent | ClusterTask | ClusterCronTask> {
  readonly ref: ClusterRef;
  readonly namespace: NamespaceState;
  readonly object: T;
}

const WORDS: Readonly<Record<ClusterKind, string>> = {
  agents: vscode.l10n.t("agent"),
  tasks: vscode.l10n.t("task"),
  cronTasks: vscode.l10n.t("cron task"),
};

/** The element of the row a command was invoked on, or of the selected row; refuses if that row is gone. */
function elementOf({ tree }: CommandContext, argument: unknown): string | undefined {
  refuseLostRow(argument);
  return typeof argument === "string" ? argument : tree.selection.current;
}

/**
 * The object a command is about: the row it was invoked on or the selected one, else the one the user picks
 * from the suitable ones. Refuses if there are none.
 */
export async function clusterTarget(
  context: CommandContext,
  argument: unknown,
  question: {
    readonly placeHolder: string;
    readonly kinds: readonly ClusterKind[];
    readonly isFit?: (object: ClusterAgent | ClusterTask | ClusterCronTask) => boolean;
  },
): Promise<ClusterTarget> {
  const { clusters } = context.store.state;
  const element = elementOf(context, argument);
  const named = element === undefined ? undefined : parseClusterElement(element);
  if (named !== undefined && question.kinds.includes(named.kind)) {
    const namespace = clusters.get(namespaceKey(named));
    const object = namespace?.[named.kind].get(named.name);
    if (namespace === undefined || object === undefined) {
      throw new Refusal(vscode.l10n.t("It no longer exists."));
    }
    return { ref: named, namespace, object };
  }
  const isFit = question.isFit ?? (() => true);
  const items = [...clusters.values()].flatMap((namespace) =>
    question.kinds.flatMap((kind) =>
      [...namespace[kind].values()].filter(isFit).map((object) => ({
        label: object.name,
        description: `${WORDS[kind]} · ${namespace.clusterID} / ${namespace.namespace}`,
        target: {
          ref: {
            clusterID: namespace.clusterID,
            namespace: namespace.namespace,
            kind,
            name: object.name,
          },
          namespace,
          object,
        },
      })),
    ),
  );
  if (items.length === 0)
    throw new Refusal(vscode.l10n.t("There is nothing in a cluster that this applies to."));
  const { placeHolder } = question;
  return (await choose(items, { placeHolder, matchOnDescription: true })).target;
}

/** The namespace a command is about: the row's, else the only one, else the one the user picks. */
export async function namespaceTarget(
  context: CommandContext,
  argument: unknown,
  placeHolder: string,
): Promise<NamespaceState> {
  const { clusters } = context.store.state;
  const element = elementOf(context, argument);
  if (element !== undefined) {
    const ref = parseClusterElement(element);
    const key = namespaceKeyOf(element) ?? (ref === undefined ? undefined : namespaceKey(ref));
    const named = key === undefined ? undefined : clusters.get(key);
    if (named !== undefined) return named;
  }
  const all = [...clusters.values()];
  const [only, ...others] = all;
  if (only === undefined) {
    throw new Refusal(
      vscode.l10n.t("No cluster has been added: use “OpenCode: Add Kubernetes Cluster…”."),
    );
  }
  if (others.length === 0) return only;
  const picked = await choose(
    all.map((namespace) => ({
      label: namespace.namespace,
      description: namespace.clusterID,
      namespace,
    })),
    { placeHolder, matchOnDescription: true },
  );
  return picked.namespace;
}

/** Refuses if the cluster has denied this permission. */
export function expectAllowed(namespace: NamespaceState, permission: string): void {
  if (namespace.denied?.has(permission) !== true) return;
  throw new Refusal(
    vscode.l10n.t(
      "Your account is not allowed to do this in {0} ({1}). “OpenCode: Show Role for Missing Permissions” shows what is missing.",
      namespace.namespace,
      permission,
    ),
  );
}
