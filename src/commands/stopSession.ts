import * as vscode from "vscode";

import { descendantsOf, getLive, getSession } from "../core/lookup.ts";
import type { SessionRef } from "../core/session.ts";
import type { State } from "../core/state.ts";
import type { Gateway } from "../server/gateway.ts";
import { plural } from "../viewModels/sessionFigures.ts";
import { whyOutOfReach } from "../viewModels/readiness.ts";
import { answerAbout, refuseFor } from "./askServer.ts";
import type { CommandContext } from "./commandContext.ts";
import { Refusal } from "./failure.ts";
import { forEachSession } from "./severalSessions.ts";
import { gatewayOf, type SessionTarget, sessionTargets } from "./target.ts";

/** Stops the running turn of one session, or of each selected one. Servers stop the tasks it waits for as well. */
export async function stopSession(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const targets = await sessionTargets(context, argument, selected, vscode.l10n.t("Stop"));
  await forEachSession(context, targets, vscode.l10n.t("Stopping sessions…"), async (target) => {
    refuseFor(whyOutOfReach(context.store.state, target.ref));
    if (!isRunning(context.store.state, target.ref)) {
      throw new Refusal(vscode.l10n.t("“{0}” is not at work.", target.title));
    }
    const { queuedPrompts } = getLive(context.store.state, target.ref);
    const gateway = gatewayOf(context, target.server);
    answerAbout(context, target, await gateway.interrupt(target.session));
    tellSwallowed(target, queuedPrompts);
  });
}

/** OpenCode 1 (1.18) forgets prompts that waited behind the turn that was stopped. */
function tellSwallowed({ title, server }: SessionTarget, queuedPrompts: number): void {
  if (queuedPrompts === 0 || server.capabilities.has("queuedPrompts")) return;
  void vscode.window.showInformationMessage(
    vscode.l10n.t(
      "Stopped “{0}”. What waited behind the turn stays unanswered: {1}.",
      title,
      plural(queuedPrompts, "queued prompt"),
    ),
  );
}

/** Stops a session and every session below it that is at work. */
export async function stopSessionTree(
  context: CommandContext,
  argument: unknown,
  selected: unknown,
): Promise<void> {
  const placeHolder = vscode.l10n.t("Stop with Child Sessions");
  const targets = await sessionTargets(context, argument, selected, placeHolder);
  await forEachSession(context, targets, vscode.l10n.t("Stopping sessions…"), async (target) => {
    refuseFor(whyOutOfReach(context.store.state, target.ref));
    const stopped = await stopTree(context, target, gatewayOf(context, target.server));
    if (stopped === 0) {
      throw new Refusal(
        vscode.l10n.t("Neither “{0}” nor a session below it is at work.", target.title),
      );
    }
  });
}

/** Stops what is at work in a tree, from the top, because that stops most. Gives the number of sessions that were. */
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

/** Whether a turn runs in a session, or waits for an answer. */
function isRunning(state: State, ref: SessionRef): boolean {
  const { activity, compaction, requests } = getLive(state, ref);
  return activity.kind !== "idle" || compaction !== undefined || requests.length > 0;
}
