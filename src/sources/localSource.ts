import { t } from "../core/language.ts";
import path from "node:path";
import { listLinuxProcesses } from "./linuxProcesses.ts";
import type { LocalProcess, ProcessList } from "./localProcess.ts";
import { processURLs } from "./localProcess.ts";
import type { Candidate, ClaimCandidate, LocalServer } from "./localServers.ts";
import { LocalServers } from "./localServers.ts";
import { listMacProcesses } from "./macProcesses.ts";
import { readConfiguredServers } from "./openCodeConfig.ts";
import type { RescanDelays, RescanPlan } from "./rescanSchedule.ts";
import {
  RESCAN_DELAYS,
  WINDOWS_RESCAN_DELAYS,
  calmPlan,
  eagerPlan,
  isFullDue,
} from "./rescanSchedule.ts";
import type { FoundServer, Probe, ServerSource, SourceProblem, SourceReport } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";
import { SourceReporter } from "./sourceReporter.ts";
import { isListening } from "./tcpPort.ts";
import { listWindowsProcesses } from "./windowsProcesses.ts";

/** The port `opencode serve` takes if it is free, even with `--port 0`. */
export const DEFAULT_URL = "http://127.0.0.1:4096";

/** How long a process may take to start listening after it says it will. */
const STARTING_MS = 30_000;

export interface LocalSourceOptions {
  readonly probe: Probe;
  /** OpenCode's global configuration files: `openCodeConfigFiles`. */
  readonly configFiles: readonly string[];
  /** `platformProcesses`; undefined where processes cannot be listed: then only known ports are checked. */
  readonly processes: ProcessList | undefined;
  /**
   * Whether a server that requires a password is one that another source reports together with its password
   * (a managed server, a registered service). Such a server is left to that source.
   */
  readonly isClaimed?: (candidate: ClaimCandidate) => Promise<boolean>;
  readonly delays?: RescanDelays;
  /** How long a lost server stays in the list, so that a restart does not empty the tree. */
  readonly lingerMs?: number;
  readonly defaultURL?: string;
  readonly isListening?: (url: string) => Promise<boolean>;
}

/** The platform's way of listing processes; undefined if unsupported. */
export function platformProcesses(platform: NodeJS.Platform): ProcessList | undefined {
  if (platform === "linux") return (signal) => listLinuxProcesses(signal);
  if (platform === "darwin") return listMacProcesses;
  if (platform === "win32") return listWindowsProcesses;
  return undefined;
}

/** The schedule that suits the platform's way of listing processes. */
export function platformDelays(platform: NodeJS.Platform): RescanDelays {
  return platform === "win32" ? WINDOWS_RESCAN_DELAYS : RESCAN_DELAYS;
}

/**
 * Servers on this machine: the default port, the port in OpenCode's configuration, and running processes.
 * Every find is probed before it is reported. A server stays while its port accepts TCP connections, however
 * slow it is, and for `lingerMs` after that. Scans on the schedule of `rescanSchedule.ts`, and on `refresh`.
 */
export class LocalSource implements ServerSource {
  readonly id = "local";
  readonly knowsPasswords = false;
  readonly #options: LocalSourceOptions;
  readonly #delays: RescanDelays;
  readonly #reporter = new SourceReporter();
  readonly #abort = new AbortController();
  readonly #servers: LocalServers;
  /** When a process that should listen was first seen without a server, by process id. */
  readonly #startingSinceMs = new Map<number, number>();
  #processes: readonly LocalProcess[] = [];
  #processProblem: readonly [SourceProblem] | undefined;
  #plan: RescanPlan;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  /** A full scan queued behind the running one: shared by everyone who asks in the meantime. */
  #next: Promise<void> | undefined;

