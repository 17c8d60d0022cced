import * as z from "zod";
import { PROCESS_IDENTITY } from "./processIdentity.ts";

const SHARED_ORDER = {
  storageDir: z.string(),
  /** How long the server keeps running once no window is left. */
  graceMs: z.number(),
  /** Time between two checks of the windows and the lease. */
  checkMs: z.number(),
};

/**
 * The order a guardian receives at startup, as JSON in its only argument, so that it arrives even if the
 * process that started the guardian is killed immediately. Contains nothing secret. `start`: start a server
 * and guard it; `adopt`: guard the server in the lease, whose guardian has ended; `standBy`: wait until the
 * given guardian ends, then adopt its server.
 */
export const GUARDIAN_ORDER = z.discriminatedUnion("kind", [
  z.object({
    ...SHARED_ORDER,
    kind: z.literal("start"),
    /** The program to start, and whether it needs a shell. */
    file: z.string(),
    needsShell: z.boolean(),
    /** The server's working directory. */
    directory: z.string(),
    startTimeoutMs: z.number(),
  }),
  z.object({ ...SHARED_ORDER, kind: z.literal("adopt") }),
  z.object({ ...SHARED_ORDER, kind: z.literal("standBy"), guardian: PROCESS_IDENTITY }),
]);

export type GuardianOrder = Readonly<z.infer<typeof GUARDIAN_ORDER>>;

export type StartOrder = Extract<GuardianOrder, { readonly kind: "start" }>;

/** A guardian's answer: one line of JSON on its stdout. Passwords are only exchanged in the lease file. */
export const GUARDIAN_ANSWER = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("guarding") }),
  z.object({ kind: z.literal("failed"), message: z.string() }),
]);

export type GuardianAnswer = Readonly<z.infer<typeof GUARDIAN_ANSWER>>;
