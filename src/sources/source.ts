/**
 * The room `sources`: where OpenCode servers are found. Each source looks in one place and reports what it
 * found; `serverSources.ts` merges the reports. Sources never open an event stream and never store a
 * password. Nothing here knows VS Code.
 */
import type { Endpoint } from "../core/state/endpoint.ts";
import type { Result } from "../core/result.ts";

/** The user name OpenCode servers expect unless they were told another one. */
export const DEFAULT_USERNAME = "opencode";

/** A server that a source vouches for. */
export interface FoundServer {
  readonly endpoint: Endpoint;
  /** Only where the source itself knows it; valid for `endpoint.url` and `endpoint.username` alone. Never stored, never logged. */
  readonly password: string | undefined;
}

/** Something a person should know about a place where servers are looked for. Fit to be shown and logged: holds no secret. */
export interface SourceProblem {
  readonly sourceID: string;
  /** What it is about: an entry of a setting, a file's path, a program. */
  readonly subject: string;
  /** `error`: what is named cannot be used; `warning`: it is used, or its absence is ordinary. */
  readonly severity: "warning" | "error";
  /** One sentence that says what is wrong and, where there is one, the way out. */
  readonly message: string;
}

/** All a source knows at one moment. A complete picture, so that servers and problems never disagree. */
export interface SourceReport {
  readonly servers: readonly FoundServer[];
  readonly problems: readonly SourceProblem[];
}

/**
 * One place where servers are found. `test/unit/sources/sourceContract.ts` holds every source to this:
 * it reports once when its first look is over, also when there is nothing, and after that only when
 * something changed; it never reports after `dispose`; it never throws.
 */
export interface ServerSource {
  readonly id: string;
  /** Whether it reports passwords. Then it is asked again before each connect: they change when its servers restart. */
  readonly knowsPasswords: boolean;
  /** Begins to look. Called once; the listener is called later, never from within `start`. */
  start(listener: (report: SourceReport) => void): void;
  /** Looks again now; resolves when that look has been reported. Does nothing before `start` and after `dispose`. */
  refresh(): Promise<void>;
  /** Lets go of timers, watchers and listeners. Safe to call twice. */
  dispose(): void | Promise<void>;
}

/** What an OpenCode server says of itself. */
export interface ProbeAnswer {
  readonly generation: "v1" | "v2";
  readonly version: string;
  /** The server's process, on servers that tell (OpenCode 2). */
  readonly pid: number | undefined;
}

/** Where to ask, and as whom; without a password no credentials are sent. */
export interface ProbeAccess {
  readonly url: string;
  readonly username: string;
  readonly password: string | undefined;
  /** Sends the requests where the address leads nowhere by itself. */
  readonly fetch?: typeof fetch | undefined;
}

/**
 * Asks whether an OpenCode server answers at a base URL. Never throws. Reasons of a failure: `unauthorized`
 * (something asks for a password), `unreachable` and `timeout` (nothing answers), `cancelled`, and any other
 * reason: what answers is not OpenCode.
 */
export type Probe = (access: ProbeAccess, signal: AbortSignal) => Promise<Result<ProbeAnswer>>;
