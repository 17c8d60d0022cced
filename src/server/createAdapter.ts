import type { ServerAdapter } from "./adapter.ts";
import type { DetectedServer } from "./detectServer.ts";
import type { ServerAccess } from "./http.ts";
import { createV1Adapter } from "./v1/v1Adapter.ts";
import { createV2Adapter } from "./v2/v2Adapter.ts";

/** The adapter of the generation that answered. Asks the server what it needs to know for that; never fails. */
export async function createAdapter(
  detected: DetectedServer,
  serverID: string,
  access: ServerAccess,
): Promise<ServerAdapter> {
  switch (detected.generation) {
    case "v1":
      return createV1Adapter(serverID, access);
    case "v2":
      return createV2Adapter(serverID, access);
  }
}
