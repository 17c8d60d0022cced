import { plural, t } from "../../core/language.ts";
import { trimOf } from "../../core/trim.ts";
import { getServer, getSession } from "../../core/state/lookup.ts";
import { treeUsage } from "../../core/state/selectors.ts";
import type { Session, SessionRef } from "../../core/state/session.ts";
import { shownRoots } from "../../core/state/shown.ts";
import type { ServerState, State } from "../../core/state/state.ts";
import { totalTokens, totalUSD } from "../../core/usage/usage.ts";
import { type TreeTotal, totalText, treeTotal } from "./deletePreview.ts";
import {
  cleanTitle,
  formatCount,
  formatDateTime,
  formatRelativeTime,
  formatUSD,
} from "../text/format.ts";
import { shownPath } from "../text/paths.ts";
import { SEPARATOR, usageTexts } from "../tree/sessionFigures.ts";

/** A condition for deleting a session tree. If there are several, all must hold. */
export type CleanUpRule =
  /** Nothing in the tree was touched for this many days. */
  | { readonly kind: "older"; readonly days: number }
  | { readonly kind: "archived" }
  /** Nothing was ever billed, and there are no sub-sessions; the server must confirm it has no messages. */
  | { readonly kind: "empty" }
  /** What the tree cost; `below` requires that its price is known. */
  | { readonly kind: "cost"; readonly is: "below" | "above"; readonly usd: number };

/** A session tree that meets the rules, as an item with a check box. */
export interface CleanUpItem {
  readonly ref: SessionRef;
  readonly label: string;
  /** Age, tokens and cost of the tree. */
  readonly description: string;
  /** Number of children, the server if there are several, and the directory. */
  readonly detail: string;
}

export interface CleanUp {
  /** Longest untouched first. */
  readonly items: readonly CleanUpItem[];
  /** Number of trees that meet the rules but are kept. */
  readonly kept: { readonly pinned: number; readonly busy: number };
}

const DAY_MS = 24 * 3600 * 1000;

/** The session trees of connected servers that meet every rule. Pinned and busy ones are kept. */
export function cleanUp(
  state: State,
  rules: readonly CleanUpRule[],
  options: { readonly nowMs: number; readonly pinned: ReadonlySet<string> },
): CleanUp {
  const found: { readonly item: CleanUpItem; readonly touchedMs: number }[] = [];
  const kept = { pinned: 0, busy: 0 };
  for (const ref of shownRoots(state)) {
    const server = getServer(state, ref.serverID);
    const session = getSession(state, ref);
    if (session === undefined || server?.connection.kind !== "connected") continue;
    const touchedMs = lastTouchedMs(server, session);
    if (!rules.every((rule) => holds(rule, state, ref, session, touchedMs, options.nowMs)))
      continue;
    const tree = treeUsage(state, ref);
    if (options.pinned.has(ref.sessionID)) kept.pinned++;
    else if (tree.working > 0 || tree.requests > 0) kept.busy++;
    else found.push({ item: itemOf(state, ref, session, touchedMs, options.nowMs), touchedMs });
  }
  found.sort((a, b) => a.touchedMs - b.touchedMs);
  return { items: found.map(({ item }) => item), kept };
}

function holds(
  rule: CleanUpRule,
  state: State,
  ref: SessionRef,
  session: Session,
  touchedMs: number,
  nowMs: number,
): boolean {
  const tree = treeUsage(state, ref);
  switch (rule.kind) {
    case "older":
      return nowMs - touchedMs >= rule.days * DAY_MS;
    case "archived":
      return session.archivedMs !== undefined;
    case "empty":
      return tree.descendants === 0 && totalTokens(tree.usage.tokens) === 0;
    case "cost": {
      const usd = totalUSD(tree.usage);
      // A lower bound can't prove that the cost is below a limit.
      if (rule.is === "below") return tree.usage.unpricedTokens === 0 && usd < rule.usd;
      return usd > rule.usd;
    }
  }
}

