import { withLimits } from "../core/timeLimit.ts";
import type { Lease } from "./managedLease.ts";
import { isRunning, listensAt } from "./processIdentity.ts";
import type { Probe } from "./source.ts";
import { DEFAULT_USERNAME } from "./source.ts";

/**
 * What a lease's server turned out to be. `proved`: it is the process the guardian started, and it accepts
 * our password. `silent`: that process runs but doesn't answer now. `stranger`: anything else.
 */
export type Proof = "proved" | "silent" | "stranger";

/** How long a server may take to answer one probe. */
const PROBE_TIMEOUT_MS = 3_000;

/**
 * Finds out whether the server of a lease is ours. The lease may be outdated, and its port or process id
 * reused, so the password is only sent to the process that was started with it, and only if that process
 * itself listens there and requires a password.
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
