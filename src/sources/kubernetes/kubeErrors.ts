import { t } from "../../core/language.ts";
import { ServerError, type ServerErrorReason } from "../../core/errors.ts";
import { bounded, MAX_FAILURE_CHARACTERS } from "../../core/limits.ts";
import { fieldsOf, textOf } from "./values.ts";

/** The error for an API server's refusal, with the server's own message (`Status.message`). */
export function errorOfStatus(status: number, body: unknown): ServerError {
  const message = textOf(fieldsOf(body)["message"]);
  const said = message === undefined ? undefined : bounded(message, MAX_FAILURE_CHARACTERS);
  const error = (reason: ServerErrorReason, message: string): ServerError =>
    new ServerError(reason, message, { status, said });
  switch (status) {
    case 401:
      return error(
        "unauthorized",
        t("the cluster rejected the credentials; they may have expired"),
      );
    case 403:
      return error("unauthorized", t("the cluster denied access"));
    case 404:
      return error("notFound", t("it was not found in the cluster"));
    case 408:
    case 504:
      return error("timeout", t("the cluster did not answer in time"));
    case 429:
    case 502:
    case 503:
      return error("unreachable", t("the cluster is currently unavailable"));
    default:
      return error("rejected", t`the cluster rejected the request (${String(status)})`);
  }
}

/** Turns an exception from a connection into an error with a reason. */
export function toClusterError(error: unknown, signal?: AbortSignal): ServerError {
  if (ServerError.is(error)) return error;
  if (signal?.aborted === true) return new ServerError("cancelled", "cancelled", { cause: error });
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : "";
  const words =
    code === "ECONNREFUSED"
      ? t("nothing listens at the cluster's address (connection refused)")
      : code === "ENOTFOUND" || code === "EAI_AGAIN"
        ? t("the cluster's host name is unknown")
        : code === "ECONNRESET"
          ? t("the connection to the cluster was interrupted")
          : code.startsWith("ERR_TLS") || /certificate|self.signed/i.test(`${code} ${message}`)
            ? t`the cluster's certificate is not trusted (${code})`
            : t`the cluster cannot be reached${code === "" ? "" : ` (${code})`}`;
  return new ServerError("unreachable", words, { cause: error });
}
