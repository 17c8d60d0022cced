import * as vscode from "vscode";

import { getSession } from "../core/lookup.ts";
import type { SessionRef } from "../core/session.ts";
import {
  cleanUp,
  type CleanUpItem,
  type CleanUpRule,
  cleanUpSum,
  keptText,
  parseCostRule,
  parseDays,
  rulesText,
} from "../viewModels/cleanUp.ts";
import { plural } from "../viewModels/sessionFigures.ts";
import { deletePlan } from "../viewModels/deletePreview.ts";
import { backUp, pickBackupFolder } from "./backupSessions.ts";
import type { CommandContext } from "./commandContext.ts";
import { deleteTree } from "./deleteSession.ts";
import { Refusal } from "./failure.ts";
import { sessionTarget } from "./target.ts";
import { withProgress } from "./withProgress.ts";

/**
 * Finds session trees by age, archive, emptiness or cost, lets a person choose among them with their sums in
 * sight, writes a backup when wanted, and deletes them.
 */
export async function cleanUpSessions(context: CommandContext): Promise<void> {
  const rules = await askRules();
  if (rules === undefined) return;
  const { items, kept } = cleanUp(context.store.state, rules, {
    nowMs: Date.now(),
    pinned: context.tree.options.pinned,
  });
  const found = rules.some(({ kind }) => kind === "empty")
    ? await withoutMessages(context, items)
    : items;
  if (found.length === 0) {
    const words = [vscode.l10n.t("No session is {0}.", rulesText(rules)), keptText(kept)];
    void vscode.window.showInformationMessage(words.join(" ").trim());
    return;
  }
  const chosen = await choose(context, found, [rulesText(rules), keptText(kept)]);
  if (chosen === undefined || chosen.length === 0) return;
  const wanted = await confirm(context, chosen);
  if (wanted === undefined) return;
  let folder: vscode.Uri | undefined;
  if (wanted.isBackedUp) {
    const parent = await pickBackupFolder();
    if (parent === undefined) return;
    folder = await withProgress(vscode.l10n.t("Backing up sessions"), async (signal, report) => {
      const written = await backUp(context, wanted.refs, parent, signal, report);
      return written.folder;
    });
  }
  await deleteAll(context, wanted.refs, folder);
}

interface RuleItem extends vscode.QuickPickItem {
  readonly rule: CleanUpRule["kind"];
}

async function askRules(): Promise<readonly CleanUpRule[] | undefined> {
  const title = vscode.l10n.t("Clean Up Sessions");
  const items: RuleItem[] = [
    {
      label: vscode.l10n.t("Not touched for some days"),
      description: vscode.l10n.t("the whole tree; you are asked how many"),
      rule: "older",
      picked: true,
    },
    { label: vscode.l10n.t("Archived"), rule: "archived" },
    { label: vscode.l10n.t("Empty"), description: vscode.l10n.t("no messages"), rule: "empty" },
    {
      label: vscode.l10n.t("By cost"),
      description: vscode.l10n.t("the whole tree; less or more than an amount"),
      rule: "cost",
    },
  ];
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: vscode.l10n.t("Which sessions? All that is ticked must hold"),
    canPickMany: true,
  });
  if (picked === undefined || picked.length === 0) return undefined;
  const rules: CleanUpRule[] = [];
  for (const { rule: kind } of picked) {
    const rule = kind === "older" || kind === "cost" ? await askFor(kind, title) : { kind };
    if (rule === undefined) return undefined;
    rules.push(rule);
  }
  return rules;
}

async function askFor(kind: "older" | "cost", title: string): Promise<CleanUpRule | undefined> {
  if (kind === "older") {
    const text = await vscode.window.showInputBox({
      title,
      prompt: vscode.l10n.t("Not touched for how many days?"),
      value: "30",
      validateInput: (days) =>
        parseDays(days) === undefined
          ? vscode.l10n.t("A whole number of days, from 1 on.")
          : undefined,
    });
    const days = text === undefined ? undefined : parseDays(text);
    return days === undefined ? undefined : { kind, days };
  }
  const text = await vscode.window.showInputBox({
    title,
    prompt: vscode.l10n.t("Cost of the whole tree in US dollars: <0.05 for less, >5 for more"),
    value: "<0.05",
    validateInput: (cost) =>
      parseCostRule(cost) === undefined ? vscode.l10n.t("An amount like <0.05 or >5.") : undefined,
  });
  return text === undefined ? undefined : parseCostRule(text);
}

