import { isRecord, parseJSON } from "./unknownValue.ts";

/** What a window tells a guardian it has just started: one line of JSON on its standard input. */
export interface GuardianOrder {
  /** `start`: start a server; `adopt`: watch over the one in the lease, whose guardian is dead. */
  readonly kind: "start" | "adopt";
  readonly storageDir: string;
  /** The program to start, and whether only a shell can. */
  readonly file: string;
  readonly needsShell: boolean;
  /** The server's working directory. */
  readonly directory: string;
  readonly startTimeoutMs: number;
  /** How long the server runs on without any window. */
  readonly graceMs: number;
  /** Between looks at windows and lease. */
  readonly checkMs: number;
}

/** What a guardian answers: one line of JSON on its standard output. Passwords go through the lease file alone. */
export type GuardianAnswer =
  { readonly kind: "guarding" } | { readonly kind: "failed"; readonly message: string };

/** Reads an order; undefined when it is none. */
export function parseGuardianOrder(line: string): GuardianOrder | undefined {
  const value = parseJSON(line);
  if (!isRecord(value)) return undefined;
  const { kind, storageDir, file, needsShell, directory, startTimeoutMs, graceMs, checkMs } = value;
  if (kind !== "start" && kind !== "adopt") return undefined;
  if (typeof storageDir !== "string" || typeof file !== "string") return undefined;
  if (typeof directory !== "string" || typeof needsShell !== "boolean") return undefined;
  if (typeof startTimeoutMs !== "number" || typeof graceMs !== "number") return undefined;
  if (typeof checkMs !== "number") return undefined;
  return { kind, storageDir, file, needsShell, directory, startTimeoutMs, graceMs, checkMs };
}

/** Reads an answer; undefined when it is none. */
export function parseGuardianAnswer(line: string): GuardianAnswer | undefined {
  const value = parseJSON(line);
  if (!isRecord(value)) return undefined;
  if (value["kind"] === "guarding") return { kind: "guarding" };
  const message = value["message"];
  if (value["kind"] !== "failed" || typeof message !== "string") return undefined;
  return { kind: "failed", message };
}
