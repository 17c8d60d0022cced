import type { Capabilities } from "../../core/capabilities.ts";
import type { EventMapper, EventSink, IsWatched, ServerAdapter } from "../adapter.ts";
import type { ServerAccess } from "../http.ts";
import { V1EventMapper } from "./eventMapper.ts";
import { V1Gateway } from "./v1Gateway.ts";

const CAPABILITIES: Capabilities = new Set([
  "archive",
  "todo",
  "followTui",
  "deleteMessage",
  "share",
  "revert",
  "init",
  "compactBlocks",
  "turnDiffs",
]);

/** Heartbeats come every 10 s; two may be late before the stream counts as dead. */
const SILENCE_MS = 25_000;

/** OpenCode 1. */
export function createV1Adapter(serverID: string, access: ServerAccess): ServerAdapter {
  const gateway = new V1Gateway(serverID, access);
  return {
    generation: "OpenCode 1",
    capabilities: CAPABILITIES,
    gateway,
    eventsPath: "/global/event",
    silenceMs: SILENCE_MS,
    tellsAllActivities: false,
    folders: (signal) => gateway.folders(signal),
    createMapper: (sink: EventSink, isWatched: IsWatched): EventMapper =>
      new V1EventMapper(serverID, sink, isWatched),
  };
}
