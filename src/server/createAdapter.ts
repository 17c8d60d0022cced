import type { ServerAdapter } from "./adapter.ts";
import type { DetectedServer } from "./detectServer.ts";
import type { ServerAccess } from "./http.ts";
import { createV1Adapter } from "./v1/v1Adapter.ts";

/** The adapter of the generation that answered. */
export function createAdapter(
  _detected: DetectedServer,
  serverID: string,
  access: ServerAccess,
): ServerAdapter {
  return createV1Adapter(serverID, access);
}