function lastTouchedMs(server: ServerState, root: Session): number {
  let newestMs = root.updatedMs;
  const seen = new Set([root.id]);
  const visit = (sessionID: string): void => {
    for (const childID of server.children.get(sessionID) ?? []) {
      if (seen.has(childID)) continue;
      seen.add(childID);
      newestMs = Math.max(newestMs, server.sessions.get(childID)?.updatedMs ?? 0);
      visit(childID);
    }
  };
  visit(root.id);
  return newestMs;
}

function itemOf(
  state: State,
  ref: SessionRef,
  session: Session,
  touchedMs: number,
  nowMs: number,
): CleanUpItem {
  const tree = treeUsage(state, ref);
  const places = [cleanTitle(shownPath(session.directory), 200)];
  if (state.servers.size > 1) {
    places.unshift(cleanTitle(getServer(state, ref.serverID)?.endpoint.name ?? ""));
  }
  if (tree.descendants > 0)
    places.unshift(plural(tree.descendants, "{0} sub-session", "{0} sub-sessions"));
  const facts = [formatRelativeTime(touchedMs, nowMs), ...usageTexts(tree)];
  if (session.archivedMs !== undefined) facts.push(t("archived"));
  return {
    ref,
    label: cleanTitle(session.title),
    description: facts.join(SEPARATOR),
    detail: places.join(SEPARATOR),
  };
}

/** Totals of the chosen trees, for the list's title: `3 sessions, 5 sub-sessions, 45.2k tokens, $0.23`. */
export function cleanUpSum(state: State, refs: readonly SessionRef[]): string {
  const total: TreeTotal = treeTotal(state, refs);
  return refs.length === 0 ? t("nothing selected") : totalText(total);
}

/** Why some trees that meet the rules aren't listed; empty if there are none. */
export function keptText({ pinned, busy }: CleanUp["kept"]): string {
  const words = [];
  if (pinned > 0) words.push(t`${formatCount(pinned)} pinned`);
  if (busy > 0) words.push(t`${formatCount(busy)} running or waiting for you`);
  return words.length === 0 ? "" : t`Kept: ${words.join(", ")}`;
}

/** Parses `<0.05`, `> 5` or `$5` (below); undefined if it is invalid or means below $0. */
export function parseCostRule(text: string): Extract<CleanUpRule, { kind: "cost" }> | undefined {
  const [, sign, digits] =
    /^([<>]?)\$?(\d+(?:\.\d+)?|\.\d+)$/.exec(text.replaceAll(/\s/g, "")) ?? [];
  const usd = Number(digits);
  if (digits === undefined || !Number.isFinite(usd)) return undefined;
  const is = sign === ">" ? "above" : "below";
  return usd > 0 || is === "above" ? { kind: "cost", is, usd } : undefined;
}

/** Parses a whole number of days, at least 1. */
export function parseDays(text: string): number | undefined {
  const days = /^\s*\d{1,5}\s*$/.test(text) ? Number(text) : 0;
  return days >= 1 ? days : undefined;
}

/** The rules in words: `unused for 30 days, archived`. */
export function rulesText(rules: readonly CleanUpRule[]): string {
  return rules
    .map((rule) => {
      switch (rule.kind) {
        case "older":
          return t`unused for ${plural(rule.days, "{0} day", "{0} days")}`;
        case "archived":
          return t("archived");
        case "empty":
          return t("without messages");
        case "cost":
          return rule.is === "above"
            ? t`cost above ${formatUSD(rule.usd)}`
            : t`cost below ${formatUSD(rule.usd)}`;
      }
    })
    .join(", ");
}

/** File name of a session's backup: its day, title and id, in characters valid on every file system. */
export function backupName(session: Pick<Session, "id" | "title" | "createdMs">): string {
  const day = formatDateTime(session.createdMs).slice(0, 10);
  const title = trimOf(cleanTitle(session.title, 50).replaceAll(/[^\p{L}\p{N}]+/gu, "-"), "-");
  const id = session.id.replaceAll(/[^\w.-]+/g, "-");
  return [day, title, id].filter((word) => word !== "").join("_") + ".json";
}
