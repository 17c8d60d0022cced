import { plural, t } from "../../core/language.ts";
import type { AttentionItem } from "../../core/state/attention.ts";
import { parentOf } from "../../core/state/lookup.ts";
import type { State } from "../../core/state/state.ts";
import type { TurnEnd } from "../../core/state/turnEnds.ts";
import { namesOf } from "./attentionRow.ts";
import { cleanTitle } from "../text/format.ts";
import { noticeDetails, requestHeadline } from "../documents/requestText.ts";

export interface Notice {
  readonly item: AttentionItem;
  readonly message: string;
  /** Whether the message shows everything needed to decide, so that the notification can offer answers. */
  readonly canAnswer: boolean;
}

/** What to announce, together with what else becomes news within `delayMs`. */
export interface News {
  readonly items: readonly AttentionItem[];
  readonly delayMs: number;
}

/** How long the first item waits for others that belong to the same notification. */
const FIRST_MS = 1_000;
/** How long items wait that come soon after a first one, or that were found: servers connect one after the other. */
const GATHER_MS = 2_500;
/** How long an item counts as soon after a first one. */
const PERIOD_MS = 5_000;

/** A failure older than this was loaded, not witnessed: it is listed, not announced. */
const NEWS_MS = 60_000;

/**
 * Decides what is worth a notification, each item once, and how long it waits for others: those that come within
 * a few seconds share one. Has no clock of its own.
 */
export class AttentionNotices {
  #announced: ReadonlySet<string>;
  #firstMs = Number.NEGATIVE_INFINITY;

  /** `items`: what is already listed, e.g. after a reload; none of it is announced again. */
  constructor(items: readonly AttentionItem[]) {
    this.#announced = new Set(items.map(({ key }) => key));
  }

  /** What to announce, given everything that waits now and what else happened (`childEndItem`). */
  take(items: readonly AttentionItem[], others: readonly AttentionItem[], nowMs: number): News {
    const fresh = items.filter(({ key }) => !this.#announced.has(key));
    this.#announced = new Set(items.map(({ key }) => key));
    const news = [...fresh, ...others].filter(
      ({ kind, sinceMs }) => kind !== "failed" || sinceMs >= nowMs - NEWS_MS,
    );
    const isFirst = news.some((item) => !wasPending(item)) && nowMs - this.#firstMs >= PERIOD_MS;
    if (isFirst) this.#firstMs = nowMs;
    return { items: news, delayMs: isFirst ? FIRST_MS : GATHER_MS };
  }
}

/** Whether the setting `notifications` wants to hear of such an item. */
export function isAnnounced(
  kind: AttentionItem["kind"],
  setting: "off" | "needed" | "roots" | "all",
): boolean {
  return setting !== "off" && (kind !== "finished" || setting !== "needed");
}

/** Whether an item was already waiting when it was found. */
function wasPending(item: AttentionItem): boolean {
  return "request" in item && item.request.wasPending === true;
}

/** The end of a child's turn as an item to announce; undefined for roots and for ends that aren't news. */
export function childEndItem(
  state: State,
  { serverID, sessionID, outcome }: TurnEnd,
  error: string | undefined,
  nowMs: number,
): AttentionItem | undefined {
  const ref = { serverID, sessionID };
  if (parentOf(state, ref) === undefined) return undefined;
  const common = { ...ref, key: `child ${sessionID}`, sinceMs: nowMs };
  if (outcome === "failed") return { ...common, kind: "failed", message: error ?? "" };
  return outcome === "finished" ? { ...common, kind: "finished" } : undefined;
}

export function noticeOf(state: State, item: AttentionItem): Notice {
  const { session, root, server } = namesOf(state, item);
  const below = root === undefined ? "" : t` in “${root}”`;
  const who = t`“${session}”${below} on ${server}`;
  switch (item.kind) {
    case "permission": {
      const details = noticeDetails(item.request);
      const what = details ?? requestHeadline(item.request);
      const message = t`${who} asks for permission: ${what}`;
      return { item, message, canAnswer: details !== undefined };
    }
    case "question":
      return { item, message: t`${who} asks: ${requestHeadline(item.request)}`, canAnswer: false };
    case "failed":
      return {
        item,
        message: t`${who} failed: ${cleanTitle(item.message, 160)}`,
        canAnswer: false,
      };
    case "finished":
      return { item, message: t`${who} has finished.`, canAnswer: false };
  }
}

export function summaryMessage(items: readonly AttentionItem[]): string {
  const failed = items.filter(({ kind }) => kind === "failed").length;
  const finished = items.filter(({ kind }) => kind === "finished").length;
  const asking = items.length - failed - finished;
  const parts = [
    asking > 0 ? t`${plural(asking, "{0} request", "{0} requests")} waiting for you` : undefined,
    failed > 0 ? t`${plural(failed, "{0} session", "{0} sessions")} failed` : undefined,
    finished > 0 ? t`${plural(finished, "{0} session", "{0} sessions")} finished` : undefined,
  ];
  return t`OpenCode: ${parts.filter((part) => part !== undefined).join(", ")}.`;
}
