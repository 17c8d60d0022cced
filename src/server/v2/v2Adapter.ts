import type { Capability } from "../../core/state/capabilities.ts";
import type { ServerAdapter } from "../adapter.ts";
import type { ServerAccess } from "../http.ts";
import { readSpecification } from "../specification.ts";
import { CompactionWaits } from "./compactionWaits.ts";
import { V2EventMapper } from "./eventMapper.ts";
import { Inbox } from "./inbox.ts";
import { chooseRoutes, type Routes } from "./routes.ts";
import { replayMessages } from "./sessionLog.ts";
import type { StreamMemory } from "./streamMemory.ts";
import { createV2Gateway } from "./v2Gateway.ts";

/** Comment lines come every 10 s (observed on the early `/api/event`); three may be late. */
const SILENCE_MS = 35_000;

/**
 * OpenCode 2. Reads the server's own specification once, to learn how to call this version; without one, the
 * server is called like 2.0.18.
 */
export async function createV2Adapter(
  serverID: string,
  access: ServerAccess,
): Promise<ServerAdapter> {
  const specification = await readSpecification(access, "/openapi.json");
  const routes = chooseRoutes(specification.ok ? specification.value : undefined);
  const memory: StreamMemory = {
    inbox: new Inbox(),
    compactions: new CompactionWaits(),
    positions: new Map(),
  };
  const { logPath } = routes;
  return {
    generation: "OpenCode 2",
    capabilities: capabilitiesOf(routes),
    gateway: createV2Gateway(serverID, access, routes, memory),
    eventsPath: "/api/event",
    silenceMs: SILENCE_MS,
    opensWithGap: false,
    reportsAllActivities: true,
    createMapper: (sink, isWatched) => {
      memory.compactions.lostTrack();
      memory.inbox.lostTrack();
      return new V2EventMapper(serverID, memory, sink, isWatched);
    },
    replay: async (sessionID, take, signal) => {
      const seq = memory.positions.get(sessionID);
      if (logPath === undefined || seq === undefined) return false;
      const path = `${logPath[0]}${encodeURIComponent(sessionID)}${logPath[1]}?after=${String(seq)}&follow=false`;
      return replayMessages(access, path, serverID, sessionID, take, signal);
    },
  };
}

function capabilitiesOf(routes: Routes): ReadonlySet<Capability> {
  const capabilities = new Set<Capability>([
    "queuedPrompts",
    "keepsReverted",
    "importsSessions",
    "mcpSection",
  ]);
  if (routes.takesDelivery) capabilities.add("steer");
  if (routes.hasView) capabilities.add("unread");
  if (routes.hasRevert) capabilities.add("revert");
  if (routes.statisticsPath !== undefined) capabilities.add("statistics");
  if (routes.logPath !== undefined) capabilities.add("replay");
  return capabilities;
}
