import { ServerError } from "../core/errors.ts";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import type { ListeningAddress, LocalProcess } from "./localProcess.ts";
import { readProgram } from "./localProcess.ts";
import { parseOpenCodeCommand } from "./openCodeCommand.ts";
import { isPid, isPort, isRecord, parseJSON } from "./unknownValue.ts";

/** Both questions in one PowerShell, which costs most of a second to start. */
const SCRIPT = [
  "[Console]::OutputEncoding = [Text.Encoding]::UTF8",
  "$p = @(Get-CimInstance Win32_Process -Filter \"Name = 'opencode.exe'\" | Select-Object ProcessId, CommandLine)",
  "$l = @(if ($p) { Get-NetTCPConnection -State Listen -ErrorAction SilentlyContinue | Where-Object { $p.ProcessId -contains $_.OwningProcess } | Select-Object LocalAddress, LocalPort, OwningProcess })",
  "ConvertTo-Json -Compress -Depth 3 @{ processes = $p; listeners = $l }",
].join("; ");

/**
 * OpenCode processes on Windows, through PowerShell. Processes of other users give no command line and are
 * left out. The working directory is not known there.
 */
export async function listWindowsProcesses(
  signal: AbortSignal,
): Promise<Result<readonly LocalProcess[]>> {
  // The full path: a folder on PATH must not be able to put its own powershell.exe in between.
  const root = process.env["SystemRoot"] ?? "C:\\Windows";
  const program = `${root}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`;
  const output = await readProgram(
    program,
    ["-NoProfile", "-NonInteractive", "-Command", SCRIPT],
    signal,
  );
  if (!output.ok) return failed(output.error);
  const processes = parseWindowsProcesses(output.value);
  return processes === undefined
    ? failed(new ServerError("invalidResponse", "PowerShell gave no list of processes."))
    : ok(processes);
}

/** Reads the JSON that the script prints; undefined when it is not that JSON. */
export function parseWindowsProcesses(text: string): readonly LocalProcess[] | undefined {
  const answer = parseJSON(text.replace(/^\uFEFF/, "").trim());
  if (!isRecord(answer)) return undefined;
  const listeners = new Map<number, ListeningAddress[]>();
  for (const row of rowsOf(answer["listeners"])) {
    const { LocalAddress: address, LocalPort: port, OwningProcess: pid } = row;
    if (typeof address !== "string" || !isPort(port) || !isPid(pid)) continue;
    const addresses = listeners.get(pid) ?? [];
    addresses.push({ address, port });
    listeners.set(pid, addresses);
  }
  const processes: LocalProcess[] = [];
  for (const row of rowsOf(answer["processes"])) {
    const { ProcessId: pid, CommandLine: commandLine } = row;
    if (!isPid(pid) || typeof commandLine !== "string") continue;
    const command = parseOpenCodeCommand(splitWindowsCommandLine(commandLine));
    if (command === undefined) continue;
    processes.push({ pid, command, directory: undefined, listening: listeners.get(pid) ?? [] });
  }
  return processes;
}

/** Windows PowerShell 5 writes a list of one as the item itself, and some lists as `{value, Count}`. */
function rowsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (Array.isArray(value)) return (value as readonly unknown[]).filter(isRecord);
  if (!isRecord(value)) return [];
  return Array.isArray(value["value"]) ? rowsOf(value["value"]) : [value];
}

/**
 * Splits a Windows command line by the rules programs themselves use: words end at white space outside quotes,
 * the program's own name knows no escapes, and elsewhere 2n backslashes before a quote are n backslashes,
 * 2n+1 are n and a literal quote.
 */
export function splitWindowsCommandLine(commandLine: string): readonly string[] {
  const text = commandLine.trim();
  const program = /^"([^"]*)"?|^\S*/.exec(text);
  const words: string[] = [program?.[1] ?? program?.[0] ?? ""];
  let word: string | undefined;
  let isQuoted = false;
  for (let index = program?.[0].length ?? 0; index < text.length; index++) {
    const character = text.charAt(index);
    if (!isQuoted && /\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (character === "\\") {
      const run = /^\\+/.exec(text.slice(index))?.[0].length ?? 1;
      const isBeforeQuote = text.charAt(index + run) === '"';
      word = (word ?? "") + "\\".repeat(isBeforeQuote ? Math.floor(run / 2) : run);
      index += run - 1;
      if (isBeforeQuote && run % 2 === 1) {
        word += '"';
        index++;
      }
    } else if (character === '"') {
      word ??= "";
      isQuoted = !isQuoted;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (word !== undefined) words.push(word);
  return words;
}
