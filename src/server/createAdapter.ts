import type { ServerAdapter } from "./adapter.ts";
import type { DetectedServer } from "./detectServer.ts";
import type { ServerAccess } from "./http.ts";

/**
 * The adapter for the generation that answered. Asks the server whatever it needs to know; never fails. Each
 * generation is loaded when the first server of it answers, which keeps both out of activation.
 */
export async function createAdapter(
  detected: DetectedServer,
  serverID: string,
  access: ServerAccess,
): Promise<ServerAdapter> {
  switch (detected.generation) {
    case "v1":
      return (await import("./v1/v1Adapter.ts")).createV1Adapter(
        serverID,
        detected.version,
        access,
      );
    case "v2":
      return (await import("./v2/v2Adapter.ts")).createV2Adapter(serverID, access);
  }
}
