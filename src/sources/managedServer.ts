import { t } from "../core/language.ts";
import { watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import type { Endpoint } from "../core/state/endpoint.ts";
import { ServerError } from "../core/errors.ts";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import { withLimits } from "../core/timeLimit.ts";
import { coalesced } from "../core/coalesced.ts";
import type { ClaimCandidate } from "./localServers.ts";
import type { Lease, ManagedFiles } from "./managedLease.ts";
import { createManagedDirs, managedFiles, readLease } from "./managedLease.ts";
import { addressKey } from "./mergeServers.ts";
import { isAlive } from "./processEnd.ts";
import type { SharedServerOptions } from "./sharedServer.ts";
import { SharedServer } from "./sharedServer.ts";
import type { FoundServer, ServerSource, SourceProblem, SourceReport } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";
import { SourceReporter } from "./sourceReporter.ts";

/** The managed server's id, which does not depend on its port. */
export const MANAGED_SERVER_ID = "managed";

const MAX_RETRY_MS = 30_000;

export interface ManagedServerOptions extends SharedServerOptions {
  /** The extension's own folder, shared by all windows of this editor. */
  readonly storageDir: string;
  /** How the server appears in the list; defaults to the managed server shared by all windows. */
  readonly endpoint?: Pick<Endpoint, "serverID" | "name" | "origin" | "directory">;
  /** Interval between this window's heartbeats. */
  readonly heartbeatMs?: number;
}

/**
 * One `opencode serve` for all windows, started on request and stopped when the last window has gone. A new
 * window joins a running server. The process belongs to a guardian (`serverGuardian.ts`), which also notices
 * killed windows; windows coordinate through the files of `managedLease.ts`.
 */
export class ManagedServer implements ServerSource {
  readonly id = MANAGED_SERVER_ID;
  readonly knowsPasswords = true;
  readonly #files: ManagedFiles;
  readonly #shared: SharedServer;
  readonly #heartbeatMs: number;
  readonly #identity: NonNullable<ManagedServerOptions["endpoint"]>;
  readonly #reporter = new SourceReporter();
  readonly #abort = new AbortController();
  readonly #lookOnce = coalesced(() => this.#look());
  #openedMs = Date.now();
  #joined: Lease | undefined;
  /** A lease whose server isn't ours: not checked again until the file changes. */
  #refused: Lease | undefined;
  /** Consecutive checks in which our own server did not answer. */
  #silentLooks = 0;
  #retry: NodeJS.Timeout | undefined;
  #launching: Promise<Result<Endpoint>> | undefined;
  #watcher: FSWatcher | undefined;
  #debounce: NodeJS.Timeout | undefined;
  #heartbeat: NodeJS.Timeout | undefined;

  constructor(options: ManagedServerOptions) {
    this.#files = managedFiles(options.storageDir);
    this.#shared = new SharedServer(options, this.#files, this.#abort.signal);
    this.#heartbeatMs = options.heartbeatMs ?? 30_000;
    this.#identity = options.endpoint ?? {
      serverID: MANAGED_SERVER_ID,
      name: t("Private server"),
      origin: "managed",
      directory: undefined,
    };
  }

  start(listener: (report: SourceReport) => void): void {
    if (!this.#reporter.open(listener)) return;
    this.#openedMs = Date.now();
    this.#heartbeat = setInterval(() => void this.#beat(), this.#heartbeatMs);
    this.#heartbeat.unref();
    void this.refresh();
  }

  refresh(): Promise<void> {
    return this.#reporter.isOpen() ? this.#lookOnce() : Promise.resolve();
  }

  /** Starts the server, or joins the running one. Call it after `start`; `signal` cancels. */
  launch(signal?: AbortSignal): Promise<Result<Endpoint>> {
    this.#launching ??= withLimits({ signals: [signal, this.#abort.signal] }, (limited) =>
      this.#launch(limited),
    ).finally(() => {
      this.#launching = undefined;
    });
    return this.#launching;
  }

  /** Stops the server for all windows; resolves when it is gone. A no-op when there is none. */
  async stop(): Promise<Result<void>> {
    const stopped = await this.#shared.stop();
    await this.refresh();
    return stopped;
  }

  /** Whether a server found by another source is the managed one, or may be one a window is starting now. */
  async claims({ url, pid }: ClaimCandidate): Promise<boolean> {
    if (!this.#reporter.isOpen()) return false;
    if (await this.#shared.isBusy()) return true;
    await this.refresh();
    if (this.#joined === undefined) return false;
    return addressKey(this.#joined.url) === addressKey(url) || this.#joined.server.pid === pid;
  }

  /** Leaves the server, which stops once all windows have left. Cancels a start in progress. */
  async dispose(): Promise<void> {
    this.#reporter.close();
    this.#abort.abort();
    this.#watcher?.close();
    clearTimeout(this.#debounce);
    clearTimeout(this.#retry);
    clearInterval(this.#heartbeat);
    this.#leaveServer();
    await this.#launching;
  }

  async #look(): Promise<void> {
    if (!this.#reporter.isOpen()) return;
    await this.#watch();
    const state = await readLease(this.#files);
    if (state?.kind !== "running") {
      if (this.#joined !== undefined) this.#leaveServer();
      const isNews = state !== undefined && state.endedMs >= this.#openedMs;
      this.#report(isNews ? t`The private server stopped. ${state.message}` : undefined);
      return;
    }
    const { lease } = state;
    // For a proven guardian, checking the id is enough: proofs run a program on some systems.
    const isKnown = isDeepStrictEqual(lease, this.#joined) && isAlive(lease.guardian.pid);
    const isRefused = isDeepStrictEqual(lease, this.#refused);
    // A server this window is launching is joined by `launch`.
    if (!isKnown && !isRefused && this.#launching === undefined) {
      const joined = await this.#shared.join();
      const joining = joined.ok ? joined.value : ({ kind: "silent" } as const);
      if (joining.kind === "joined") {
        this.#take(joining.lease);
      } else {
        this.#leaveServer();
        if (joining.kind === "stranger") this.#refused = lease;
        else this.#lookLater();
      }
    }
    this.#report();
  }

  async #launch(signal: AbortSignal): Promise<Result<Endpoint>> {
    if (!this.#reporter.isOpen()) {
      return failed(new ServerError("cancelled", t("This window does not look for servers.")));
    }
    const launched = await this.#shared.launch(signal);
    if (!launched.ok) return launched;
    this.#take(launched.value);
    this.#report();
    return ok(this.#found(launched.value).endpoint);
  }

  /** Schedules another check, with increasing delays, for a server that is busy or was suspended. */
  #lookLater(): void {
    clearTimeout(this.#retry);
    const delayMs = Math.min(1_000 * 2 ** this.#silentLooks++, MAX_RETRY_MS);
    this.#retry = setTimeout(() => void this.refresh(), delayMs);
    this.#retry.unref();
  }

  #take(lease: Lease): void {
    this.#silentLooks = 0;
    this.#joined = lease;
    this.#refused = undefined;
    if (!this.#reporter.isOpen()) this.#leaveServer();
  }

  #leaveServer(): void {
    this.#joined = undefined;
    this.#shared.leave();
  }

  #report(message?: string): void {
    const problems: readonly SourceProblem[] =
      message === undefined ? [] : [{ subject: "private server", severity: "error", message }];
    const servers = this.#joined === undefined ? [] : [this.#found(this.#joined)];
    this.#reporter.report({ servers, problems });
  }

  #found({ url, server, password }: Lease): FoundServer {
    const endpoint = { ...this.#identity, url, username: DEFAULT_USERNAME, pid: server.pid };
    return { endpoint, password };
  }

  async #beat(): Promise<void> {
    if (this.#joined !== undefined) await this.#shared.announce();
    await this.refresh();
  }

  async #watch(): Promise<void> {
    if (this.#watcher !== undefined) return;
    try {
      await createManagedDirs(this.#files);
      const watcher = watch(this.#files.dir, { persistent: false }, () => {
        clearTimeout(this.#debounce);
        this.#debounce = setTimeout(() => void this.refresh(), 100);
        this.#debounce.unref();
      });
      watcher.on("error", () => {
        watcher.close();
        this.#watcher = undefined;
      });
      if (this.#reporter.isOpen()) this.#watcher = watcher;
      else watcher.close();
    } catch {
      // Without a watcher, the heartbeat checks.
    }
  }
}
