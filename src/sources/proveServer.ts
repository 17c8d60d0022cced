import { withLimits } from "../core/timeLimit.ts";
import type { Lease } from "./managedLease.ts";
import { isRunning, listensAt } from "./processIdentity.ts";
import type { Probe } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";

/**
 * What a lease's server turned out to be. `proved`: it is the process that the guardian started, and it answers
 * to our password. `silent`: that process runs and does not answer now. `stranger`: anything else.
 */
export type Proof = "proved" | "silent" | "stranger";

/** Asked once, a server may take so long. */
const PROBE_TIMEOUT_MS = 3_000;

/**
 * Finds out whether the server of a lease is ours. A lease may be older than what has its port or its process id
 * now, so the password is sent only to the process that was started with it, and only when that process itself
 * listens there and asks for a password.
 */
export async function proveServer(
  { url, server, password }: Lease,
  probe: Probe,
  ends: AbortSignal,
): Promise<Proof> {
  if (!(await isRunning(server))) return "stranger";
  if (!(await listensAt(server.pid, url))) return "stranger";
  const ask = async (secret: string | undefined): Promise<"answers" | "refuses" | Proof> => {
    const access = { url, username: DEFAULT_USERNAME, password: secret };
    const limits = { signals: [ends], timeoutMs: PROBE_TIMEOUT_MS };
    const answer = await withLimits(limits, (limited) => probe(access, limited));
    if (answer.ok) return "answers";
    switch (answer.error.reason) {
      case "unauthorized":
        return "refuses";
      case "unreachable":
      case "timeout":
      case "cancelled":
        return "silent";
      default:
        return "stranger";
    }
  };
  const withoutPassword = await ask(undefined);
  if (withoutPassword === "silent") return "silent";
  if (withoutPassword !== "refuses") return "stranger";
  const withPassword = await ask(password);
  if (withPassword === "answers") return "proved";
  return withPassword === "silent" ? "silent" : "stranger";
}
