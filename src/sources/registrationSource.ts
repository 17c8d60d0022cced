import { t } from "../core/language.ts";
import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import path from "node:path";
import { withLimits } from "../core/timeLimit.ts";
import { coalesced } from "../core/coalesced.ts";
import type { ClaimCandidate } from "./localServers.ts";
import { addressKey } from "./mergeServers.ts";
import type { Listener } from "./processIdentity.ts";
import type { Registration } from "./registrationFile.ts";
import { readRegistration } from "./registrationFile.ts";
import type { FoundServer, Probe, ServerSource, SourceProblem, SourceReport } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";
import { SourceReporter } from "./sourceReporter.ts";

const SOURCE_ID = "service";
const PROBE_TIMEOUT_MS = 4_000;

export interface RegistrationSourceOptions {
  readonly probe: Probe;
  /** `processIdentity.ts`. */
  readonly whoListens: (pid: number, url: string) => Promise<Listener>;
  /** `registrationPath`. */
  readonly file: string;
  /** How long a service that stopped answering stays in the list: its updates take some seconds. */
  readonly lingerMs?: number;
  /** Interval between checks while the service is expected to start: the first delay, doubling up to `settledMs`. */
  readonly unsettledMs?: number;
  /** Interval between checks otherwise, in case the folder watcher missed something. */
  readonly settledMs?: number;
}

/** The result of one check. */
interface Look {
  readonly server: FoundServer | undefined;
  readonly problem: Omit<SourceProblem, "subject"> | undefined;
  /** Whether the service may be about to answer. */
  readonly isUnsettled: boolean;
  /** Whether the last known service may still be there: false if something else answers in its place. */
  readonly mayLinger: boolean;
}

/**
 * The background service of OpenCode 2, found through its registration file. The password is only sent if the
 * process in the file is running, is this user's, and itself listens at its URL. Only reported if the answer names
 * the same process and version; never started or stopped from here. Its id stays `service` across restarts.
 */
export class RegistrationSource implements ServerSource {
  readonly id = SOURCE_ID;
  readonly knowsPasswords = true;
  readonly #options: RegistrationSourceOptions;
  readonly #reporter = new SourceReporter();
  readonly #abort = new AbortController();
  readonly #lookOnce = coalesced(() => this.#look());
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #unsettledMs: number;
  /** The file's text at the last conclusive check, so that timer and watcher need not probe again. */
  #settledText: string | undefined;
  #registration: Registration | undefined;
  #current: FoundServer | undefined;
  #silentSinceMs: number | undefined;

  constructor(options: RegistrationSourceOptions) {
    this.#options = options;
    this.#unsettledMs = options.unsettledMs ?? 500;
  }

