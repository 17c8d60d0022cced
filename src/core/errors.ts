/** Why a call to a server, or the search for one, failed. */
export type ServerErrorReason =
  | "unreachable"
  | "unauthorized"
  /** Nothing was sent: others could read it in transit, and the user hasn't allowed that. */
  | "unencrypted"
  | "notFound"
  | "unsupported"
  | "timeout"
  | "rejected"
  | "invalidResponse"
  | "cancelled";

/**
 * The only error type that leaves `server` and `sources`. `message` is safe to show to the user and to log:
 * it contains no password, header or prompt text.
 */
export class ServerError extends Error {
  readonly reason: ServerErrorReason;
  /** The HTTP status, if the server answered at all. */
  readonly status: number | undefined;
  /** How long the server asks clients to wait before retrying, if it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: ServerErrorReason,
    message: string,
    options?: {
      readonly cause?: unknown;
      readonly status?: number | undefined;
      readonly retryAfterMs?: number | undefined;
    },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ServerError";
    this.reason = reason;
    this.status = options?.status;
    this.retryAfterMs = options?.retryAfterMs;
  }

  /** Narrows an unknown error; also checks its reason if one is given. */
  static is(error: unknown, reason?: ServerErrorReason): error is ServerError {
    return error instanceof ServerError && (reason === undefined || error.reason === reason);
  }
}
