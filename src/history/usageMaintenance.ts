import { constants } from "node:fs";
import { access, readdir, stat, statfs } from "node:fs/promises";
import path from "node:path";
import type {
  BackupOutcome,
  DatabaseHealth,
  Health,
  LedgerHealth,
  ServerHealth,
  UsageMaintenance,
} from "../core/state/health.ts";
import { type LedgerTable, ROW_BAD_FIGURES } from "../core/ledger/table.ts";
import { modelKey } from "../core/state/model.ts";
import type { Result } from "../core/result.ts";
import type { ServerState, State } from "../core/state/state.ts";
import { withLimits } from "../core/timeLimit.ts";
import type { UsageSource } from "../core/usage/usageSource.ts";
import { runMaintenanceJob } from "./runLedgerJob.ts";
import { findSqlite } from "./sqlite.ts";

export interface UsageMaintenanceOptions {
  readonly folder: string;
  readonly worker: string;
  readonly getState: () => State;
  /** The ledger; without a snapshot if it could not be opened. */
  readonly usage: Pick<UsageSource, "current" | "failure" | "placeOf">;
  readonly databases: () => Promise<readonly string[]>;
  readonly ask: (server: ServerState, signal: AbortSignal) => Promise<Result<unknown>>;
  /** The time on a server's clock, in whole seconds; undefined if it isn't reported. */
  readonly readClock: (server: ServerState, signal: AbortSignal) => Promise<number | undefined>;
  readonly timeZone: string;
  readonly now: () => number;
}

const ANSWER_TIMEOUT_MS = 10_000;
/** A session's time this far ahead of our clock shows that the clocks differ. */
const AHEAD_MS = 60_000;
const EARLIEST_MS = Date.UTC(2020, 0, 1);

/** Inspects the databases and the ledger of this machine; changes nothing except for writing backups. */
export function usageMaintenance(options: UsageMaintenanceOptions): UsageMaintenance {
  const { worker, databases } = options;
  return {
    databases,
    inspect: (signal) => inspect(options, signal),
    backUp: async (database, target, signal): Promise<BackupOutcome> => {
      const outcome = await runMaintenanceJob(
        { kind: "backUp", database, target },
        { worker, signal },
      );
      // Only another kind of job returns these.
      return outcome.kind === "done" || outcome.kind === "noSqlite" || outcome.kind === "failed"
        ? outcome
        : { kind: "failed", message: "the worker returned an unexpected result" };
    },
  };
}

async function inspect(options: UsageMaintenanceOptions, signal: AbortSignal): Promise<Health> {
  const { getState, databases, now, timeZone, usage } = options;
  const files = await databases();
  const [servers, inspected, ledger] = await Promise.all([
    Promise.all([...getState().servers.values()].map((one) => serverHealth(options, one, signal))),
    Promise.all(files.map((file) => databaseHealth(options, file, signal))),
    ledgerHealth(options),
  ]);
  return {
    nowMs: now(),
    timeZone,
    nodeVersion: process.version,
    hasSqlite: findSqlite() !== undefined,
    servers,
    databases: inspected,
    ledger,
    ledgerFailure: usage.failure,
  };
}

async function serverHealth(
  options: UsageMaintenanceOptions,
  server: ServerState,
  signal: AbortSignal,
): Promise<ServerHealth> {
  const { ask, usage } = options;
  const { endpoint, connection, models, sessions } = server;
  const startMs = performance.now();
  const [answer, clockAheadMs] = await withLimits(
    { signals: [signal], timeoutMs: ANSWER_TIMEOUT_MS },
    (limited) =>
      Promise.all([
        ask(server, limited).then((result) => ({ result, ms: performance.now() - startMs })),
        clockOf(options, server, limited),
      ]),
  );
  const snapshot = usage.current();
  const used = usedModels(server, snapshot?.table);
  const { result } = answer;
  return {
    name: endpoint.name,
    url: endpoint.url,
    generation: server.generation,
    version: server.version,
    connection:
      connection.kind === "unauthorized" && connection.needs === "plainHTTP"
        ? "unencrypted"
        : connection.kind,
    problem: result.ok
      ? connection.kind === "lost" || connection.kind === "unauthorized"
        ? connection.message
        : undefined
      : result.error.message,
    answerMs: result.ok ? Math.round(answer.ms) : undefined,
    clockAheadMs,
    sessions: sessions.size,
    models: models.size,
    modelsWithoutLimit: [...models.values()].filter((one) => one.contextLimit === undefined).length,
    usedWithoutLimit: [...used.keys()].filter((key) => models.get(key)?.contextLimit === undefined),
    usedWithoutPrice: [...used].flatMap(([key, costUSD]) =>
      costUSD > 0 || snapshot?.prices.has(key) === true ? [] : [key],
    ),
    place: usage.placeOf(endpoint.serverID)?.name,
  };
}