  start(listener: (report: SourceReport) => void): void {
    if (this.#reporter.open(listener)) void this.refresh();
  }

  refresh(): Promise<void> {
    return this.#reporter.isOpen() ? this.#lookOnce() : Promise.resolve();
  }

  /** Reads the file again and probes the service; call it before every connect. */
  async current(): Promise<FoundServer | undefined> {
    await this.refresh();
    return this.#current;
  }

  /** Whether a server found by another source is the registered one, which this source reports with its password. */
  async claims({ url, pid }: ClaimCandidate): Promise<boolean> {
    await this.#lookIfChanged();
    const registered = this.#registration;
    if (registered === undefined) return false;
    return addressKey(registered.url) === addressKey(url) || registered.pid === pid;
  }

  dispose(): void {
    this.#reporter.close();
    this.#abort.abort();
    this.#watcher?.close();
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    if (!this.#reporter.isOpen()) return;
    clearTimeout(this.#timer);
    this.#watch();
    const { text, registration, problem } = await readRegistration(this.#options.file);
    this.#registration = registration;
    const look: Look =
      registration === undefined
        ? { server: undefined, problem, isUnsettled: false, mayLinger: text === undefined }
        : await this.#ask(registration, problem);
    if (!this.#reporter.isOpen()) return;
    if (look.server !== undefined) this.#silentSinceMs = undefined;
    this.#current = look.server ?? (look.mayLinger ? this.#lingering() : undefined);
    this.#settledText = look.isUnsettled ? undefined : (text ?? "");
    this.#reporter.report({
      servers: this.#current === undefined ? [] : [this.#current],
      problems:
        look.problem === undefined
          ? []
          : [
              {
                ...look.problem,
                subject: this.#options.file,
                message: t`OpenCode's registration file ${this.#options.file} ${look.problem.message}.`,
              },
            ],
    });
    this.#schedule(look.isUnsettled || (look.server === undefined && this.#current !== undefined));
  }

  async #ask(registration: Registration, warning: Look["problem"]): Promise<Look> {
    const { url, pid, version, password } = registration;
    const listener = await this.#options.whoListens(pid, url);
    const stale = (message: string, isUnsettled: boolean): Look => {
      // An outdated registration no longer claims anything.
      if (!isUnsettled) this.#registration = undefined;
      return {
        server: undefined,
        problem: { severity: "warning", message },
        isUnsettled,
        mayLinger: isUnsettled,
      };
    };
    if (listener === "nobody") {
      return stale(t("is out of date or its service is not ready: nothing answers"), true);
    }
    if (listener === "another") {
      return stale(t("is out of date: another process has its address"), false);
    }
    const answer = await withLimits(
      { signals: [this.#abort.signal], timeoutMs: PROBE_TIMEOUT_MS },
      (limited) => this.#options.probe({ url, username: DEFAULT_USERNAME, password }, limited),
    );
    if (!answer.ok) {
      const { reason } = answer.error;
      if (reason === "unauthorized")
        return stale(t("contains a password that the server rejects"), false);
      if (reason === "unreachable" || reason === "timeout" || reason === "cancelled") {
        return stale(t("is out of date or its service is not ready: nothing answers"), true);
      }
      return stale(t("is out of date: what answers at its address is not OpenCode"), false);
    }
    const { version: answeredVersion, pid: answeredPid } = answer.value;
    if (answeredPid !== pid || answeredVersion !== version) {
      return stale(t("is out of date: another OpenCode process answers at its address"), false);
    }
    return {
      server: foundService(registration),
      problem: warning,
      isUnsettled: false,
      mayLinger: false,
    };
  }

  /** The last service, without its password, for a while after it fell silent: the next to answer may be another. */
  #lingering(): FoundServer | undefined {
    this.#silentSinceMs ??= performance.now();
    const isRecent = performance.now() - this.#silentSinceMs < (this.#options.lingerMs ?? 60_000);
    if (!isRecent || this.#current === undefined) return undefined;
    return { ...this.#current, password: undefined };
  }

  #schedule(isUnsettled: boolean): void {
    const settledMs = this.#options.settledMs ?? 60_000;
    const delayMs = isUnsettled ? this.#unsettledMs : settledMs;
    this.#unsettledMs = isUnsettled
      ? Math.min(this.#unsettledMs * 2, settledMs)
      : (this.#options.unsettledMs ?? 500);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      void this.#lookIfChanged();
    }, delayMs);
    this.#timer.unref();
  }

  async #lookIfChanged(): Promise<void> {
    if (!this.#reporter.isOpen()) return;
    const { text } = await readRegistration(this.#options.file);
    if ((text ?? "") !== this.#settledText) {
      await this.refresh();
      return;
    }
    this.#watch();
    if (this.#reporter.isOpen()) this.#schedule(false);
  }

  /** Watches the file's folder if it exists: the file itself is replaced, not rewritten. */
  #watch(): void {
    if (this.#watcher !== undefined) return;
    const { dir, base } = path.parse(this.#options.file);
    try {
      const watcher = watch(dir, { persistent: false }, (_event, name) => {
        if (name !== null && name !== base) return;
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => {
          void this.#lookIfChanged();
        }, 100);
        this.#timer.unref();
      });
      watcher.on("error", () => {
        this.#unwatch(watcher);
      });
      this.#watcher = watcher;
    } catch {
      // No such folder yet: the timer retries.
    }
  }

  #unwatch(watcher: FSWatcher): void {
    watcher.close();
    if (this.#watcher === watcher) this.#watcher = undefined;
  }
}

function foundService({ url, pid, password }: Registration): FoundServer {
  return {
    endpoint: {
      serverID: SOURCE_ID,
      url,
      name: t("OpenCode service"),
      origin: "local",
      username: DEFAULT_USERNAME,
      directory: undefined,
      pid,
    },
    password,
  };
}
