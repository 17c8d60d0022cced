import type { Log } from "../core/log.ts";
import type { ServerState } from "../core/state.ts";
import type { Dispatch } from "../core/store.ts";
import type { Gateway } from "./gateway.ts";

/** What the parts of one connection share. */
export interface Link {
  readonly serverID: string;
  /** Undefined until the server has answered once. */
  readonly gateway: () => Gateway | undefined;
  readonly getServer: () => ServerState | undefined;
  readonly dispatch: Dispatch;
  readonly log: Log;
}
