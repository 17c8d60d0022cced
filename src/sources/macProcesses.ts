import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import type { ListeningAddress, LocalProcess } from "./localProcess.ts";
import { readProgram } from "./localProcess.ts";
import { isOpenCodeProgram, parseOpenCodeCommand } from "./openCodeCommand.ts";
import type { OpenCodeCommand } from "./openCodeCommand.ts";

/**
 * This user's OpenCode processes on macOS: `ps` for the command lines and, only if there are any, `lsof` for
 * their ports and working directories. Without `lsof`, only processes with an explicit `--port` are found.
 */
export async function listMacProcesses(
  signal: AbortSignal,
): Promise<Result<readonly LocalProcess[]>> {
  // No -a, so that only this user's processes are listed; -ww: never truncated.
  const ps = await readProgram("/bin/ps", ["-xww", "-o", "pid=,command="], signal);
  if (!ps.ok) return failed(ps.error);
  const commands = parsePs(ps.value);
  if (commands.size === 0) return ok([]);
  const pids = [...commands.keys()].join(",");
  const [listeners, directories] = await Promise.all([
    readProgram(
      "/usr/sbin/lsof",
      ["-nP", "-iTCP", "-sTCP:LISTEN", "-a", "-p", pids, "-Fpn"],
      signal,
    ),
    readProgram("/usr/sbin/lsof", ["-a", "-d", "cwd", "-p", pids, "-Fpn"], signal),
  ]);
  return ok(
    joinProcesses(
      commands,
      listeners.ok ? listeners.value : "",
      directories.ok ? directories.value : "",
    ),
  );
}

/** Joins the three outputs: parsed `ps`, `lsof` of listening sockets, `lsof` of working directories. */
export function joinProcesses(
  commands: ReadonlyMap<number, OpenCodeCommand>,
  listenersText: string,
  directoriesText: string,
): readonly LocalProcess[] {
  const listeners = parseLsof(listenersText);
  const directories = parseLsof(directoriesText);
  return [...commands].map(([pid, command]) => ({
    pid,
    command,
    directory: directories.get(pid)?.[0],
    listening: (listeners.get(pid) ?? []).map(parseListener).filter((entry) => entry !== undefined),
  }));
}

/** The OpenCode processes in the output of `ps -o pid=,command=`, by process id. */
export function parsePs(text: string): ReadonlyMap<number, OpenCodeCommand> {
  const commands = new Map<number, OpenCodeCommand>();
  for (const line of text.split("\n")) {
    const match = /^\s*(\d+)\s+(\S.*)$/.exec(line);
    if (match === null) continue;
    const command = parseOpenCodeCommand(splitPsCommand(match[2] ?? ""));
    if (command !== undefined) commands.set(Number(match[1]), command);
  }
  return commands;
}

/**
 * Splits a command as `ps` prints it: joined by spaces, quotes lost. A program's path may itself contain
 * spaces, so the longest plausible path ending in OpenCode's name is taken as one word; a second absolute
 * path or an option before that name means that it is an argument of another program.
 */
function splitPsCommand(command: string): readonly string[] {
  const pieces = command.trim().split(/ +/);
  const end = pieces.findIndex((piece) => isOpenCodeProgram(piece));
  const head = pieces.slice(1, end + 1);
  const isOnePath =
    end >= 0 &&
    (end === 0 ||
      (/^[/~]/.test(pieces[0] ?? "") &&
        (pieces[end] ?? "").includes("/") &&
        head.every((piece) => !/^[-/~]/.test(piece))));
  return isOnePath ? [pieces.slice(0, end + 1).join(" "), ...pieces.slice(end + 1)] : pieces;
}

/** The names (`n` lines) in `lsof -Fpn` output, by process id (`p` lines). */
export function parseLsof(text: string): ReadonlyMap<number, readonly string[]> {
  const names = new Map<number, string[]>();
  let current: string[] | undefined;
  for (const line of text.split("\n")) {
    if (/^p\d+$/.test(line)) {
      const pid = Number(line.slice(1));
      current = names.get(pid) ?? [];
      names.set(pid, current);
    } else if (line.startsWith("n")) {
      current?.push(line.slice(1));
    }
  }
  return names;
}

/** `127.0.0.1:4096`, `*:4096`, `[::1]:4096`; undefined for anything else. */
function parseListener(name: string): ListeningAddress | undefined {
  const match = /^(.*):(\d{1,5})$/.exec(name);
  if (match === null) return undefined;
  return { address: (match[1] ?? "").replace(/^\[|\]$/g, ""), port: Number(match[2]) };
}