  constructor(options: LocalSourceOptions) {
    this.#options = options;
    this.#delays = options.delays ?? RESCAN_DELAYS;
    this.#plan = eagerPlan(this.#delays, performance.now());
    this.#servers = new LocalServers({
      probe: options.probe,
      isListening: options.isListening ?? isListening,
      isClaimed: options.isClaimed ?? (() => Promise.resolve(false)),
      lingerMs: options.lingerMs ?? 60_000,
    });
  }

  start(listener: (report: SourceReport) => void): void {
    if (this.#reporter.open(listener)) void this.refresh();
  }

  refresh(): Promise<void> {
    if (!this.#reporter.isOpen()) return Promise.resolve();
    this.#next ??= this.#running.then(() => {
      this.#next = undefined;
      this.#servers.forgetRefusals();
      this.#plan = eagerPlan(this.#delays, this.#plan.lastFullMs);
      return this.#run(true);
    });
    return this.#next;
  }

  dispose(): void {
    this.#reporter.close();
    this.#abort.abort();
    clearTimeout(this.#timer);
  }

  #run(isFull: boolean): Promise<void> {
    clearTimeout(this.#timer);
    this.#running = this.#look(isFull).finally(() => {
      this.#schedule();
    });
    return this.#running;
  }

  #schedule(): void {
    if (!this.#reporter.isOpen()) return;
    this.#timer = setTimeout(() => {
      void this.#run(isFullDue(this.#plan, performance.now()));
    }, this.#plan.quickDelayMs);
    this.#timer.unref();
  }

  /** One scan; a quick one that sees a change becomes a full one, which also lists processes. */
  async #look(isFull: boolean): Promise<void> {
    const configured = await readConfiguredServers(this.#options.configFiles);
    if (isFull) await this.#listProcesses();
    const hasMoved = await this.#servers.check(
      this.#candidates(configured.urls, isFull),
      isFull,
      this.#abort.signal,
    );
    if (!this.#reporter.isOpen()) return;
    if (hasMoved && !isFull) {
      await this.#look(true);
      return;
    }
    const nowMs = performance.now();
    this.#plan =
      hasMoved || this.#isSomethingStarting(nowMs)
        ? eagerPlan(this.#delays, isFull ? nowMs : this.#plan.lastFullMs)
        : calmPlan(this.#plan, this.#delays, { isFull, nowMs });
    const problems = [...configured.problems, ...(this.#processProblem ?? [])];
    const servers = [...this.#servers.known.values()].map(foundServer);
    this.#reporter.report({ servers, problems });
  }

  async #listProcesses(): Promise<void> {
    const listed = await this.#options.processes?.(this.#abort.signal);
    this.#processes = listed?.ok === true ? listed.value : [];
    this.#processProblem =
      listed?.ok === false
        ? [
            {
              subject: "processes",
              severity: "warning",
              message: t`Could not look for running OpenCode servers. ${listed.error.message}`,
            },
          ]
        : undefined;
  }

  #candidates(configuredURLs: readonly string[], areProcessesFresh: boolean): Iterable<Candidate> {
    const candidates = new Map<string, Candidate>();
    for (const process of this.#processes) {
      for (const url of processURLs(process)) candidates.set(url, { url, process });
    }
    for (const url of [this.#options.defaultURL ?? DEFAULT_URL, ...configuredURLs]) {
      if (!candidates.has(url)) candidates.set(url, { url, process: undefined });
    }
    for (const { url, process } of this.#servers.known.values()) {
      if (candidates.has(url)) continue;
      candidates.set(url, { url, process: areProcessesFresh ? undefined : process });
    }
    return candidates.values();
  }

  #isSomethingStarting(nowMs: number): boolean {
    const served = new Set([...this.#servers.known.values()].map((server) => server.process?.pid));
    const silent = new Set(
      this.#processes
        .filter(({ pid, command }) => command.listens && !served.has(pid))
        .map(({ pid }) => pid),
    );
    for (const pid of this.#startingSinceMs.keys()) {
      if (!silent.has(pid)) this.#startingSinceMs.delete(pid);
    }
    for (const pid of silent) {
      if (!this.#startingSinceMs.has(pid)) this.#startingSinceMs.set(pid, nowMs);
    }
    return [...this.#startingSinceMs.values()].some((sinceMs) => nowMs - sinceMs < STARTING_MS);
  }
}

function foundServer({ url, process }: LocalServer): FoundServer {
  const address = url.replace("http://", "");
  const folder = process?.directory === undefined ? "" : path.basename(process.directory);
  return {
    endpoint: {
      serverID: url,
      url,
      name: folder === "" ? address : `${folder} (${address})`,
      origin: "local",
      username: DEFAULT_USERNAME,
      directory: undefined,
      pid: process?.pid,
    },
    password: undefined,
  };
}
