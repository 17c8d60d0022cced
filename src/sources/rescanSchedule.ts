/** Delays between scans of this machine, in milliseconds. */
export interface RescanDelays {
  /** Between quick scans (a TCP connect to each known port): the first delay and the longest. */
  readonly quickMs: number;
  readonly maxQuickMs: number;
  /** Between full scans (all processes): the first delay and the longest. */
  readonly fullMs: number;
  readonly maxFullMs: number;
}

/**
 * Quick scans after 3 s, 6 s, 12 s, 24 s, then every 30 s; full scans after 15 s, 30 s, 1 min, 2 min, then
 * every 4 min. Any change, and any requested scan, restarts both.
 */
export const RESCAN_DELAYS: RescanDelays = {
  quickMs: 3_000,
  maxQuickMs: 30_000,
  fullMs: 15_000,
  maxFullMs: 240_000,
};

/** On Windows a full scan starts PowerShell, about a second of a core: after 1, 2, 4, 8, then every 10 min. */
export const WINDOWS_RESCAN_DELAYS: RescanDelays = {
  ...RESCAN_DELAYS,
  fullMs: 60_000,
  maxFullMs: 600_000,
};

/** The current state of the schedule. */
export interface RescanPlan {
  readonly quickDelayMs: number;
  readonly fullDelayMs: number;
  /** When the last full scan ended. */
  readonly lastFullMs: number;
}

/** The plan after a scan that was requested or that changed something. */
export function eagerPlan(delays: RescanDelays, lastFullMs: number): RescanPlan {
  return { quickDelayMs: delays.quickMs, fullDelayMs: delays.fullMs, lastFullMs };
}

/** The plan after a scan that changed nothing: the delay of its kind doubles up to its limit. */
export function calmPlan(
  plan: RescanPlan,
  delays: RescanDelays,
  look: { readonly isFull: boolean; readonly nowMs: number },
): RescanPlan {
  return {
    quickDelayMs: Math.min(plan.quickDelayMs * 2, delays.maxQuickMs),
    fullDelayMs: look.isFull ? Math.min(plan.fullDelayMs * 2, delays.maxFullMs) : plan.fullDelayMs,
    lastFullMs: look.isFull ? look.nowMs : plan.lastFullMs,
  };
}

/** Whether the next scan is a full one. */
export function isFullDue(plan: RescanPlan, nowMs: number): boolean {
  return nowMs - plan.lastFullMs >= plan.fullDelayMs;
}
