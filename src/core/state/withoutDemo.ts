import { DEMO_SERVER_ID } from "./endpoint.ts";
import type { State } from "./state.ts";

const known = new WeakMap<State, State>();

/** The same state without the demo's server, which must not count towards costs and budgets. */
export function withoutDemo(state: State): State {
  if (!state.servers.has(DEMO_SERVER_ID)) return state;
  let rest = known.get(state);
  if (rest === undefined) {
    const servers = new Map(state.servers);
    servers.delete(DEMO_SERVER_ID);
    rest = { ...state, servers };
    known.set(state, rest);
  }
  return rest;
}
