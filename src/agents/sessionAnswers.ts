import { ServerError } from "../core/errors.ts";
import { RATE_WINDOW_MS, usageRate } from "../core/forecast.ts";
import type { PriceTable } from "../core/ledger/ledgerQuery.ts";
import { descendantsOf, getSession, rootOf } from "../core/lookup.ts";
import { failed, ok, type Result } from "../core/result.ts";
import { type SessionList, sessionList, type SessionListOptions } from "../core/sessionList.ts";
import { type SessionStatus, sessionStatus } from "../core/sessionStatus.ts";
import { fillFromServer } from "../history/serverFill.ts";
import type { Budgets } from "./budgets.ts";
import { MemoryLedger } from "./memoryLedger.ts";
import type { ServerReading } from "./serverReading.ts";

/**
 * The status of a session, all figures read from its server now. `notFound` when the server does not know it.
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
  const [rate, used] = await Promise.all([
    recentRate(reading, treeIDs, nowMs, budgets.prices(reading)),
    budgets.ofTree(reading, { rootID: root.sessionID, sessionIDs: treeIDs }, nowMs),
  ]);
  if (!used.ok) return used;
  const status = sessionStatus(reading.state, ref, {
    nowMs,
    rate,
    overallRate: used.value.overallRate,
    budgets: used.value.uses,
    placeID: used.value.placeID,
  });
  return status === undefined ? failed(unknownSession(sessionID)) : ok(status);
}

function unknownSession(sessionID: string): ServerError {
  return new ServerError("notFound", `the server knows no session ${sessionID}`);
}

/** How fast a tree uses up tokens and money: from what its sessions answered lately. */
async function recentRate(
  reading: ServerReading,
  treeIDs: ReadonlySet<string>,
  nowMs: number,
  prices: PriceTable,
) {
  const recent = reading.sessions.filter(
    ({ id, updatedMs }) => treeIDs.has(id) && updatedMs >= nowMs - RATE_WINDOW_MS,
  );
  if (recent.length === 0) return undefined;
  const ledger = new MemoryLedger();
  const place = { id: reading.endpoint.serverID, name: reading.endpoint.name };
  await fillFromServer({
    ledger,
    reader: {
      listSessions: () => Promise.resolve(ok(recent)),
      listMessages: async (sessionID) => {
        const messages = await reading.readMessages(sessionID);
        return messages.ok ? ok({ messages: messages.value, olderCursor: undefined }) : messages;
      },
    },
    place,
    keepsReverted: false,
    now: () => nowMs,
  });
  // Sessions of the tree that have long been still are not in the table, so it is asked by session.
  return usageRate(ledger.table, nowMs, { sessionIDs: treeIDs }, prices);
}

/** The sessions of a server, with what those that are listed do. */
export async function readSessionList(
  reading: ServerReading,
  options: SessionListOptions,
): Promise<Result<SessionList>> {
  const { serverID } = reading.endpoint;
  const listed = sessionList(reading.state, options).sessions.map(({ sessionID }) => {
    return { serverID, sessionID };
  });
  const all = listed.flatMap((ref) => [ref, ...descendantsOf(reading.state, ref)]);
  const summed = await reading.sumMissingTotals(all.map(({ sessionID }) => sessionID));
  if (!summed.ok) return summed;
  await reading.readActivities(
    directoriesInUse(
      reading,
      listed.map(({ sessionID }) => sessionID),
    ),
  );
  return ok(sessionList(reading.state, options));
}

/** Asking a directory what runs there makes the server load it, so only those in use are asked. */
const RECENT_MS = 24 * 3_600_000;
const MOST_DIRECTORIES = 12;

function directoriesInUse(
  { sessions }: ServerReading,
  sessionIDs: readonly string[],
): readonly string[] {
  const wanted = new Set(sessionIDs);
  const sinceMs = Date.now() - RECENT_MS;
  const recent = sessions
    .filter(({ id, updatedMs, directory }) => {
      return wanted.has(id) && updatedMs >= sinceMs && directory !== "";
    })
    .sort((a, b) => b.updatedMs - a.updatedMs);
  return [...new Set(recent.map(({ directory }) => directory))].slice(0, MOST_DIRECTORIES);
}
