import * as z from "zod";
import { ServerError } from "../core/errors.ts";
import { failed, ok } from "../core/result.ts";
import type { Result } from "../core/result.ts";
import type { ListeningAddress, LocalProcess } from "./localProcess.ts";
import { readProgram } from "./localProcess.ts";
import { parseOpenCodeCommand } from "./openCodeCommand.ts";
import { FIELDS, parseJSONAs, PID, PORT } from "./parseJSON.ts";

/** Both queries in one PowerShell process, which takes most of a second to start. */
const SCRIPT = [
  "$p = @(Get-CimInstance Win32_Process -Filter \"Name = 'opencode.exe'\" | Select-Object ProcessId, CommandLine)",
  "$l = @(if ($p) { Get-NetTCPConnection -State Listen -ErrorAction SilentlyContinue | Where-Object { $p.ProcessId -contains $_.OwningProcess } | Select-Object LocalAddress, LocalPort, OwningProcess })",
  "ConvertTo-Json -Compress -Depth 3 @{ processes = $p; listeners = $l }",
];

/**
 * OpenCode processes on Windows, through PowerShell. Other users' processes show no command line and are left
 * out. The working directory is unknown there.
 */
export async function listWindowsProcesses(
  signal: AbortSignal,
): Promise<Result<readonly LocalProcess[]>> {
  const output = await readProgram(...powershell(...SCRIPT), signal);
  if (!output.ok) return failed(output.error);
  const processes = parseWindowsProcesses(output.value);
  return processes === undefined
    ? failed(new ServerError("invalidResponse", "PowerShell returned no list of processes."))
    : ok(processes);
}

/** The program and arguments to run statements in PowerShell. The output is UTF-8. */
export function powershell(
  ...statements: readonly string[]
): [program: string, args: readonly string[]] {
  // The full path: a folder on PATH must not be able to substitute its own powershell.exe.
  const root = process.env["SystemRoot"] ?? "C:\\Windows";
  const script = ["[Console]::OutputEncoding = [Text.Encoding]::UTF8", ...statements].join("; ");
  return [
    `${root}\\System32\\WindowsPowerShell\\v1.0\\powershell.exe`,
    ["-NoProfile", "-NonInteractive", "-Command", script],
  ];
}

/** Parses the JSON the script prints; undefined if malformed. */
export function parseWindowsProcesses(text: string): readonly LocalProcess[] | undefined {
  const answer = parseJSONAs(ANSWER, text.replace(/^\uFEFF/, "").trim());
  if (answer === undefined) return undefined;
  const listeners = new Map<number, ListeningAddress[]>();
  for (const { LocalAddress: address, LocalPort: port, OwningProcess: pid } of answer.listeners) {
    listeners.set(pid, [...(listeners.get(pid) ?? []), { address, port }]);
  }
  return answer.processes.flatMap(({ ProcessId: pid, CommandLine: commandLine }) => {
    const command = parseOpenCodeCommand(splitWindowsCommandLine(commandLine));
    return command === undefined
      ? []
      : [{ pid, command, directory: undefined, listening: listeners.get(pid) ?? [] }];
  });
}

/**
 * A list in PowerShell's JSON, without rows of any other shape: version 5 writes a list of one as the item
 * itself, and some lists as `{value, Count}`.
 */
export function rowsOf<Row extends z.ZodType>(row: Row): z.ZodType<readonly z.infer<Row>[]> {
  const listed = (value: unknown): readonly unknown[] => {
    if (Array.isArray(value)) return value;
    const wrapped = FIELDS.safeParse(value).data?.["value"];
    return Array.isArray(wrapped) ? wrapped : [value];
  };
  return z.unknown().transform((value) =>
    listed(value).flatMap((each) => {
      const parsed = row.safeParse(each);
      return parsed.success ? [parsed.data] : [];
    }),
  );
}

const ANSWER = z.object({
  listeners: rowsOf(z.object({ LocalAddress: z.string(), LocalPort: PORT, OwningProcess: PID })),
  processes: rowsOf(z.object({ ProcessId: PID, CommandLine: z.string() })),
});

/**
 * Splits a Windows command line by the rules programs themselves use: words end at white space outside
 * quotes, the program's own name has no escapes, and elsewhere 2n backslashes before a quote are n
 * backslashes, 2n+1 are n and a literal quote.
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
