import type { Endpoint } from "../../../src/core/state/endpoint.ts";
import type { SessionTotals } from "../../../src/core/state/session.ts";
import { at, numberOf, stringOf } from "../json.ts";
import { startOpenCode, type StartOpenCodeOptions } from "./opencodeServer.ts";
import { endpointOf } from "./pool.ts";
import { startScriptedProvider } from "./scriptedProvider.ts";
import { startV2Double, type V2DoubleOptions } from "./v2Double/startV2Double.ts";

/** A server that the domain suite runs against, queried without the product's own code. */
export interface DomainTarget {
  readonly endpoint: Endpoint;
  readonly password: string | undefined;
  /** A directory to create sessions in. */
  readonly directory: string;
  /** A session's row on the server: its title and own totals. Undefined if it is gone. */
  truth(sessionID: string): Promise<Truth | undefined>;
  /** Takes the server down and brings it back as it was; undefined if the tests don't control it. */
  readonly absence: { begin(): Promise<void>; end(): Promise<void> } | undefined;
  stop(): Promise<void>;
}

export interface Truth extends SessionTotals {
  readonly title: string;
}

/** This project's real OpenCode 1 server with the scripted provider. */
export async function startV1Target(
  options: Omit<StartOpenCodeOptions, "providerURL"> = {},
): Promise<DomainTarget> {
  const provider = await startScriptedProvider();
  const server = await startOpenCode({
    providerURL: provider.url,
    permission: { bash: "ask" },
    ...options,
  });
  return {
    endpoint: endpointOf(server.url),
    password: server.password,
    directory: server.directories[0] ?? "",
    truth: (sessionID) => readRow(`${server.url}/session/${sessionID}`, server.password),
    absence: {
      begin: () => server.kill("SIGKILL"),
      end: () => server.restart(),
    },
    stop: async () => {
      await server.stop();
      await provider.stop();
    },
  };
}

/** The double of OpenCode 2. Stopping fails if anything violated the contract's schemas. */
export async function startV2Target(options: V2DoubleOptions = {}): Promise<DomainTarget> {
  const double = await startV2Double({ permission: { shell: "ask" }, ...options });
  return {
    endpoint: endpointOf(double.url),
    password: double.password,
    directory: "/home/dev/app",
    truth: (sessionID) => readRow(`${double.url}/api/session/${sessionID}`, double.password),
    absence: { begin: () => double.down(), end: () => double.up() },
    stop: async () => {
      await double.stop();
      if (double.violations.length > 0) throw new Error(double.violations.join("\n"));
    },
  };
}

/** Reads `{title, cost, tokens}`, wrapped or not. */
export async function readRow(
  url: string,
  password: string | undefined,
): Promise<Truth | undefined> {
  const authorization = `Basic ${Buffer.from(`opencode:${password ?? ""}`).toString("base64")}`;
  const response = await fetch(url, { headers: password === undefined ? {} : { authorization } });
  if (response.status === 404) {
    await response.arrayBuffer();
    return undefined;
  }
  const body: unknown = await response.json();
  const row = at(body, "data") ?? body;
  const count = (...keys: readonly string[]): number => numberOf(at(row, "tokens", ...keys));
  return {
    title: stringOf(at(row, "title")),
    costUSD: numberOf(at(row, "cost")),
    tokens: {
      input: count("input"),
      output: count("output"),
      reasoning: count("reasoning"),
      cache: { read: count("cache", "read"), write: count("cache", "write") },
    },
  };
}
