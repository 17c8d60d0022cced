import { t } from "../../core/language.ts";
import { bounded } from "../../core/limits.ts";
import type { AttentionItem } from "../../core/state/attention.ts";
import { getServer, getSession, rootOf } from "../../core/state/lookup.ts";
import type { SessionRef } from "../../core/state/session.ts";
import type { State } from "../../core/state/state.ts";
import {
  cleanTitle,
  formatDateTime,
  formatRelativeTime,
  spokenAge,
  visibleText,
} from "../text/format.ts";
import { escapeMarkdown } from "../documents/markdown.ts";
import { permissionDetails, questionDetails, requestHeadline } from "../documents/requestText.ts";
import { SEPARATOR } from "../tree/sessionFigures.ts";
import type { RowIcon } from "../tree/sessionIcon.ts";
import { rowLabel } from "../tree/sessionRow.ts";

/** A row of the view that lists what waits for the user. */
export interface AttentionRow {
  /** Title of the session that waits, which may be a child. */
  readonly label: string;
  /** What it waits for, or how it ended; then the root's title, the server's name if there are several, and the age. */
  readonly description: string;
  readonly icon: RowIcon;
  /** Whether the user can answer it; the others can be dismissed. */
  readonly asks: boolean;
  /** `attention`, the kind, and `asks` or `news`, for `when` clauses. */
  readonly contextValue: string;
  readonly accessibilityLabel: string;
}

const ICONS: Readonly<Record<AttentionItem["kind"], RowIcon>> = {
  permission: { id: "shield", color: "problemsWarningIcon.foreground" },
  question: { id: "question", color: "problemsWarningIcon.foreground" },
  failed: { id: "error", color: "problemsErrorIcon.foreground" },
  finished: { id: "pass", color: "charts.green" },
};

const SPOKEN: Readonly<Record<AttentionItem["kind"], string>> = {
  permission: t("asks for permission"),
  question: t("asks"),
  failed: t("failed"),
  finished: t("finished"),
};

/** Maximum characters of what it waits for: VS Code cuts off at the right, where names and age are. */
const WHAT_LENGTH = 48;

export function attentionRow(state: State, item: AttentionItem, nowMs: number): AttentionRow {
  const names = namesOf(state, item);
  const age = formatRelativeTime(item.sinceMs, nowMs);
  const what = whatOf(item);
  const described = [
    cleanTitle(item.kind === "failed" ? t`failed: ${what}` : what, WHAT_LENGTH),
    names.root === undefined ? undefined : t`in ${rowLabel(names.root)}`,
    state.servers.size > 1 ? names.server : undefined,
    age,
  ];
  const isAsking = item.kind === "permission" || item.kind === "question";
  const spoken = [
    `${names.session} ${SPOKEN[item.kind]}`,
    isAsking || item.kind === "failed" ? what : undefined,
    names.root === undefined ? undefined : t`sub-session of ${names.root}`,
    state.servers.size > 1 ? t`on ${names.server}` : undefined,
    spokenAge(item.sinceMs, nowMs),
  ];
  return {
    label: rowLabel(names.session),
    description: described.filter((part) => part !== undefined).join(SEPARATOR),
    icon: ICONS[item.kind],
    asks: isAsking,
    contextValue: `attention ${item.kind} ${isAsking ? "asks" : "news"}`,
    accessibilityLabel: spoken.filter((part) => part !== undefined).join(", "),
  };
}

/** Everything known about an item, as Markdown. */
export function attentionTooltip(state: State, item: AttentionItem, nowMs: number): string {
  const names = namesOf(state, item);
  const lines = [
    `**${escapeMarkdown(names.session)}** ${SPOKEN[item.kind]}`,
    [
      names.root === undefined ? undefined : t`Sub-session of ${escapeMarkdown(names.root)}`,
      t`Server: ${escapeMarkdown(names.server)}`,
      t`Since: ${formatDateTime(item.sinceMs)} (${formatRelativeTime(item.sinceMs, nowMs)})`,
    ]
      .filter((line) => line !== undefined)
      .join("  \n"),
  ];
  const details = detailsOf(item);
  if (details !== undefined) lines.splice(1, 0, codeBlock(details));
  return lines.join("\n\n");
}

/** Titles by which the user knows a session. */
export interface SessionNames {
  readonly session: string;
  /** Title of the topmost ancestor; undefined for a session without one. */
  readonly root: string | undefined;
  readonly server: string;
}

/** What identifies a session out of context: its own title, its root's and its server's name. */
export function namesOf(state: State, ref: SessionRef): SessionNames {
  const root = rootOf(state, ref);
  const title = (at: SessionRef): string => cleanTitle(getSession(state, at)?.title ?? "", 60);
  return {
    session: title(ref),
    root: root.sessionID === ref.sessionID ? undefined : title(root),
    server: cleanTitle(getServer(state, ref.serverID)?.endpoint.name ?? "", 30),
  };
}

function whatOf(item: AttentionItem): string {
  switch (item.kind) {
    case "permission":
    case "question":
      return requestHeadline(item.request);
    case "failed":
      return cleanTitle(item.message, 120);
    case "finished":
      return t("finished");
  }
}

function detailsOf(item: AttentionItem): string | undefined {
  switch (item.kind) {
    case "permission":
      return permissionDetails(item.request);
    case "question":
      return questionDetails(item.request);
    case "failed":
      return visibleText(item.message);
    case "finished":
      return undefined;
  }
}

/** Maximum characters in a tooltip's code block. */
const BLOCK_CHARACTERS = 1500;

/** Text as a code block whose fence is longer than any run of backticks in the text. */
function codeBlock(text: string): string {
  const shown = text.length > BLOCK_CHARACTERS ? `${bounded(text, BLOCK_CHARACTERS)}\n…` : text;
  const longest = Math.max(2, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${shown}\n${fence}`;
}
