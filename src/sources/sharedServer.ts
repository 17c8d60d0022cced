import { t } from "../core/language.ts";
import { stat } from "node:fs/promises";
import { homedir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { ServerError } from "../core/errors.ts";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import type { GuardianOrder } from "./guardianProtocol.ts";
import { isLocked, withLockFile } from "./lockFile.ts";
import type { Lease, ManagedFiles } from "./managedLease.ts";
import {
  announceWindow,
  createManagedDirs,
  leaveWindow,
  readLease,
  removeLease,
} from "./managedLease.ts";
import type { Environment } from "./openCodeConfig.ts";
import { findProgram } from "./openCodeProgram.ts";
import { endProcess, hasEnded } from "./processEnd.ts";
import { isRunning } from "./processIdentity.ts";
import type { Proof } from "./proveServer.ts";
import { proveServer } from "./proveServer.ts";
import type { Probe } from "./source.ts";
import { spawnGuardian } from "./spawnGuardian.ts";

export interface SharedServerOptions {
  readonly probe: Probe;
  /** Absolute path of the bundled `serverGuardian.ts`. */
  readonly guardianFile: string;
  /** The OpenCode program: a name on PATH or a path. Read at each start. */
  readonly program: () => string;
  /** The server's working directory; defaults to the home folder. Read at each start. */
  readonly directory?: () => string | undefined;
  /** Overrides this process's environment for the server. */
  readonly environment?: Environment;
  readonly startTimeoutMs?: number;
  /** How long the server keeps running without windows: reloading the last window takes some seconds. */
  readonly graceMs?: number;
  /** Interval between the guardian's checks. */
  readonly checkMs?: number;
}

/** The result of joining. `silent`: our server runs but doesn't answer now; `stranger`: there is none of ours. */
export type Joining =
  { readonly kind: "joined"; readonly lease: Lease } | { readonly kind: "silent" | "stranger" };

/** How long to wait for another window that is starting or stopping the server. */
const LOCK_TIMEOUT_MS = 60_000;

/**
 * The managed server as shared by the windows: every operation of one window runs under the lock, so that two
 * windows starting at once get one server. Holds no state beyond the files.
 */
export class SharedServer {
  readonly #options: SharedServerOptions;
  readonly #files: ManagedFiles;
  readonly #windowEnds: AbortSignal;

  constructor(options: SharedServerOptions, files: ManagedFiles, windowEnds: AbortSignal) {
    this.#options = options;
    this.#files = files;
    this.#windowEnds = windowEnds;
  }

  /** Joins the running server, if it proves to be ours. */
  join(): Promise<Result<Joining>> {
    return this.#locked(() => this.#join(1_500));
  }

  /** Joins the running server, or starts one. */
  launch(signal: AbortSignal): Promise<Result<Lease>> {
    return this.#locked(async () => {
      const running = await this.#join(5_000);
      if (!running.ok) return running;
      if (running.value.kind === "joined") return ok(running.value.lease);
      // Stop a server that doesn't answer: its guardian does it, if it has one.
      const left = await this.#stop();
      if (!left.ok) return left;
      const started = await this.#startNew(signal);
      // Announce again: a check that saw the last server end may have removed this window from the list.
      if (started.ok) await this.announce();
      else this.leave();
      return started;
    });
  }

  /** Stops the server for all windows; resolves when its process is gone. A no-op when there is none. */
  stop(): Promise<Result<void>> {
    return this.#locked(() => this.#stop());
  }

  /** Sends this window's heartbeat. */
  async announce(): Promise<void> {
    await announceWindow(this.#files, process.pid).catch(() => undefined);
  }

  /** Records that this window no longer uses the server. */
  leave(): void {
    leaveWindow(this.#files, process.pid);
  }

  /** Whether some window is starting or stopping the server right now. */
  isBusy(): Promise<boolean> {
    return isLocked(this.#files.lock);
  }

  async #join(patienceMs: number): Promise<Result<Joining>> {
    const state = await readLease(this.#files);
    if (state?.kind !== "running") return ok({ kind: "stranger" });
    const { lease } = state;
    await announceWindow(this.#files, process.pid);
    const proof = await this.#prove(lease, patienceMs);
    if (proof !== "proved") {
      this.leave();
      return ok({ kind: proof });
    }
    if (await isRunning(lease.guardian)) return ok({ kind: "joined", lease });
    // Both guardians were killed: start another, or the server would outlive all windows.
    const guarding = await this.#guard({ kind: "adopt", ...this.#times() }, this.#windowEnds);
    if (!guarding.ok) return guarding;
    const adopted = await readLease(this.#files);
    return ok(
      adopted?.kind === "running" ? { kind: "joined", lease: adopted.lease } : { kind: "stranger" },
    );
  }

  async #startNew(signal: AbortSignal): Promise<Result<Lease>> {
    const program = this.#options.program();
    const environment = this.#environment();
    const places = { environment, homeDir: homedir(), platform: process.platform };
    const found = await findProgram(program, places);
    if (found === undefined) {
      const message = t`OpenCode was not found: there is no program “${program}”. Install it (npm install -g opencode-ai), or set “opencodeSessions.opencodePath” to its path.`;
      return failed(new ServerError("notFound", message));
    }
    await announceWindow(this.#files, process.pid);
    const order = {
      kind: "start" as const,
      ...found,
      ...this.#times(),
      directory: await this.#directory(),
      startTimeoutMs: this.#options.startTimeoutMs ?? 30_000,
    };
    const guarding = await this.#guard(order, signal);
    if (!guarding.ok) return guarding;
    const state = await readLease(this.#files);
    if (state?.kind === "running" && (await this.#prove(state.lease, 10_000)) === "proved") {
      return ok(state.lease);
    }
    await removeLease(this.#files);
    const message =
      state?.kind === "ended"
        ? state.message
        : t("OpenCode was started, but does not answer as an OpenCode server. It was stopped.");
    return failed(new ServerError("invalidResponse", message));
  }

  #guard(order: GuardianOrder, signal: AbortSignal): Promise<Result<void>> {
    return spawnGuardian(this.#options.guardianFile, order, this.#environment(), signal);
  }

  #times(): Pick<GuardianOrder, "storageDir" | "graceMs" | "checkMs"> {
    const { graceMs = 20_000, checkMs = 2_000 } = this.#options;
    return { storageDir: this.#files.dir, graceMs, checkMs };
  }

  async #stop(): Promise<Result<void>> {
    const state = await readLease(this.#files);
    if (state?.kind !== "running") return ok(undefined);
    const { lease } = state;
    const { server, guardian } = lease;
    const [isThere, isGuarded] = await Promise.all([isRunning(server), isRunning(guardian)]);
    await removeLease(this.#files);
    // Another program now has this process id.
    if (!isThere) return ok(undefined);
    const hasStopped = isGuarded ? await hasEnded(server.pid, 10_000) : await endProcess(server);
    if (hasStopped) return ok(undefined);
    return failed(new ServerError("timeout", t`OpenCode (process ${server.pid}) did not stop.`));
  }

  /** Finds out whether the server of a lease is ours; a slow one gets some time. */
  async #prove(lease: Lease, patienceMs: number): Promise<Proof> {
    const deadlineMs = performance.now() + patienceMs;
    for (;;) {
      const proof = await proveServer(lease, this.#options.probe, this.#windowEnds);
      const isOver = performance.now() >= deadlineMs || this.#windowEnds.aborted;
      if (proof !== "silent" || isOver) return proof;
      await delay(250);
    }
  }

  async #directory(): Promise<string> {
    const directory = this.#options.directory?.();
    if (directory === undefined) return homedir();
    const stats = await stat(directory).catch(() => undefined);
    return stats?.isDirectory() === true ? directory : homedir();
  }

  #environment(): Environment {
    return { ...process.env, ...this.#options.environment };
  }

  async #locked<T>(task: () => Promise<Result<T>>): Promise<Result<T>> {
    try {
      await createManagedDirs(this.#files);
      const done = await withLockFile(this.#files.lock, LOCK_TIMEOUT_MS, task);
      return done.ok ? done.value : done;
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      const message = t`The folder of the private server cannot be used: ${reason}`;
      return failed(new ServerError("rejected", message, { cause }));
    }
  }
}
