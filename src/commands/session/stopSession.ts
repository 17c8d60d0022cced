import * as vscode from "vscode";

import { plural } from "../../core/language.ts";
import { descendantsOf, getLive, getSession } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import { showInformation } from "../../platform/messages.ts";
import type { Gateway } from "../../server/gateway.ts";
import { whyOutOfReach } from "../../viewModels/documents/readiness.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal } from "../failure.ts";
import { forEachSession } from "./severalSessions.ts";
import { gatewayOf, type SessionTarget, sessionTargets } from "../target.ts";

/** Stops the running turn of one session, or of each selected one. Servers also stop the tasks it waits for. */
export async function stopSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const targets = await sessionTargets(context, argument, selected, vscode.l10n.t("Stop Session"));
  await forEachSession(context, targets, vscode.l10n.t("Stopping sessions…"), async (target) => {
    refuseFor(whyOutOfReach(context.store.state, target.ref));
    if (!isRunning(context.store.state, target.ref)) {
      throw new Refusal(vscode.l10n.t("“{0}” is not running.", target.title));
    }
    const { queuedPrompts } = getLive(context.store.state, target.ref);
    const gateway = gatewayOf(context, target.server);
    answerAbout(context, target, await gateway.interrupt(target.session));
    warnDiscardedPrompts(target, queuedPrompts);
  });
}

/** OpenCode 1 (1.18) discards prompts queued behind the stopped turn. */
function warnDiscardedPrompts({ title, server }: SessionTarget, queuedPrompts: number): void {
  if (queuedPrompts === 0 || server.capabilities.has("queuedPrompts")) return;
  void showInformation(
    vscode.l10n.t(
      "Stopped “{0}”. {1} will not be answered.",
      title,
      plural(queuedPrompts, "{0} queued prompt", "{0} queued prompts"),
    ),
  );
}

/** Stops a session and every busy session below it. */
export async function stopSessionTree(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const placeHolder = vscode.l10n.t("Stop Session with Sub-sessions");
  const targets = await sessionTargets(context, argument, selected, placeHolder);
  await forEachSession(context, targets, vscode.l10n.t("Stopping sessions…"), async (target) => {
    refuseFor(whyOutOfReach(context.store.state, target.ref));
    const stopped = await stopTree(context, target, gatewayOf(context, target.server));
    if (stopped === 0) {
      throw new Refusal(
        vscode.l10n.t("Neither “{0}” nor any of its sub-sessions is running.", target.title),
      );
    }
  });
}

/** Stops the busy sessions in a tree, from the top, because that stops the most. Returns how many were busy. */
export async function stopTree(
  context: CommandContext,
  target: SessionTarget,
  gateway: Gateway,
): Promise<number> {
  const { state } = context.store;
  const running = [target.ref, ...descendantsOf(state, target.ref)].filter((ref) =>
    isRunning(state, ref),
  );
  for (const ref of running) {
    const session = getSession(context.store.state, ref);
    if (session === undefined) continue;
    answerAbout(context, target, await gateway.interrupt(session));
  }
  return running.length;
}

/** Whether a turn is running in a session, or waiting for an answer. */
function isRunning(state: State, ref: SessionRef): boolean {
  const { activity, compaction, requests } = getLive(state, ref);
  return activity.kind !== "idle" || compaction !== undefined || requests.length > 0;
}
