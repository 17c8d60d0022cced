import type { Log } from "../core/log.ts";
import type { ServerState } from "../core/state/state.ts";
import type { Gateway } from "./gateway.ts";
import type { Life } from "./life.ts";

/** What the parts of one connection life share. */
export interface ConnectionContext {
  readonly serverID: string;
  readonly gateway: Gateway;
  /** The server's current state; undefined when it is no longer in the store. */
  readonly getServer: () => ServerState | undefined;
  readonly life: Life;
  readonly log: Log;
}
