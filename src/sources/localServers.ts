import type { ServerErrorReason } from "../core/errors.ts";
import { withLimits } from "../core/timeLimit.ts";
import type { LocalProcess } from "./localProcess.ts";
import type { Probe } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";

/** A place on this machine where a server may answer, and the process it belongs to where known. */
export interface Candidate {
  readonly url: string;
  readonly process: LocalProcess | undefined;
}

/** A place where an OpenCode server answered, or something that wants a password. */
export interface LocalServer extends Candidate {
  readonly wantsPassword: boolean;
  /** When nothing listened there any more; undefined while something does. */
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

/** Why an answer means that no OpenCode server is there, as opposed to nothing answering at all. */
const REFUSALS: ReadonlySet<ServerErrorReason> = new Set<ServerErrorReason>([
  "notFound",
  "unsupported",
  "rejected",
  "invalidResponse",
]);

const PROBE_TIMEOUT_MS = 4_000;

/**
 * The servers known on this machine, and the memory that keeps repeated looks cheap: an answered question is
 * asked again only when the port closed in between or belongs to another process.
 */
export class LocalServers {
  readonly #options: LocalServersOptions;
  #known: ReadonlyMap<string, LocalServer> = new Map<string, LocalServer>();
  /** URLs where something else answers, with the process seen there. */
  readonly #refused = new Map<string, number | undefined>();
  /** URLs that another source reports. */
  readonly #claimed = new Set<string>();

  constructor(options: LocalServersOptions) {
    this.#options = options;
  }

  get known(): ReadonlyMap<string, LocalServer> {
    return this.#known;
  }

  /** Forgets where something else answered, so that the next look asks again. */
  forgetRefusals(): void {
    this.#refused.clear();
  }

  /**
   * Checks every candidate, and takes what is not among them off the list. `areProcessesFresh`: the candidates'
   * processes were listed for this look, so that a server with another process is asked again.
   * Gives whether servers came, went or fell silent: moves after which more are to be expected soon.
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
        return known.wantsPassword && (await this.#isClaimed(candidate)) ? undefined : known;
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
    const wantsPassword = answer === "wantsPassword";
    if (wantsPassword && (await this.#isClaimed(candidate))) return undefined;
    return { url, process, wantsPassword, goneSinceMs: undefined };
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
    // No password is ever sent to a place that was merely found.
    const answer = await withLimits({ signals: [signal], timeoutMs: PROBE_TIMEOUT_MS }, (limited) =>
      this.#options.probe({ url, username: DEFAULT_USERNAME, password: undefined }, limited),
    );
    if (answer.ok) return "openCode";
    const { reason, status } = answer.error;
    // OpenCode asks with 401; what forbids with 403 is something else.
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
