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
import { endProcess, hasEnded, isAlive } from "./processEnd.ts";
import type { Probe } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";
import { spawnGuardian } from "./spawnGuardian.ts";

export interface SharedServerOptions {
  readonly probe: Probe;
  /** The bundled `serverGuardian.ts`, absolute. */
  readonly guardianFile: string;
  /** The OpenCode program: a name on PATH or a path. Read at each start. */
  readonly program: () => string;
  /** The server's working directory; the home folder where there is none. Read at each start. */
  readonly directory?: () => string | undefined;
  /** Laid over this process's environment for the server. */
  readonly environment?: Environment;
  readonly startTimeoutMs?: number;
  /** How long the server runs on without windows: a reload of the last window takes some seconds. */
  readonly graceMs?: number;
  /** Between looks of the guardian. */
  readonly checkMs?: number;
}

/** How long to wait for another window that starts or stops the server. */
const LOCK_TIMEOUT_MS = 60_000;

/**
 * The managed server as the windows share it: what one window does to it, each under the lock, so that two
 * who start at once get one server. Holds no state but the files'.
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

  /** Joins the server that runs; undefined when none proves itself to be ours. */
  join(): Promise<Result<Lease | undefined>> {
    return this.#locked(() => this.#join(1_500));
  }

  /** Joins the server that runs, else starts one. */
  launch(signal: AbortSignal): Promise<Result<Lease>> {
    return this.#locked(async () => {
      const running = await this.#join(5_000);
      if (!running.ok) return running;
      if (running.value !== undefined) return ok(running.value);
      // What did not prove itself is not ours to touch; where it has a guardian, that one stops it now.
      await removeLease(this.#files);
      const started = await this.#startNew(signal);
      // Again: a look that saw the last server gone may have taken this window off the list.
      if (started.ok) await this.announce();
      else this.leave();
      return started;
    });
  }

  /** Stops the server for all windows; resolves when its process is gone. Fine when there is none. */
  stop(): Promise<Result<void>> {
    return this.#locked(() => this.#stop());
  }

  /** Says again that this window uses the server. */
  async announce(): Promise<void> {
    await announceWindow(this.#files, process.pid).catch(() => undefined);
  }

  /** Says that this window no longer uses the server. */
  leave(): void {
    leaveWindow(this.#files, process.pid);
  }

  /** Whether some window is starting or stopping the server just now. */
  isBusy(): Promise<boolean> {
    return isLocked(this.#files.lock);
  }

  async #join(patienceMs: number): Promise<Result<Lease | undefined>> {
    const state = await readLease(this.#files);
    if (state?.kind !== "running") return ok(undefined);
    const { lease } = state;
    await announceWindow(this.#files, process.pid);
    if (!(await this.#provesItself(lease, patienceMs))) {
      this.leave();
      return ok(undefined);
    }
    if (isAlive(lease.guardianPid)) return ok(lease);
    // Its guardian was killed: another one takes over, or the server would outlive all windows.
    const order = { kind: "adopt" as const, file: "", needsShell: false };
    const guarding = await this.#guard(order, this.#windowEnds);
    if (!guarding.ok) return guarding;
    const adopted = await readLease(this.#files);
    return ok(adopted?.kind === "running" ? adopted.lease : undefined);
  }

  async #startNew(signal: AbortSignal): Promise<Result<Lease>> {
    const program = this.#options.program();
    const environment = this.#environment();
    const places = { environment, homeDir: homedir(), platform: process.platform };
    const found = await findProgram(program, places);
    if (found === undefined) {
      const message = `OpenCode was not found: there is no program «${program}». Install it (npm install -g opencode-ai), or set «opencodeSessions.opencodePath» to where it is.`;
      return failed(new ServerError("notFound", message));
    }
    await announceWindow(this.#files, process.pid);
    const guarding = await this.#guard({ kind: "start", ...found }, signal);
    if (!guarding.ok) return guarding;
    const state = await readLease(this.#files);
    if (state?.kind === "running" && (await this.#provesItself(state.lease, 10_000))) {
      return ok(state.lease);
    }
    await removeLease(this.#files);
    const message =
      state?.kind === "ended"
        ? state.message
        : "OpenCode was started, but does not answer as an OpenCode server. It was stopped.";
    return failed(new ServerError("invalidResponse", message));
  }

  async #guard(
    what: Pick<GuardianOrder, "kind" | "file" | "needsShell">,
    signal: AbortSignal,
  ): Promise<Result<void>> {
    const { guardianFile, startTimeoutMs, graceMs, checkMs } = this.#options;
    const order: GuardianOrder = {
      ...what,
      storageDir: this.#files.dir,
      directory: await this.#directory(),
      startTimeoutMs: startTimeoutMs ?? 30_000,
      graceMs: graceMs ?? 20_000,
      checkMs: checkMs ?? 2_000,
    };
    return spawnGuardian(guardianFile, order, this.#environment(), signal);
  }

  async #stop(): Promise<Result<void>> {
    const state = await readLease(this.#files);
    if (state?.kind !== "running") return ok(undefined);
    const { lease } = state;
    const isGuarded = isAlive(lease.guardianPid);
    // Without a guardian the process id alone proves nothing: it may be another program's by now.
    const isOurs = isGuarded || (await this.#provesItself(lease, 1_500));
    await removeLease(this.#files);
    if (!isOurs) return ok(undefined);
    const hasStopped = isGuarded ? await hasEnded(lease.pid, 10_000) : await endProcess(lease.pid);
    if (hasStopped) return ok(undefined);
    return failed(new ServerError("timeout", `OpenCode (process ${lease.pid}) did not stop.`));
  }

  /** Whether the server of a lease answers to its password. Waits for a slow one as long as its process lives. */
  async #provesItself(lease: Lease, patienceMs: number): Promise<boolean> {
    const access = { url: lease.url, username: DEFAULT_USERNAME, password: lease.password };
    const deadlineMs = Date.now() + patienceMs;
    for (;;) {
      const signal = AbortSignal.any([this.#windowEnds, AbortSignal.timeout(3_000)]);
      const answer = await this.#options.probe(access, signal);
      if (answer.ok) return true;
      const { reason } = answer.error;
      const mayCome = (reason === "unreachable" || reason === "timeout") && isAlive(lease.pid);
      if (!mayCome || Date.now() >= deadlineMs || this.#windowEnds.aborted) return false;
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
      const message = `The folder of the managed server cannot be used: ${reason}`;
      return failed(new ServerError("rejected", message, { cause }));
    }
  }
}
