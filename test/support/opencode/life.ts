import { ServerError } from "../../../src/core/errors.ts";
import { SILENT_LOG } from "../../../src/core/log.ts";
import type { Store } from "../../../src/core/state/store.ts";
import type { ConnectionContext } from "../../../src/server/connectionContext.ts";
import type { Gateway } from "../../../src/server/gateway.ts";
import { Life } from "../../../src/server/life.ts";

/** The context shared by the parts of one life, with a gateway that has only what a test passes. */
export function contextWith(
  store: Pick<Store, "dispatch" | "flush" | "state">,
  serverID: string,
  gateway: Partial<Gateway>,
): ConnectionContext {
  return {
    serverID,
    gateway: gateway as Gateway,
    getServer: () => {
      store.flush();
      return store.state.servers.get(serverID);
    },
    life: new Life(1, store.dispatch),
    log: SILENT_LOG,
  };
}

export function endLife({ life }: ConnectionContext): void {
  life.end(new ServerError("cancelled", "the test is over"));
}
