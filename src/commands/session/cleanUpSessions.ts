import * as vscode from "vscode";

import type { SessionRef } from "../../core/state/session.ts";
import { pickMany, plainItems, showInformation } from "../../platform/messages.ts";
import {
  cleanUp,
  type CleanUpItem,
  type CleanUpRule,
  cleanUpSum,
  keptText,
  parseCostRule,
  parseDays,
  rulesText,
} from "../../viewModels/documents/cleanUp.ts";
import { chosen, enterText } from "../ask.ts";
import type { CommandContext } from "../commandContext.ts";
import { deleteSessions } from "./deleteSession.ts";
import { withProgress } from "../withProgress.ts";

/**
 * Finds session trees by age, archive state, emptiness or cost, lets the user choose from them while showing
 * totals, and deletes them.
 */
export async function cleanUpSessions(context: CommandContext): Promise<void> {
  const rules = await askRules();
  const { items, kept } = cleanUp(context.store.state, rules, {
    nowMs: Date.now(),
    pinned: context.tree.options.pinned,
  });
  const found = rules.some(({ kind }) => kind === "empty")
    ? await withoutMessages(context, items)
    : items;
  if (found.length === 0) {
    const words = [vscode.l10n.t("No session is {0}.", rulesText(rules)), keptText(kept)];
    void showInformation(words.join(" ").trim());
    return;
  }
  const refs = await pickSessions(context, found, [rulesText(rules), keptText(kept)]);
  if (refs.length > 0) await deleteSessions(context, refs);
}

interface RuleItem extends vscode.QuickPickItem {
  readonly rule: CleanUpRule["kind"];
}

async function askRules(): Promise<readonly CleanUpRule[]> {
  const title = vscode.l10n.t("Clean Up Sessions");
  const items: RuleItem[] = [
    {
      label: vscode.l10n.t("Unused for some days"),
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
  const picked = await pickMany(items, {
    title,
    placeHolder: vscode.l10n.t("Which sessions? Match all selected conditions"),
  });
  const rules: CleanUpRule[] = [];
  for (const { rule: kind } of chosen(picked)) {
    rules.push(kind === "older" || kind === "cost" ? await askFor(kind, title) : { kind });
  }
  return chosen(rules.length === 0 ? undefined : rules);
}

async function askFor(kind: "older" | "cost", title: string): Promise<CleanUpRule> {
  if (kind === "older") {
    const text = await enterText({
      title,
      prompt: vscode.l10n.t("Unused for how many days?"),
      value: "30",
      validateInput: (days) =>
        parseDays(days) === undefined
          ? vscode.l10n.t("A whole number of days, at least 1.")
          : undefined,
    });
    return { kind, days: chosen(parseDays(text)) };
  }
  const text = await enterText({
    title,
    prompt: vscode.l10n.t("Cost of the whole tree in US dollars: <0.05 for less, >5 for more"),
    value: "<0.05",
    validateInput: (cost) =>
      parseCostRule(cost) === undefined ? vscode.l10n.t("An amount like <0.05 or >5.") : undefined,
  });
  return chosen(parseCostRule(text));
}

/** Keeps only sessions without messages on the server. */
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

/** A list with check boxes whose title sums up the checked items. */
async function pickSessions(
  context: CommandContext,
  items: readonly CleanUpItem[],
  words: readonly string[],
): Promise<readonly SessionRef[]> {
  const pick = vscode.window.createQuickPick<CleanUpItem>();
  const sum = (checked: readonly CleanUpItem[]): string =>
    cleanUpSum(
      context.store.state,
      checked.map(({ ref }) => ref),
    );
  pick.canSelectMany = true;
  pick.matchOnDescription = true;
  pick.matchOnDetail = true;
  const shown = plainItems(items);
  pick.items = shown;
  pick.selectedItems = shown;
  pick.title = vscode.l10n.t("Delete: {0}", sum(items));
  pick.placeholder = words.filter((word) => word !== "").join(". ");
  const picked = new Promise<readonly SessionRef[] | undefined>((resolve) => {
    pick.onDidChangeSelection((checked) => {
      pick.title = vscode.l10n.t("Delete: {0}", sum(checked));
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
  return chosen(await picked);
}
