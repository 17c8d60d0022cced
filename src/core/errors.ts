/** Why a call to a server, or the search for one, did not succeed. */
export type ServerErrorReason =
  | "unreachable"
  | "unauthorized"
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

  constructor(
    reason: ServerErrorReason,
    message: string,
    options?: { readonly cause?: unknown; readonly status?: number },
  ) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.name = "ServerError";
    this.reason = reason;
    this.status = options?.status;
  }

  /**
   * Narrows an unknown error, and its reason where one is given. By name, not by class: each bundle holds
   * a class of its own.
   */
  static is(error: unknown, reason?: ServerErrorReason): error is ServerError {
    return (
      error instanceof Error &&
      error.name === "ServerError" &&
      "reason" in error &&
      (reason === undefined || error.reason === reason)
    );
  }
}
