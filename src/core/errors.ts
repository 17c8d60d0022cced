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
 * The only error type that leaves `server` and `sources`. `message` is safe to show to the user. What the server
 * said is part of it and may quote a prompt, so a log gets `ownMessage` instead, by `loggable`.
 */
export class ServerError extends Error {
  readonly reason: ServerErrorReason;
  /** The message without what the server said. */
  readonly ownMessage: string;
  /** The HTTP status, if the server answered at all. */
  readonly status: number | undefined;
  /** How long the server asks clients to wait before retrying, if it does. */
  readonly retryAfterMs: number | undefined;

  constructor(
    reason: ServerErrorReason,
    message: string,
    options?: {
      readonly cause?: unknown;
      /** The server's own words, if any. */
      readonly said?: string | undefined;
      readonly status?: number | undefined;
      readonly retryAfterMs?: number | undefined;
    },
  ) {
    const said = options?.said ?? "";
    super(
      said === "" ? message : `${message}: ${said}`,
      options?.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "ServerError";
    this.reason = reason;
    this.ownMessage = message;
    this.status = options?.status;
    this.retryAfterMs = options?.retryAfterMs;
  }

  /** Narrows an unknown error; also checks its reason if one is given. */
  static is(error: unknown, reason?: ServerErrorReason): error is ServerError {
    return error instanceof ServerError && (reason === undefined || error.reason === reason);
  }
}
