import type { ServerAction } from "../../core/state/actions.ts";
import { openEventStream } from "../eventStream.ts";
import type { ServerAccess } from "../http.ts";
import { CompactionWaits } from "./compactionWaits.ts";
import { V2EventMapper } from "./eventMapper.ts";
import { Inbox } from "./inbox.ts";

/** The log answers from the database; a longer silence means that it won't. */
const SILENCE_MS = 10_000;

/** What can be replayed without being counted twice: figures come with the snapshot. */
const MESSAGE_ACTIONS: ReadonlySet<ServerAction["type"]> = new Set<ServerAction["type"]>([
  "message.upserted",
  "message.removed",
  "part.upserted",
]);

/**
 * Reads a session's durable events after a position and passes on those about its messages. Resolves with
 * false if the log doesn't reach the present, or reports something that only a reload can show.
 */
export async function replayMessages(
  access: ServerAccess,
  path: string,
  serverID: string,
  sessionID: string,
  take: (action: ServerAction) => void,
  signal: AbortSignal,
): Promise<boolean> {
  const log = { isWhole: true, hasCaughtUp: false };
  let end: () => void = () => undefined;
  const actions: ServerAction[] = [];
  const mapper = new V2EventMapper(
    serverID,
    { inbox: new Inbox(), compactions: new CompactionWaits(), positions: new Map() },
    {
      action: (action) => {
        if (MESSAGE_ACTIONS.has(action.type)) actions.push(action);
      },
      connected: () => {
        log.hasCaughtUp = true;
        end();
      },
      stale: () => undefined,
      resync: () => undefined,
      contextChanged: () => undefined,
      messagesChanged: () => {
        log.isWhole = false;
      },
    },
    (id) => id === sessionID,
  );
  const opened = await openEventStream(access, path, {
    silenceMs: SILENCE_MS,
    signal,
    onChunk: (chunk) => {
      mapper.push(chunk);
    },
  });
  if (!opened.ok) return false;
  const stream = opened.value;
  end = () => {
    stream.close();
  };
  // It may have caught up before there was anything to close.
  if (log.hasCaughtUp) stream.close();
  await stream.ended;
  if (!log.hasCaughtUp || !log.isWhole || signal.aborted) return false;
  for (const action of actions) take(action);
  return true;
}
