import type { ServerErrorReason } from "../core/errors.ts";
import { withLimits } from "../core/timeLimit.ts";
import type { LocalProcess } from "./localProcess.ts";
import type { Probe } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";

/** An address on this machine where a server may answer, and the process it belongs to, if known. */
export interface Candidate {
  readonly url: string;
  readonly process: LocalProcess | undefined;
}

/** An address where an OpenCode server answered, or something that requires a password. */
export interface LocalServer extends Candidate {
  readonly requiresPassword: boolean;
  /** When its port stopped listening; undefined while something listens. */
  readonly goneSinceMs: number | undefined;
}

/** What is known of a server that another source may know better. */
export interface ClaimCandidate {
  readonly url: string;
  readonly pid: number | undefined;
}

export interface LocalServersOptions {
  readonly probe: Probe;
  readonly isListening: (url: string) => Promise<boolean>;
  readonly isClaimed: (candidate: ClaimCandidate) => Promise<boolean>;
  readonly lingerMs: number;
}

/** Errors meaning that something other than OpenCode answered, as opposed to nothing at all. */
const REFUSALS: ReadonlySet<ServerErrorReason> = new Set<ServerErrorReason>([
  "notFound",
  "unsupported",
  "rejected",
  "invalidResponse",
]);

const PROBE_TIMEOUT_MS = 4_000;

/**
 * The servers known on this machine, with a memory that keeps repeated scans cheap: an address that has
 * answered is only probed again if the port closed in between or belongs to another process.
 */
export class LocalServers {
  readonly #options: LocalServersOptions;
  #known: ReadonlyMap<string, LocalServer> = new Map<string, LocalServer>();
  /** URLs where something other than OpenCode answers, with the process seen there. */
  readonly #refused = new Map<string, number | undefined>();
  /** URLs that another source reports. */
  readonly #claimed = new Set<string>();

  constructor(options: LocalServersOptions) {
    this.#options = options;
  }

  get known(): ReadonlyMap<string, LocalServer> {
    return this.#known;
  }

  /** Forgets where something else answered, so that the next scan probes again. */
  forgetRefusals(): void {
    this.#refused.clear();
  }

  /**
   * Checks every candidate, and removes servers that aren't among them. `areProcessesFresh`: the candidates'
   * processes were listed for this scan, so a server with a different process is probed again. Returns
   * whether servers came, went or fell silent: more such changes are likely to follow soon.
   */
  async check(
    candidates: Iterable<Candidate>,
    areProcessesFresh: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    const before = this.#known;
    const checked = await Promise.all(
      [...candidates].map((candidate) => this.#checkOne(candidate, areProcessesFresh, signal)),
    );
    const after = new Map<string, LocalServer>();
    for (const server of checked) {
      if (server !== undefined) after.set(server.url, server);
    }
    this.#known = after;
    return hasMoved(before, after);
  }

  async #checkOne(
    candidate: Candidate,
    areProcessesFresh: boolean,
    signal: AbortSignal,
  ): Promise<LocalServer | undefined> {
    const { url, process } = candidate;
    const known = this.#known.get(url);
    if (!(await this.#options.isListening(url))) {
      this.#refused.delete(url);
      this.#claimed.delete(url);
      return this.#lingering(known);
    }
    if (known !== undefined && known.goneSinceMs === undefined) {
      const isSameProcess = !areProcessesFresh || known.process?.pid === process?.pid;
      if (isSameProcess) {
        return known.requiresPassword && (await this.#isClaimed(candidate)) ? undefined : known;
      }
    }
    if (this.#refused.has(url) && this.#refused.get(url) === process?.pid) return undefined;
    if (this.#claimed.has(url) && (await this.#isClaimed(candidate))) return undefined;
    const answer = await this.#ask(url, signal);
    if (answer === "refused") {
      this.#refused.set(url, process?.pid);
      return undefined;
    }
    if (answer === "silent") return this.#lingering(known);
    const requiresPassword = answer === "wantsPassword";
    if (requiresPassword && (await this.#isClaimed(candidate))) return undefined;
    return { url, process, requiresPassword, goneSinceMs: undefined };
  }

  #lingering(known: LocalServer | undefined): LocalServer | undefined {
    if (known === undefined) return undefined;
    const goneSinceMs = known.goneSinceMs ?? performance.now();
    return performance.now() - goneSinceMs < this.#options.lingerMs
      ? { ...known, goneSinceMs }
      : undefined;
  }

  async #ask(
    url: string,
    signal: AbortSignal,
  ): Promise<"openCode" | "wantsPassword" | "refused" | "silent"> {
    // Never send a password to an address that was only discovered.
    const answer = await withLimits({ signals: [signal], timeoutMs: PROBE_TIMEOUT_MS }, (limited) =>
      this.#options.probe({ url, username: DEFAULT_USERNAME, password: undefined }, limited),
    );
    if (answer.ok) return "openCode";
    const { reason, status } = answer.error;
    // OpenCode requests a password with 401; a 403 comes from something else.
    if (reason === "unauthorized") return status === 403 ? "refused" : "wantsPassword";
    return REFUSALS.has(reason) ? "refused" : "silent";
  }

  async #isClaimed({ url, process }: Candidate): Promise<boolean> {
    const isClaimed = await this.#options.isClaimed({ url, pid: process?.pid });
    if (isClaimed) this.#claimed.add(url);
    else this.#claimed.delete(url);
    return isClaimed;
  }
}

function hasMoved(
  before: ReadonlyMap<string, LocalServer>,
  after: ReadonlyMap<string, LocalServer>,
): boolean {
  if (before.size !== after.size) return true;
  return [...after].some(([url, server]) => {
    const earlier = before.get(url);
    return (
      earlier === undefined ||
      (earlier.goneSinceMs === undefined) !== (server.goneSinceMs === undefined)
    );
  });
}
