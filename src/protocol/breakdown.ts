/**
 * What crosses between the extension host and the token breakdown's webview. The host sends whole
 * snapshots, never deltas, so that a webview that was hidden or reloaded needs nothing else; the webview
 * asks for what only the host may do. Both sides guard what they get.
 */
import type { ContextFill } from "../core/selectors.ts";
import type { SessionRef } from "../core/session.ts";
import type { SessionState } from "../core/sessionState.ts";
import type { CostState, Tokens, Usage } from "../core/usage.ts";
import type { BreakdownModel, Freshness } from "../viewModels/breakdown.ts";
import type { BreakdownAbsence } from "../viewModels/breakdownAbsence.ts";
import type { BreakdownChild } from "../viewModels/breakdownChildren.ts";
import type { BreakdownPoint, CompactionMark } from "../viewModels/breakdownPoints.ts";
import type { Zoom } from "../viewModels/zoom.ts";
import {
  type Guard,
  isCount,
  isFigure,
  isFlag,
  isText,
  listOf,
  literal,
  only,
  optional,
  shapeOf,
  taggedBy,
} from "./guards.ts";

/** Host to webview. */
export type ToBreakdown =
  | { readonly type: "snapshot"; readonly model: BreakdownModel }
  /** There is nothing to show yet, or any more. */
  | { readonly type: "waiting"; readonly ref: SessionRef; readonly absence: BreakdownAbsence };

/** The two tables of a breakdown. */
export type BreakdownTable = "messages" | "children";

/** Webview to host. */
export type FromBreakdown =
  /** The script runs and wants a snapshot. */
  | { readonly type: "ready" }
  /** Show another session of the same server: a sub-session or the parent. */
  | { readonly type: "openSession"; readonly sessionID: string }
  | { readonly type: "compact" }
  /** Load the messages again after loading stopped. */
  | { readonly type: "reload" }
  | { readonly type: "copy"; readonly format: "csv" | "json"; readonly table: BreakdownTable }
  | { readonly type: "export"; readonly format: "csv" | "json"; readonly table: BreakdownTable }
  /** A chart as a picture: `dataURL` is a PNG in base64. */
  | { readonly type: "savePicture"; readonly chart: string; readonly dataURL: string }
  /** Something went wrong in the webview: for the log. */
  | { readonly type: "problem"; readonly message: string };

/** What a person chose in a breakdown; kept by VS Code with the panel over hiding and reloading. */
export interface BreakdownChoices {
  readonly version: 1;
  /** The session of the panel: what the host needs to bring it back. */
  readonly ref: SessionRef;
  readonly tab: string;
  readonly zoom: Zoom | undefined;
  /** Token kinds that are not drawn. */
  readonly hiddenKinds: readonly string[];
  /** Whether shares count the session alone or with its sub-sessions. */
  readonly scope: "own" | "tree";
  readonly order: "newest" | "oldest" | "tokens" | "cost";
  /** Page of the table of messages, from 0. */
  readonly page: number;
  /** How far the page is scrolled, and the table within it. */
  readonly scrollTop: number;
  readonly tableScrollTop: number;
}

const isTokens = shapeOf<Tokens>({
  input: isCount,
  output: isCount,
  reasoning: isCount,
  cache: shapeOf<Tokens["cache"]>({ read: isCount, write: isCount }),
});

/** Guards a usage. */
export const isUsage = shapeOf<Usage>({
  tokens: isTokens,
  recordedUSD: isFigure,
  estimatedUSD: isFigure,
  unpricedTokens: isCount,
});

const isCostState: Guard<CostState> = literal("recorded", "estimated", "partial", "unpriced");

const isStateKind: Guard<SessionState["kind"]> = literal(
  "idle",
  "working",
  "compacting",
  "waiting_permission",
  "question",
  "retry",
  "error",
  "unavailable",
);

const isRef = shapeOf<SessionRef>({ serverID: isText, sessionID: isText });

const isPoint = shapeOf<BreakdownPoint>({
  messageID: isText,
  createdMs: isFigure,
  durationMs: optional(isCount),
  agent: optional(isText),
  model: optional(isText),
  tokens: isTokens,
  costUSD: isFigure,
  costState: isCostState,
  contextTokens: optional(isCount),
  contextLimit: optional(isCount),
  isSummary: isFlag,
  isLive: isFlag,
  error: optional(isText),
});

const isMark = shapeOf<CompactionMark>({
  messageID: isText,
  createdMs: isFigure,
  isAuto: isFlag,
  beforeTokens: optional(isCount),
  afterTokens: optional(isCount),
});

const isChild = shapeOf<BreakdownChild>({
  sessionID: isText,
  depth: isCount,
  title: isText,
  agent: optional(isText),
  stateKind: isStateKind,
  stateLabel: isText,
  own: isUsage,
  tree: isUsage,
  isEstimate: isFlag,
  contextTokens: optional(isCount),
  contextPercent: optional(isCount),
  updatedMs: isFigure,
});

