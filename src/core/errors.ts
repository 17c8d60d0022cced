/** Why a call to a server, or the search for one, did not succeed. */
export type ServerErrorReason =
  | "unreachable"
  | "unauthorized"
  /** Nothing was sent: others could read it on its way, and nobody has allowed that. */
  | "unencrypted"
  | "notFound"
  | "unsupported"
  | "timeout"
  | "rejected"
  | "invalidResponse"
  | "cancelled";

/**
 * The one error type that leaves `server` and `sources`. `message` is fit to be shown to a person and to
 * be logged: it holds no password, header or prompt text.
 */
export class ServerError extends Error {
  readonly reason: ServerErrorReason;
  /** The HTTP status where the server answered at all. */
  readonly status: number | undefined;
  /** How long the server asks to be left alone, where it does. */
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

  /** Narrows an unknown error, and its reason where one is given. */
  static is(error: unknown, reason?: ServerErrorReason): error is ServerError {
    return error instanceof ServerError && (reason === undefined || error.reason === reason);
  }
}
