import { getLive, getServer, getSession, parentOf, sessionModel } from "./lookup.ts";
import { modelKey } from "./model.ts";
import { contextUse } from "./selectors.ts";
import type { SessionRef } from "./session.ts";
import { sessionState } from "./sessionState.ts";
import type { State } from "./state.ts";

/*
 * When a session's context counts as full, and what then happens. Pure: who watches and acts is elsewhere.
 */

export const AUTO_COMPACT_MODES = ["off", "offer", "on"] as const;
export type AutoCompactMode = (typeof AUTO_COMPACT_MODES)[number];

/** What is to happen to a session, and from which share of its context window on, in percent. */
export interface AutoCompactRule {
  readonly mode: AutoCompactMode;
  readonly thresholdPercent: number;
}

/** A rule for some servers and models; what is left out is said elsewhere. */
export interface AutoCompactOverride {
  /** Name or address of the server; all where undefined. */
  readonly server: string | undefined;
  /** `provider/model`, where `*` stands for any text; all where undefined. */
  readonly model: string | undefined;
  readonly mode: AutoCompactMode | undefined;
  readonly thresholdPercent: number | undefined;
}

export interface AutoCompactSettings extends AutoCompactRule {
  readonly overrides: readonly AutoCompactOverride[];
}

/** Thresholds a person may set, in percent. */
export const THRESHOLD_PERCENT = { least: 10, most: 100, usual: 95 } as const;

/** Reads one entry of the setting; undefined when it holds anything that is not understood. */
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

/** The rule of a session: of the overrides that fit it, the last one that says anything wins. */
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

function fits(pattern: string, key: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "is").test(key);
}

/**
 * How full a session is, in percent, when its turn is over and its context has reached the threshold;
 * undefined when nothing is to be done about it. Children are left alone: their task is over with their
 * turn. So is a figure that is only estimated, as right after a compaction, a session that has prompts
 * waiting, and one whose server has just compacted by itself.
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

/** What a compaction did to the context, in tokens. Undefined where it is not known. */
export interface CompactionEffect {
  readonly before: number;
  readonly after: number | undefined;
  /** Share of the window that is full afterwards. */
  readonly afterPercent: number | undefined;
}

/**
 * Whether compacting a session by itself makes sense once more: it had less context afterwards, and less
 * than the threshold. Otherwise every turn would end with a compaction that does nothing.
 */
export function wasWorthIt(
  { before, after, afterPercent }: CompactionEffect,
  { thresholdPercent }: AutoCompactRule,
): boolean {
  return (
    after !== undefined &&
    after < before &&
    (afterPercent ?? Number.POSITIVE_INFINITY) < thresholdPercent
  );
}