/** Its clock minus ours, from the head of any answer, or else from its newest session if that is ahead of us. */
async function clockOf(
  { readClock, now }: UsageMaintenanceOptions,
  server: ServerState,
  signal: AbortSignal,
): Promise<number | undefined> {
  const clockMs = await readClock(server, signal);
  // Adds half of the second that is cut off.
  if (clockMs !== undefined) return clockMs + 500 - now();
  let newestMs = 0;
  for (const { updatedMs } of server.sessions.values()) newestMs = Math.max(newestMs, updatedMs);
  const aheadMs = newestMs - now();
  return aheadMs > AHEAD_MS ? aheadMs : undefined;
}

/** Models that the server's sessions used, with the cost recorded for each. */
function usedModels(
  server: ServerState,
  table: LedgerTable | undefined,
): ReadonlyMap<string, number> {
  if (table === undefined) return new Map();
  const isOwn = table.sessions.map(({ id }) => server.sessions.has(id));
  const keys = table.models.map(modelKey);
  const used = new Map<string, number>();
  for (let row = 0; row < table.length; row++) {
    if (isOwn[table.session[row] ?? 0] !== true) continue;
    const key = keys[table.model[row] ?? 0];
    if (key === undefined || key === "/") continue;
    used.set(key, (used.get(key) ?? 0) + (table.costUSD[row] ?? 0));
  }
  return used;
}

async function databaseHealth(
  { worker }: UsageMaintenanceOptions,
  file: string,
  signal: AbortSignal,
): Promise<DatabaseHealth> {
  const info = await stat(file).catch(() => undefined);
  const wal = await stat(`${file}-wal`).catch(() => undefined);
  const [isReadable, isWritable, freeBytes] = await Promise.all([
    canAccess(file, constants.R_OK),
    canAccess(file, constants.W_OK),
    freeBytesAt(path.dirname(file)),
  ]);
  const canInspect = info !== undefined && isReadable && findSqlite() !== undefined;
  const outcome = canInspect
    ? await runMaintenanceJob({ kind: "inspect", database: file }, { worker, signal })
    : undefined;
  return {
    file,
    bytes: info?.size,
    walBytes: wal?.size ?? 0,
    isReadable,
    isWritable,
    freeBytes,
    inspection: outcome?.kind === "inspected" || outcome?.kind === "failed" ? outcome : undefined,
  };
}

async function ledgerHealth({
  folder,
  now,
  usage,
}: UsageMaintenanceOptions): Promise<LedgerHealth | undefined> {
  const snapshot = usage.current();
  if (snapshot === undefined) return undefined;
  const { table } = snapshot;
  const names = await readdir(folder).catch(() => []);
  const sizes = await Promise.all(
    names.map(async (name) => (await stat(path.join(folder, name)).catch(() => undefined))?.size),
  );
  let [badRows, undatedRows] = [0, 0];
  const latestMs = now() + 24 * 3_600_000;
  for (let row = 0; row < table.length; row++) {
    if (((table.flags[row] ?? 0) & ROW_BAD_FIGURES) !== 0) badRows++;
    const createdMs = table.createdMs[row] ?? 0;
    if (createdMs < EARLIEST_MS || createdMs > latestMs) undatedRows++;
  }
  return {
    folder,
    bytes: sizes.reduce<number>((sum, bytes) => sum + (bytes ?? 0), 0),
    isWritable: await canAccess(folder, constants.W_OK),
    freeBytes: await freeBytesAt(folder),
    rows: table.length,
    sessions: table.sessions.length,
    badRows,
    undatedRows,
    problems: snapshot.problems.map(({ message }) => message),
  };
}

async function canAccess(file: string, mode: number): Promise<boolean> {
  return await access(file, mode).then(
    () => true,
    () => false,
  );
}

async function freeBytesAt(folder: string): Promise<number | undefined> {
  const disk = await statfs(folder).catch(() => undefined);
  return disk === undefined ? undefined : disk.bavail * disk.bsize;
}
