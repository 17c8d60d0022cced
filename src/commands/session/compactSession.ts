import * as vscode from "vscode";

import type { Message } from "../../core/state/message.ts";
import { getLive } from "../../core/state/lookup.ts";
import { modelKey, type ModelRef } from "../../core/state/model.ts";
import { contextUse, ownUsage } from "../../core/state/selectors.ts";
import type { SessionRef } from "../../core/state/session.ts";
import { addUsage, sameUsage } from "../../core/usage/usage.ts";
import { askInformation, showInformation, showWarning } from "../../platform/messages.ts";
import type { Gateway } from "../../server/gateway.ts";
import { continuationOf, relativesOf } from "../../viewModels/documents/compactContinuation.ts";
import {
  compactPlan,
  compactReceipt,
  type CompactPlan,
} from "../../viewModels/documents/compactReceipt.ts";
import { isActive } from "./activateSession.ts";
import type { CommandContext } from "../commandContext.ts";
import { Refusal, valueOf } from "../failure.ts";
import { modelFor } from "../pickModel.ts";
import { gatewayOf, type SessionTarget, sessionTarget } from "../target.ts";
import { untilState } from "../../core/state/untilState.ts";
import { withStatusBarProgress } from "../withProgress.ts";

/** How long the server's events may take to report the result of a finished compaction. */
const SETTLE_MS = 5_000;
/** How long an accepted compaction is watched on servers that return before it ends. */
const COMPACTION_LIMIT_MS = 15 * 60_000;
/** How many of the newest messages are searched for the summary. */
const SUMMARY_PAGE = 10;

/**
 * Replaces the session's context with a summary: explains what that will do, asks for confirmation, runs it,
 * and ends with a receipt. Refuses, with the reason, while the session is busy or has a queued prompt. An
 * argument with `isConfirmed` has already been confirmed, by the user or by a setting.
 */
export async function compactSession(context: CommandContext, argument: unknown): Promise<void> {
  const target = await sessionTarget(context, argument, vscode.l10n.t("Compact Session"));
  const plan = readyPlan(context, target);
  const gateway = gatewayOf(context, target.server);
  const model = await modelFor(target, gateway, plan.model);
  if (!isConfirmedBy(argument) && !(await isConfirmed(context, plan, model))) return;
  // The state may have changed while the user was reading.
  readyPlan(context, target);
  const done = await runCompaction(context, target, gateway, model);
  if (done.continuation !== undefined && isActive(context, target.ref)) {
    context.activeSession.pick(done.continuation);
  }
  showReceipt(context, target, done);
}

type ReadyPlan = Extract<CompactPlan, { kind: "ready" }>;

function readyPlan({ store }: CommandContext, { ref }: SessionTarget): ReadyPlan {
  const plan = compactPlan(store.state, ref);
  if (plan.kind === "refused") throw new Refusal(plan.message);
  return plan;
}

function isConfirmedBy(argument: unknown): boolean {
  return (
    typeof argument === "object" &&
    argument !== null &&
    "isConfirmed" in argument &&
    argument.isConfirmed === true
  );
}

async function isConfirmed(
  { configuration }: CommandContext,
  plan: ReadyPlan,
  model: ModelRef,
): Promise<boolean> {
  if (!configuration.read().confirmsCompact) return true;
  const compact = vscode.l10n.t("Compact");
  const answer = await askInformation(
    plan.question,
    `${plan.detail}\n\n${vscode.l10n.t("The summary is written by {0}.", modelKey(model))}`,
    compact,
  );
  return answer === compact;
}

interface Compaction {
  readonly message: string;
  readonly hasRisen: boolean;
  /** The session that continues the work, on servers that start a new one. */
  readonly continuation: SessionRef | undefined;
  readonly summaryMessageID: string | undefined;
}

async function runCompaction(
  context: CommandContext,
  { ref, session, title }: SessionTarget,
  gateway: Gateway,
  model: ModelRef,
): Promise<Compaction> {
  const { store } = context;
  const before = contextUse(store.state, ref);
  const beforeMessageID = getLive(store.state, ref).context?.messageID;
  const usageBefore = ownUsage(store.state, ref).usage;
  const relatives = relativesOf(store.state, ref);
  const earlier = await newestSummary(gateway, ref);
  const startedMs = performance.now();

  // “Stop Session” ends a compaction like any other turn.
  await withStatusBarProgress(vscode.l10n.t("Compacting “{0}”…", title), async () => {
    valueOf(await gateway.compact(session, model));
    await untilState(store, () => getLive(store.state, ref).compaction === undefined, {
      limitMs: COMPACTION_LIMIT_MS,
    });
  });
  const endedMs = performance.now();
  const hasSettled = (): boolean =>
    getLive(store.state, ref).context?.messageID !== beforeMessageID &&
    !sameUsage(ownUsage(store.state, ref).usage, usageBefore);
  await untilState(
    store,
    () => hasSettled() || continuationOf(store.state, ref, relatives) !== undefined,
    { limitMs: SETTLE_MS },
  );

  const newest = await newestSummary(gateway, ref);
  const summary = newest?.id === earlier?.id ? undefined : newest;
  if (summary?.error !== undefined) throw new Error(summary.error);
  const summaryMessageID = summary?.isStopped === true ? undefined : summary?.id;
  const continuation =
    summaryMessageID === undefined ? continuationOf(store.state, ref, relatives) : undefined;
  const { error } = getLive(store.state, ref);
  if (summaryMessageID === undefined && continuation === undefined && error !== undefined) {
    throw new Error(error.message);
  }
  if (summaryMessageID === undefined && continuation === undefined && !hasSettled()) {
    throw new vscode.CancellationError();
  }
  const own = ownUsage(store.state, ref).usage;
  const receipt = compactReceipt({
    title: session.title,
    before,
    after: contextUse(store.state, continuation ?? ref),
    usageBefore,
    usageAfter:
      continuation === undefined ? own : addUsage(own, ownUsage(store.state, continuation).usage),
    durationMs: endedMs - startedMs,
  });
  return { ...receipt, continuation, summaryMessageID };
}

/** The newest summary; undefined if there is none or it cannot be read. */
async function newestSummary(gateway: Gateway, ref: SessionRef): Promise<Message | undefined> {
  const page = await gateway.listMessages(ref.sessionID, { limit: SUMMARY_PAGE });
  if (!page.ok) return undefined;
  return page.value.messages.findLast((message) => message.isSummary);
}

function showReceipt(context: CommandContext, target: SessionTarget, done: Compaction): void {
  const { summaryMessageID } = done;
  const shown = done.continuation ?? target.ref;
  const openSummary = vscode.l10n.t("Open Summary");
  const showBreakdown = vscode.l10n.t("Show Breakdown");
  const buttons = summaryMessageID === undefined ? [showBreakdown] : [openSummary, showBreakdown];
  const tell = done.hasRisen ? showWarning : showInformation;
  void tell(done.message, ...buttons).then((choice) => {
    if (choice === showBreakdown) context.documents.pages.open(shown, { tab: "charts" });
    if (choice === openSummary && summaryMessageID !== undefined) {
      context.documents.pages.open(target.ref, {
        tab: "conversation",
        messageID: summaryMessageID,
      });
    }
  });
}
