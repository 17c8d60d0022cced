import { getLive, getServer, getSession, parentOf, sessionModel } from "./lookup.ts";
import { modelKey } from "./model.ts";
import { contextUse } from "./selectors.ts";
import type { SessionRef } from "./session.ts";
import { sessionState } from "./sessionState.ts";
import type { State } from "./state.ts";

/*
 * When a session's context counts as full, and what to do then. Pure: watching and acting happen elsewhere.
 */

export const AUTO_COMPACT_MODES = ["off", "offer", "on"] as const;
export type AutoCompactMode = (typeof AUTO_COMPACT_MODES)[number];

/** What to do with a session, and at which percentage of its context window. */
export interface AutoCompactRule {
  readonly mode: AutoCompactMode;
  readonly thresholdPercent: number;
}

/** A rule for some servers and models; undefined fields are inherited. */
export interface AutoCompactOverride {
  /** Name or address of the server; undefined for all. */
  readonly server: string | undefined;
  /** `provider/model`, where `*` matches any text; undefined for all. */
  readonly model: string | undefined;
  readonly mode: AutoCompactMode | undefined;
  readonly thresholdPercent: number | undefined;
}

export interface AutoCompactSettings extends AutoCompactRule {
  readonly overrides: readonly AutoCompactOverride[];
}

/** Thresholds the user may set, in percent. */
export const THRESHOLD_PERCENT = { least: 10, most: 100, usual: 95 } as const;

/** Parses one entry of the setting; undefined if any of it is invalid. */
export function parseOverride(entry: unknown): AutoCompactOverride | undefined {
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return undefined;
  const { server, model, mode, threshold, ...others } = Object.fromEntries<unknown>(
    Object.entries(entry),
  );
  if (Object.keys(others).length > 0) return undefined;
  if (!isTextOrAbsent(server) || !isTextOrAbsent(model)) return undefined;
  if (mode !== undefined && !isAutoCompactMode(mode)) return undefined;
  if (threshold !== undefined && !isThresholdPercent(threshold)) return undefined;
  return { server, model, mode, thresholdPercent: threshold };
}

export function isAutoCompactMode(value: unknown): value is AutoCompactMode {
  return AUTO_COMPACT_MODES.some((mode) => mode === value);
}

export function isThresholdPercent(value: unknown): value is number {
  return (
    typeof value === "number" && value >= THRESHOLD_PERCENT.least && value <= THRESHOLD_PERCENT.most
  );
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === "string";
}

/** The rule for a session: of the overrides that match it, the last one to set a field wins. */
export function ruleOf(
  state: State,
  ref: SessionRef,
  settings: AutoCompactSettings,
): AutoCompactRule {
  const endpoint = getServer(state, ref.serverID)?.endpoint;
  const model = sessionModel(state, ref);
  let { mode, thresholdPercent } = settings;
  for (const override of settings.overrides) {
    const { server } = override;
    if (server !== undefined && server !== endpoint?.name && server !== endpoint?.url) continue;
    if (override.model !== undefined) {
      if (model === undefined || !fits(override.model, modelKey(model))) continue;
    }
    mode = override.mode ?? mode;
    thresholdPercent = override.thresholdPercent ?? thresholdPercent;
  }
  return { mode, thresholdPercent };
}

/**
 * Whether a key fits a pattern in which `*` stands for any characters, ignoring case. Linear, unlike a regular
 * expression: a workspace may contain any pattern.
 */
function fits(pattern: string, key: string): boolean {
  const [first = "", ...others] = pattern.toLowerCase().split("*");
  const text = key.toLowerCase();
  const last = others.pop();
  if (last === undefined) return text === first;
  let at = first.length;
  if (!text.startsWith(first)) return false;
  for (const part of others) {
    const found = text.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return text.length - last.length >= at && text.endsWith(last);
}

/**
 * How full a session is, in percent, if its turn is over and its context has reached the threshold; undefined if
 * nothing should be done. Excludes children, whose task ends with their turn, figures that are only estimated, as
 * right after a compaction, sessions with queued prompts, and sessions already compacted in that turn.
 */
export function dueForCompaction(
  state: State,
  ref: SessionRef,
  { mode, thresholdPercent }: AutoCompactRule,
): number | undefined {
  if (mode === "off" || parentOf(state, ref) !== undefined) return undefined;
  const session = getSession(state, ref);
  if (session === undefined || session.archivedMs !== undefined) return undefined;
  if (getServer(state, ref.serverID)?.connection.kind !== "connected") return undefined;
  const { kind } = sessionState(state, ref);
  if (kind !== "idle" && kind !== "error") return undefined;
  const live = getLive(state, ref);
  if (live.queuedPrompts > 0 || live.turnCompaction !== undefined) return undefined;
  const use = contextUse(state, ref);
  if (use?.percent === undefined || use.isEstimate) return undefined;
  return use.percent >= thresholdPercent ? use.percent : undefined;
}

/** Effect of a compaction on the context, in tokens. Undefined if unknown. */
export interface CompactionEffect {
  readonly before: number;
  readonly after: number | undefined;
  /** How full the window is afterwards, in percent. */
  readonly afterPercent: number | undefined;
}

/**
 * Whether automatic compaction of a session makes sense again: the last one reduced the context, to below the
 * threshold. Otherwise every turn would end with a useless compaction.
 */
export function wasEffective(
  { before, after, afterPercent }: CompactionEffect,
  { thresholdPercent }: AutoCompactRule,
): boolean {
  return (
    after !== undefined &&
    after < before &&
    (afterPercent ?? Number.POSITIVE_INFINITY) < thresholdPercent
  );
}
