import type { AttentionMemory } from "./attention.ts";

/** Stored form of the attention memory: plain values, without any session content. */
export interface StoredAttention {
  readonly sinceMs: number;
  readonly finished: readonly (readonly [sessionID: string, serverID: string, atMs: number])[];
  readonly dismissed: readonly (readonly [sessionID: string, atMs: number])[];
}

export function storedAttention(memory: AttentionMemory): StoredAttention {
  return {
    sinceMs: memory.sinceMs,
    finished: [...memory.finished].map(([id, { serverID, atMs }]) => [id, serverID, atMs] as const),
    dismissed: [...memory.dismissedMs],
  };
}

/** Parses what this or another version stored; undefined if it isn't valid. */
export function parseAttention(stored: unknown): AttentionMemory | undefined {
  if (typeof stored !== "object" || stored === null) return undefined;
  const fields = new Map<string, unknown>(Object.entries(stored));
  const sinceMs = fields.get("sinceMs");
  if (typeof sinceMs !== "number" || !Number.isFinite(sinceMs)) return undefined;
  const finished = new Map<string, { serverID: string; atMs: number }>();
  for (const [sessionID, serverID, atMs] of rowsOf(fields.get("finished"))) {
    if (typeof sessionID === "string" && typeof serverID === "string" && typeof atMs === "number") {
      finished.set(sessionID, { serverID, atMs });
    }
  }
  const dismissedMs = new Map<string, number>();
  for (const [sessionID, atMs] of rowsOf(fields.get("dismissed"))) {
    if (typeof sessionID === "string" && typeof atMs === "number") dismissedMs.set(sessionID, atMs);
  }
  return { sinceMs, finished, dismissedMs };
}

function rowsOf(value: unknown): readonly (readonly unknown[])[] {
  return Array.isArray(value) ? value.filter((row) => Array.isArray(row)) : [];
}
