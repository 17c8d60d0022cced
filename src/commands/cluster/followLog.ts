import * as vscode from "vscode";

import { type ClusterKind, clusterKey, type ClusterRef } from "../../core/state/cluster.ts";
import { showInformation } from "../../platform/messages.ts";
import { choose } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { clusterTarget, expectAllowed } from "./clusterTarget.ts";
import { FollowedLogs } from "./followedLogs.ts";

const logs = new FollowedLogs();
/** Output channels for logs, by the object they belong to. */
const channels = new Map<string, vscode.OutputChannel>();

/** Shows an object's log as it grows, in an output channel. */
export async function followLog(
  context: CommandContext,
  argument: unknown,
  kind: ClusterKind,
): Promise<void> {
  const target = await clusterTarget(context, argument, {
    placeHolder:
      kind === "tasks"
        ? vscode.l10n.t("Follow the log of which task?")
        : vscode.l10n.t("Follow the log of which agent?"),
    kinds: [kind],
  });
  const { ref, namespace } = target;
  expectAllowed(namespace, "get pods/log");
  const gateway = await context.clusters.gateway();
  const key = clusterKey(ref);
  const channel =
    channels.get(key) ??
    vscode.window.createOutputChannel(
      vscode.l10n.t("OpenCode: {0} ({1})", ref.name, ref.namespace),
      "log",
    );
  channels.set(key, channel);
  if (!logs.has(ref)) {
    channel.clear();
    const write = (text: string): void => {
      channel.append(text);
    };
    // Not awaited: it continues until the container ends, or the user stops it.
    void logs.follow(gateway, ref, write).then((end) => {
      channel.appendLine(
        !end.ok
          ? vscode.l10n.t("— the log ends here: {0} —", end.error.message)
          : end.value === "stopped"
            ? vscode.l10n.t("— no longer followed —")
            : vscode.l10n.t("— the log has ended —"),
      );
    });
  }
  channel.show(true);
  void offerEnd(ref);
}

async function offerEnd(ref: ClusterRef): Promise<void> {
  const end = vscode.l10n.t("Stop Following");
  const answer = await showInformation(vscode.l10n.t("Following the log of “{0}”.", ref.name), end);
  if (answer === end) logs.stop(ref);
}

/** Stops following the only followed log, or the one the user picks. */
export async function stopFollowingLog(): Promise<void> {
  const items = logs.refs().map((ref) => ({
    label: ref.name,
    description: `${ref.clusterID} / ${ref.namespace}`,
    ref,
  }));
  const [only, ...others] = items;
  if (only === undefined) throw new Refusal(vscode.l10n.t("No log is being followed."));
  const placeHolder = vscode.l10n.t("Stop following which log?");
  const { ref } = others.length === 0 ? only : await choose(items, { placeHolder });
  logs.stop(ref);
}
