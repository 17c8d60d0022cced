import assert from "node:assert/strict";
import type { Action } from "../../../src/core/state/actions.ts";
import type { Endpoint } from "../../../src/core/state/endpoint.ts";
import type { Log } from "../../../src/core/log.ts";
import { ok } from "../../../src/core/result.ts";
import type { State } from "../../../src/core/state/state.ts";
import { Store } from "../../../src/core/state/store.ts";
import { ServerPool } from "../../../src/server/serverPool.ts";
import { patientMs, waitMs } from "../patience.mjs";
import { formsOf } from "../secrets.ts";

/** A store and a pool with real servers, as in the extension. */
export interface TestPool {
  readonly store: Store;
  readonly pool: ServerPool;
  /** Log lines so far. */
  readonly log: readonly string[];
  /**
   * Resolves with the first value that isn't undefined, checking after every change. `limitMs` is the
   * product's own limit, if that is what is being tested; it is extended on a busy machine.
   */
  until<T>(look: (state: State) => T | undefined, what: string, limitMs?: number): Promise<T>;
  stop(): Promise<void>;
}

/** An endpoint as created from the settings. */
export function endpointOf(url: string, overrides: Partial<Endpoint> = {}): Endpoint {
  return {
    serverID: url,
    url,
    name: url.replace(/^https?:\/\//, ""),
    origin: "settings",
    username: "opencode",
    directory: undefined,
    pid: undefined,
    ...overrides,
  };
}

/**
 * Connects a new store to servers. `passwords` maps server ids, unless `password` replaces the lookup.
 * `onAction` receives every action. Stopping throws if a password was logged.
 */
export function startPool(
  endpoints: readonly Endpoint[],
  passwords: ReadonlyMap<string, string> = new Map(),
  password: (endpoint: Endpoint) => Promise<string | undefined> = (endpoint) =>
    Promise.resolve(passwords.get(endpoint.serverID)),
  onAction: (action: Action) => void = () => undefined,
  fetchOf?: (endpoint: Endpoint) => Promise<typeof fetch | undefined>,
): TestPool {
  const store = new Store();
  const log: string[] = [];
  const secrets: string[] = [];
  const write =
    (level: string) =>
    (component: string, message: string): void => {
      log.push(`${level} [${component}] ${message}`);
    };
  const levels: Log = {
    trace: write("trace"),
    debug: write("debug"),
    info: write("info"),
    warn: write("warn"),
    error: write("error"),
  };
  const pool = new ServerPool({
    dispatch: (action) => {
      store.dispatch(action);
      onAction(action);
    },
    getState: () => store.state,
    credentials: {
      password: async (endpoint) => {
        const given = await password(endpoint);
        if (given !== undefined && given !== "") secrets.push(...formsOf(given, endpoint.username));
        return ok(given);
      },
      ...(fetchOf === undefined ? {} : { fetch: fetchOf }),
    },
    log: levels,
  });
  pool.setEndpoints(endpoints);
  return {
    store,
    pool,
    log,
    until: (look, what, limitMs) =>
      new Promise((resolve, reject) => {
        const first = look(store.state);
        if (first !== undefined) {
          resolve(first);
          return;
        }
        const mostMs = limitMs === undefined ? waitMs : patientMs(limitMs);
        const timer = setTimeout(() => {
          stop();
          reject(new Error(`not seen in ${String(mostMs)} ms: ${what}\n${log.join("\n")}`));
        }, mostMs);
        const stop = store.onDidChange((_changes, state) => {
          const found = look(state);
          if (found === undefined) return;
          clearTimeout(timer);
          stop();
          resolve(found);
        });
      }),
    stop: async () => {
      await pool.dispose();
      store.dispose();
      const leaks = log.filter((line) => secrets.some((secret) => line.includes(secret)));
      assert.deepEqual(leaks, [], "a password was logged");
    },
  };
}
