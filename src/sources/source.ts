/**
 * The room `sources`: where OpenCode servers are found. Each source looks in one place and reports what it
 * found; `serverSources.ts` merges the reports. Sources never open an event stream and never store a
 * password. Nothing here knows VS Code.
 */
import type { Endpoint } from "../core/state/endpoint.ts";
import type { Result } from "../core/result.ts";

/** The user name OpenCode servers expect unless configured otherwise. */
export const DEFAULT_USERNAME = "opencode";

/** A server that a source vouches for. */
export interface FoundServer {
  readonly endpoint: Endpoint;
  /** If the source knows it. Valid only for the endpoint's `url` and `username`; never stored or logged. */
  readonly password: string | undefined;
}

/** A problem with a place that is searched, for the user. Fit to be shown and logged: contains no secrets. */
export interface SourceProblem {
  /** What it is about: an entry of a setting, a file's path, a program. */
  readonly subject: string;
  /** `error`: the subject cannot be used; `warning`: it is used, or its absence is normal. */
  readonly severity: "warning" | "error";
  /** One sentence that says what is wrong and, if possible, how to fix it. */
  readonly message: string;
}

/** Everything a source knows at one moment. Always complete, so that servers and problems never disagree. */
export interface SourceReport {
  readonly servers: readonly FoundServer[];
  readonly problems: readonly SourceProblem[];
}

/**
 * One place where servers are found. `test/unit/sources/sourceContract.ts` enforces this for every source: it
 * reports once when its first scan is over, even if it found nothing, and after that only when something
 * changed; it never reports after `dispose`; it never throws.
 */
export interface ServerSource {
  readonly id: string;
  /** Whether it reports passwords. If so, it is refreshed before each connect: they change when servers restart. */
  readonly knowsPasswords: boolean;
  /** Starts searching. Called once; the listener is called later, never from within `start`. */
  start(listener: (report: SourceReport) => void): void;
  /** Scans again now; resolves when the result has been reported. A no-op before `start` and after `dispose`. */
  refresh(): Promise<void>;
  /** Releases timers, watchers and listeners. Safe to call twice. */
  dispose(): void | Promise<void>;
}

/** What an OpenCode server reports about itself. */
export interface ProbeAnswer {
  readonly version: string;
  /** The server's process, on servers that report it (OpenCode 2). */
  readonly pid: number | undefined;
}

/** The address and credentials for a probe; without a password no credentials are sent. */
export interface ProbeAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string | undefined;
  /** Sends the requests if the address isn't reachable directly. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * Probes whether an OpenCode server answers at a base URL. Never throws. Reasons of a failure: `unauthorized`
 * (something requires a password), `unreachable` and `timeout` (nothing answers), `cancelled`; any other
 * reason means that what answers is not OpenCode.
 */
export type Probe = (access: ProbeAccess, signal: AbortSignal) => Promise<Result<ProbeAnswer>>;
