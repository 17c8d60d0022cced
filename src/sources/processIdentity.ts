import { readFile, readdir, readlink, stat } from "node:fs/promises";
import * as z from "zod";
import { parseListeningSockets, parseSocketLink } from "./linuxProcesses.ts";
import type { ListeningAddress } from "./localProcess.ts";
import { readProgram } from "./localProcess.ts";
import { loopbackHost } from "./openCodeCommand.ts";
import { parseJSONAs, PID } from "./parseJSON.ts";
import { isListening } from "./tcpPort.ts";
import { powershell, rowsOf } from "./windowsProcesses.ts";

export const PROCESS_IDENTITY = z.object({ pid: PID, startedAt: z.string().min(1) });

/**
 * Identifies one process permanently: a process id on its own is reused some time after the process has
 * ended. `startedAt` is in a system-specific format and only meant for comparison.
 */
export type ProcessIdentity = Readonly<z.infer<typeof PROCESS_IDENTITY>>;

/** The process that has this id now; undefined if there is none, or it belongs to another user. Never throws. */
export async function identify(pid: number): Promise<ProcessIdentity | undefined> {
  const startedAt = await START_READERS[platform()](pid);
  return startedAt === undefined ? undefined : { pid, startedAt };
}

let self: Promise<ProcessIdentity | undefined> | undefined;

/** This process; the system is queried once. */
export function identifySelf(): Promise<ProcessIdentity | undefined> {
  return (self ??= identify(process.pid));
}

/** Whether this same process still runs. */
export async function isRunning({ pid, startedAt }: ProcessIdentity): Promise<boolean> {
  return (await identify(pid))?.startedAt === startedAt;
}

/**
 * Whether this process, or one it started (on Unix: in its group), listens at a loopback URL. False if the
 * system doesn't report it. Call `isRunning` first: the id itself is not verified here.
 */
export function listensAt(pid: number, url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return LISTENER_CHECKS[platform()](pid, hostname, Number(port || 80));
}

/** Who listens at a loopback URL, relative to the process expected there. */
export type Listener = "itself" | "another" | "nobody";

/** Whether this user's process with this id, or one it started, listens at a loopback URL. */
export async function whoListens(pid: number, url: string): Promise<Listener> {
  if ((await identify(pid)) !== undefined && (await listensAt(pid, url))) return "itself";
  return (await isListening(url)) ? "another" : "nobody";
}

type Platform = "linux" | "mac" | "windows";

function platform(): Platform {
  if (process.platform === "win32") return "windows";
  return process.platform === "linux" ? "linux" : "mac";
}

const START_READERS: Readonly<Record<Platform, (pid: number) => Promise<string | undefined>>> = {
  linux: async (pid) => {
    const folder = await stat(`/proc/${pid}`).catch(() => undefined);
    const facts = await readLinuxStat(pid);
    if (folder?.uid !== process.getuid?.() || facts === undefined) return undefined;
    // Ticks count from boot, so the boot id is part of the identity.
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
    return `${boot.trim()} ${facts.startTicks}`;
  },
  mac: async (pid) => {
    const text = await output("/bin/ps", ["-o", "uid=,stat=,lstart=", "-p", String(pid)]);
    const [, uid, state, start] = /^\s*(\d+)\s+(\S+)\s+(\S.*\S)\s*$/.exec(text) ?? [];
    return Number(uid) === process.getuid?.() && state?.startsWith("Z") === false
      ? start
      : undefined;
  },
  windows: async (pid) => {
    // Only available for this user's processes.
    const text = await output(
      ...powershell(`(Get-Process -Id ${pid} -ErrorAction Stop).StartTime.ToFileTimeUtc()`),
    );
    return /^\d+$/.test(text.trim()) ? text.trim() : undefined;
  },
};

type ListenerCheck = (pid: number, hostname: string, port: number) => Promise<boolean>;

