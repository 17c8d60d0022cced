import { ServerError } from "../core/errors.ts";
import { RATE_WINDOW_MS, usageRate } from "../core/usage/forecast.ts";
import { isAtListPrice, sessionCosts } from "../core/ledger/sessionCosts.ts";
import { descendantsOf, getSession, rootOf } from "../core/state/lookup.ts";
import { modelKey } from "../core/state/model.ts";
import { newestUpdateMs } from "../core/state/session.ts";
import { failed, ok, type Result } from "../core/result.ts";
import type { SessionList, SessionStatus } from "../core/agents/publicAPI.ts";
import { sessionList, type SessionListOptions } from "../core/state/sessionList.ts";
import { sessionStatus } from "../core/agents/sessionStatus.ts";
import type { Budgets } from "./budgets.ts";
import type { ServerReading } from "./serverReading.ts";
import { readSessionsTable, readUsageTable, type UsageTable } from "./usageTable.ts";

/**
 * The status of a session, all figures read from its server now. Fails with `notFound` if the server lacks it.
 */
export async function readSessionStatus(
  reading: ServerReading,
  sessionID: string,
  budgets: Budgets,
): Promise<Result<SessionStatus>> {
  const { serverID } = reading.endpoint;
  const ref = { serverID, sessionID };
  const session = getSession(reading.state, ref);
  if (session === undefined) return failed(unknownSession(sessionID));
  const root = rootOf(reading.state, ref);
  const tree = [root, ...descendantsOf(reading.state, root)];
  const own = [ref, ...descendantsOf(reading.state, ref)];
  const directories = own.flatMap((each) => getSession(reading.state, each)?.directory ?? []);
  const [messages, summed] = await Promise.all([
    reading.readMessages(sessionID),
    reading.sumMissingTotals(own.map((each) => each.sessionID)),
    reading.readActivities(directories),
    reading.readModels(session.directory),
  ]);
  if (!messages.ok) return messages;
  if (!summed.ok) return summed;
  const nowMs = Date.now();
  const treeIDs = new Set(tree.map((each) => each.sessionID));
  const read = await readHistory(reading, treeIDs, budgets, nowMs);
  if (!read.ok) return read;
  const { table, place } = read.value;
  const prices = budgets.prices(reading);
  reading.learnCosts(sessionCosts(table, place.id, prices), prices);
  const status = sessionStatus(reading.state, ref, {
    nowMs,
    // Sessions of the tree that were inactive for long may be missing from the table, so this selects by session.
    rate: usageRate(table, nowMs, { sessionIDs: treeIDs }, prices),
    overallRate: usageRate(table, nowMs, {}, prices),
    budgets: budgets.usesOfTree(reading, read.value, root.sessionID, nowMs),
    placeID: place.id,
  });
  return status === undefined ? failed(unknownSession(sessionID)) : ok(status);
}

function unknownSession(sessionID: string): ServerError {
  return new ServerError("notFound", `the server has no session ${sessionID}`);
}

/**
 * What the costs, rates and budgets of a tree are computed from: the recent usage of all sessions, what is
 * needed for the tree's cost, and with budgets everything in their periods.
 */
async function readHistory(
  reading: ServerReading,
  treeIDs: ReadonlySet<string>,
  budgets: Budgets,
  nowMs: number,
): Promise<Result<UsageTable>> {
  const sinceMs = budgets.sinceMs(nowMs);
  if (sinceMs !== undefined) return await readUsageTable(reading, sinceMs, treeIDs);
  return await readSessionsTable(reading, mixedAmong(reading, treeIDs), nowMs - RATE_WINDOW_MS);
}

/** Those of the given sessions that may have tokens without a recorded cost. */
function mixedAmong(
  { state, endpoint: { serverID } }: ServerReading,
  sessionIDs: ReadonlySet<string>,
): ReadonlySet<string> {
  const server = state.servers.get(serverID);
  const mixed = [...sessionIDs].filter((id) => {
    const { totals, model } = server?.sessions.get(id) ?? {};
    if (totals === undefined) return false;
    const price = model === undefined ? undefined : server?.models.get(modelKey(model))?.price;
    return !isAtListPrice(totals, price);
  });
  return new Set(mixed);
}

/** The sessions of a server, with what the listed ones are doing. */
export async function readSessionList(
  reading: ServerReading,
  options: SessionListOptions,
  budgets: Budgets,
): Promise<Result<SessionList>> {
  const { serverID } = reading.endpoint;
  const listed = sessionList(reading.state, options).sessions.map(({ sessionID }) => {
    return { serverID, sessionID };
  });
  const all = listed.flatMap((ref) => [ref, ...descendantsOf(reading.state, ref)]);
  const summed = await reading.sumMissingTotals(all.map(({ sessionID }) => sessionID));
  if (!summed.ok) return summed;
  const mixed = mixedAmong(reading, new Set(all.map(({ sessionID }) => sessionID)));
  if (mixed.size > 0) {
    const read = await readSessionsTable(reading, mixed);
    if (!read.ok) return read;
    const prices = budgets.prices(reading);
    reading.learnCosts(sessionCosts(read.value.table, read.value.place.id, prices), prices);
  }
  await reading.readActivities(
    directoriesInUse(
      reading,
      listed.map(({ sessionID }) => sessionID),
    ),
  );
  return ok(sessionList(reading.state, options));
}

/** Asking a directory what is running there makes the server load it, so only those in use are asked. */
const RECENT_MS = 24 * 3_600_000;
const MOST_DIRECTORIES = 12;

function directoriesInUse(
  { sessions }: ServerReading,
  sessionIDs: readonly string[],
): readonly string[] {
  const wanted = new Set(sessionIDs);
  const sinceMs = newestUpdateMs(sessions) - RECENT_MS;
  const recent = sessions
    .filter(({ id, updatedMs, directory }) => {
      return wanted.has(id) && updatedMs >= sinceMs && directory !== "";
    })
    .sort((a, b) => b.updatedMs - a.updatedMs);
  return [...new Set(recent.map(({ directory }) => directory))].slice(0, MOST_DIRECTORIES);
}