const isFreshness = taggedBy<"kind", Freshness>("kind", {
  live: shapeOf({ kind: only("live") }),
  connecting: shapeOf({ kind: only("connecting") }),
  stale: shapeOf({ kind: only("stale"), sinceMs: isFigure, message: isText }),
  unauthorized: shapeOf({ kind: only("unauthorized"), sinceMs: isFigure, message: isText }),
  removed: shapeOf({ kind: only("removed") }),
});

const isModel = shapeOf<BreakdownModel>({
  ref: isRef,
  nowMs: isFigure,
  title: isText,
  serverName: isText,
  directory: isText,
  agent: optional(isText),
  model: optional(isText),
  stateKind: isStateKind,
  stateLabel: isText,
  stateMessage: optional(isText),
  freshness: isFreshness,
  createdMs: isFigure,
  updatedMs: isFigure,
  own: shapeOf<BreakdownModel["own"]>({ usage: isUsage, isEstimate: isFlag }),
  tree: shapeOf<BreakdownModel["tree"]>({
    usage: isUsage,
    isEstimate: isFlag,
    descendants: isCount,
  }),
  context: optional(
    shapeOf<ContextFill>({
      contextTokens: isCount,
      contextLimit: optional(isCount),
      percent: optional(isCount),
      isEstimate: isFlag,
    }),
  ),
  parent: optional(
    shapeOf<NonNullable<BreakdownModel["parent"]>>({ sessionID: isText, title: isText }),
  ),
  compactRefusal: optional(isText),
  loading: shapeOf<BreakdownModel["loading"]>({ isComplete: isFlag, error: optional(isText) }),
  userMessages: isCount,
  points: listOf(isPoint),
  sum: isUsage,
  differenceTokens: optional(isFigure),
  compactions: listOf(isMark),
  children: listOf(isChild),
  hiddenChildren: isCount,
});

/** Guards what the webview gets. */
export const isToBreakdown: Guard<ToBreakdown> = taggedBy<"type", ToBreakdown>("type", {
  snapshot: shapeOf({ type: only("snapshot"), model: isModel }),
  waiting: shapeOf({
    type: only("waiting"),
    ref: isRef,
    absence: shapeOf<BreakdownAbsence>({ isOver: isFlag, message: isText }),
  }),
});

/** Largest picture taken from a webview, in characters of base64: 24 MB of PNG. */
const MAX_PICTURE_LENGTH = 32_000_000;
const PNG_PREFIX = "data:image/png;base64,";
/** The first six bytes of every PNG file, in base64. */
const PNG_SIGNATURE = "iVBORw0K";

/** Whether a value is a PNG as a data URL, of a size that is taken. */
export function isPicture(value: unknown): value is string {
  return (
    typeof value === "string" &&
    value.length <= MAX_PICTURE_LENGTH &&
    value.startsWith(PNG_PREFIX + PNG_SIGNATURE)
  );
}

/** The base64 of a picture's data URL. */
export function pictureBase64(dataURL: string): string {
  return dataURL.slice(PNG_PREFIX.length);
}

const isChartID: Guard<string> = (value): value is string =>
  typeof value === "string" && /^[a-zA-Z]{1,40}$/.test(value);
const isFormat: Guard<"csv" | "json"> = literal("csv", "json");
const isTable: Guard<BreakdownTable> = literal("messages", "children");

/** Guards what the host gets. */
export const isFromBreakdown: Guard<FromBreakdown> = taggedBy<"type", FromBreakdown>("type", {
  ready: shapeOf({ type: only("ready") }),
  openSession: shapeOf({ type: only("openSession"), sessionID: isText }),
  compact: shapeOf({ type: only("compact") }),
  reload: shapeOf({ type: only("reload") }),
  copy: shapeOf({ type: only("copy"), format: isFormat, table: isTable }),
  export: shapeOf({ type: only("export"), format: isFormat, table: isTable }),
  savePicture: shapeOf({ type: only("savePicture"), chart: isChartID, dataURL: isPicture }),
  problem: shapeOf({ type: only("problem"), message: isText }),
});

/** Guards what VS Code kept of a panel: it may come from another version of this extension. */
export const isBreakdownChoices: Guard<BreakdownChoices> = shapeOf<BreakdownChoices>({
  version: only(1),
  ref: isRef,
  tab: isText,
  zoom: optional(shapeOf<Zoom>({ fromID: isText, toID: isText, followsEnd: isFlag })),
  hiddenKinds: listOf(isText),
  scope: literal("own", "tree"),
  order: literal("newest", "oldest", "tokens", "cost"),
  page: isCount,
  scrollTop: isCount,
  tableScrollTop: isCount,
});