const LISTENER_CHECKS: Readonly<Record<Platform, ListenerCheck>> = {
  linux: async (pid, hostname, port) => {
    const tables = await Promise.all(
      ["tcp", "tcp6"].map((table) => readFile(`/proc/net/${table}`, "utf8").catch(() => "")),
    );
    const wanted = [...parseListeningSockets(tables.join("\n"))]
      .filter(([, listener]) => isAt(listener, hostname, port))
      .map(([inode]) => inode);
    const held = new Set<string>();
    for (const member of await linuxGroup(pid)) {
      const links = await readdir(`/proc/${member}/fd`).catch(() => []);
      for (const name of links) {
        const link = await readlink(`/proc/${member}/fd/${name}`).catch(() => "");
        const inode = parseSocketLink(link);
        if (inode !== undefined) held.add(inode);
      }
    }
    return wanted.length > 0 && wanted.every((inode) => held.has(inode));
  },
  mac: async (pid, _hostname, port) => {
    const text = await output("/usr/sbin/lsof", ["-nP", `-iTCP:${port}`, "-sTCP:LISTEN", "-Fpg"]);
    const owners = text.split("\n").filter((line) => /^[pg]\d+$/.test(line));
    return owners.some((line) => Number(line.slice(1)) === pid);
  },
  windows: async (pid, hostname, port) => {
    const text = await output(
      ...powershell(
        `$l = @(Get-NetTCPConnection -State Listen -LocalPort ${port} -ErrorAction SilentlyContinue | Select-Object LocalAddress, OwningProcess)`,
        "$p = @(Get-CimInstance Win32_Process | Select-Object ProcessId, ParentProcessId)",
        "ConvertTo-Json -Compress -Depth 3 @{ listeners = $l; processes = $p }",
      ),
    );
    const facts = parseJSONAs(WINDOWS_FACTS, text);
    if (facts === undefined) return false;
    const parents = new Map(facts.processes.map((row) => [row.ProcessId, row.ParentProcessId]));
    const owners = facts.listeners.filter((row) =>
      isAt({ address: row.LocalAddress, port }, hostname, port),
    );
    return (
      owners.length > 0 && owners.every((row) => descendsFrom(row.OwningProcess, pid, parents))
    );
  },
};

const WINDOWS_FACTS = z.object({
  listeners: rowsOf(z.object({ LocalAddress: z.string(), OwningProcess: z.int() })),
  processes: rowsOf(z.object({ ProcessId: z.int(), ParentProcessId: z.int() })),
});

function isAt(listener: ListeningAddress, hostname: string, port: number): boolean {
  const host = loopbackHost(listener.address);
  // `localhost` may mean the loopback address of either protocol, so a listener on either counts.
  const isHost = hostname === "localhost" ? host !== undefined : host === hostname;
  return listener.port === port && isHost;
}

/** The process itself and all processes in the group it leads. */
async function linuxGroup(pid: number): Promise<readonly number[]> {
  const ids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  const members = await Promise.all(
    ids.map(async (id) => ((await readLinuxStat(Number(id)))?.group === pid ? Number(id) : pid)),
  );
  return [...new Set([pid, ...members])];
}

/** From `/proc/PID/stat`: undefined if there is no such process, or it has ended but was not reaped. */
async function readLinuxStat(
  pid: number,
): Promise<{ readonly group: number; readonly startTicks: string } | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The name before these fields is in parentheses and may itself contain spaces and parentheses.
  const [state, , group, ...rest] = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const startTicks = rest[16];
  if (startTicks === undefined || state === "Z" || state === "X") return undefined;
  return { group: Number(group), startTicks };
}

function descendsFrom(
  pid: number,
  ancestor: number,
  parents: ReadonlyMap<number, number>,
): boolean {
  let at: number | undefined = pid;
  for (let depth = 0; at !== undefined && depth < 16; depth++) {
    if (at === ancestor) return true;
    at = parents.get(at);
  }
  return false;
}

/** The output of a system program, in a fixed locale and time zone; empty if it fails. */
async function output(program: string, args: readonly string[]): Promise<string> {
  const environment = { ...process.env, LC_ALL: "C", TZ: "UTC" };
  const printed = await readProgram(program, args, new AbortController().signal, environment);
  return printed.ok ? printed.value : "";
}
