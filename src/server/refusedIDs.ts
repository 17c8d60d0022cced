import { subscribe, unsubscribe } from "node:diagnostics_channel";

import type { Log } from "../core/log.ts";
import { REFUSED_ID } from "./narrow.ts";

/** Logs, once per kind, that a row or event with an invalid id was ignored. Returns a function that stops it. */
export function logRefusedIDs(log: Log): () => void {
  const kinds = new Set<unknown>();
  const listener = (kind: unknown): void => {
    if (kinds.has(kind)) return;
    kinds.add(kind);
    log.warn("server", `ignored data from a server: not a valid ${String(kind)}`);
  };
  subscribe(REFUSED_ID, listener);
  return () => {
    unsubscribe(REFUSED_ID, listener);
  };
}