/** Only those the server has no message of. */
async function withoutMessages(
  context: CommandContext,
  items: readonly CleanUpItem[],
): Promise<readonly CleanUpItem[]> {
  return withProgress(vscode.l10n.t("Looking for messages…"), async (signal) => {
    const empty: CleanUpItem[] = [];
    for (const item of items) {
      const gateway = context.servers.gateway(item.ref.serverID);
      const page = await gateway?.listMessages(item.ref.sessionID, { limit: 1 }, signal);
      if (signal.aborted) throw new vscode.CancellationError();
      if (page?.ok === true && page.value.messages.length === 0) empty.push(item);
    }
    return empty;
  });
}

/** The list with check boxes; its title sums up what is ticked. Undefined when it is closed. */
async function choose(
  context: CommandContext,
  items: readonly CleanUpItem[],
  words: readonly string[],
): Promise<readonly SessionRef[] | undefined> {
  const pick = vscode.window.createQuickPick<CleanUpItem>();
  const sum = (chosen: readonly CleanUpItem[]): string =>
    cleanUpSum(
      context.store.state,
      chosen.map(({ ref }) => ref),
    );
  pick.canSelectMany = true;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  pick.items = items;
  pick.selectedItems = items;
  pick.title = vscode.l10n.t("Delete: {0}", sum(items));
  pick.placeholder = words.filter((word) => word !== "").join(". ");
  return new Promise((resolve) => {
    pick.onDidChangeSelection((chosen) => {
      pick.title = vscode.l10n.t("Delete: {0}", sum(chosen));
    });
    pick.onDidAccept(() => {
      resolve(pick.selectedItems.map(({ ref }) => ref));
      pick.hide();
    });
    pick.onDidHide(() => {
      resolve(undefined);
      pick.dispose();
    });
    pick.show();
  });
}

async function confirm(
  { store }: CommandContext,
  refs: readonly SessionRef[],
): Promise<{ readonly refs: readonly SessionRef[]; readonly isBackedUp: boolean } | undefined> {
  const plan = deletePlan(store.state, refs);
  if (plan.kind === "refused") throw new Refusal(plan.message);
  const backUpFirst = vscode.l10n.t("Back Up and Delete");
  const justDelete = vscode.l10n.t("Delete Without Backup");
  const answer = await vscode.window.showWarningMessage(
    plan.question,
    { modal: true, detail: plan.detail },
    backUpFirst,
    justDelete,
  );
  if (answer === undefined) return undefined;
  return { refs: plan.refs, isBackedUp: answer === backUpFirst };
}

async function deleteAll(
  context: CommandContext,
  refs: readonly SessionRef[],
  folder: vscode.Uri | undefined,
): Promise<void> {
  const done: string[] = [];
  let failures = 0;
  await withProgress(vscode.l10n.t("Deleting sessions"), async (signal, report) => {
    for (const ref of refs) {
      // What is deleted stays deleted: cancelling keeps the rest.
      if (signal.aborted) break;
      if (getSession(context.store.state, ref) === undefined) continue;
      const target = await sessionTarget(context, ref, "");
      if (target === undefined) continue;
      report(target.title, 100 / refs.length);
      try {
        await deleteTree(context, target);
        done.push(ref.sessionID);
      } catch (error) {
        failures++;
        const reason = error instanceof Error ? error.message : "unknown reason";
        context.log.error("commands", `Clean up: ${ref.sessionID}: ${reason}`);
      }
    }
  });
  context.tree.pin(done, false);
  tellDone(done.length, refs.length, failures, folder);
}

function tellDone(
  done: number,
  all: number,
  failures: number,
  folder: vscode.Uri | undefined,
): void {
  const words = [
    done === all
      ? vscode.l10n.t("Deleted {0}.", plural(done, "session"))
      : vscode.l10n.t("Deleted {0} of {1} sessions.", done, all),
  ];
  if (failures > 0) words.push(vscode.l10n.t("{0} failed: the log says why.", failures));
  if (folder !== undefined) words.push(vscode.l10n.t("The backup is in {0}.", folder.fsPath));
  const tell =
    failures > 0 ? vscode.window.showWarningMessage : vscode.window.showInformationMessage;
  void tell(words.join(" "));
}
