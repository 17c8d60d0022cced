import type { Capabilities } from "../../core/state/capabilities.ts";
import type { EventMapper, EventSink, IsWatched, ServerAdapter } from "../adapter.ts";
import type { ServerAccess } from "../http.ts";
import { V1EventMapper } from "./eventMapper.ts";
import { V1Client } from "./v1Client.ts";
import { createV1Gateway } from "./v1Gateway.ts";
import { readFolders } from "./v1Queries.ts";

const CAPABILITIES = [
  "archive",
  "todo",
  "followTui",
  "deleteMessage",
  "revert",
  "init",
  "compactBlocks",
  "turnDiffs",
  "toolFiles",
] as const;

/** Session sharing was discontinued in 1.19.1. If the version isn't numeric, the server decides. */
function canShare(version: string): boolean {
  const [major, minor, patch] = /^(\d+)\.(\d+)\.(\d+)/.exec(version)?.slice(1).map(Number) ?? [];
  if (major === undefined || minor === undefined || patch === undefined) return true;
  return major < 1 || (major === 1 && (minor < 19 || (minor === 19 && patch < 1)));
}

/** What a version of OpenCode 1 can do. */
export function v1Capabilities(version: string): Capabilities {
  return new Set([...CAPABILITIES, ...(canShare(version) ? (["share"] as const) : [])]);
}

/** Heartbeats come every 10 s; two may be late before the stream counts as dead. */
const SILENCE_MS = 25_000;

/** OpenCode 1. */
export function createV1Adapter(
  serverID: string,
  version: string,
  access: ServerAccess,
): ServerAdapter {
  const client = new V1Client(access);
  return {
    generation: "OpenCode 1",
    capabilities: v1Capabilities(version),
    gateway: createV1Gateway(serverID, client),
    eventsPath: "/global/event",
    silenceMs: SILENCE_MS,
    opensWithGap: true,
    reportsAllActivities: false,
    folders: (signal) => readFolders(client, signal),
    createMapper: (sink: EventSink, isWatched: IsWatched): EventMapper =>
      new V1EventMapper(serverID, sink, isWatched),
  };
}
