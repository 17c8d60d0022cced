import { t } from "../core/language.ts";
import { ServerError } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import { requestJSON, type ServerAccess } from "./http.ts";
import { numberOf, objectOf, stringOf } from "./narrow.ts";

export type Generation = "v1" | "v2";

/** What answers at a URL. */
export interface DetectedServer {
  readonly generation: Generation;
  readonly version: string;
  /** Process id that the server reports (OpenCode 2). */
  readonly pid: number | undefined;
}

const PROBE_TIMEOUT_MS = 5_000;

/**
 * Detects which generation of OpenCode answers, by the shape of the answer and never by its status:
 * `/api/info` with `{version, pid}` is OpenCode 2, `/global/health` with `{healthy, version}` is OpenCode 1.
 * A web page at either is neither. Fails with `unauthorized` when a password is required.
 */
export async function detectServer(
  access: ServerAccess,
  signal?: AbortSignal,
): Promise<Result<DetectedServer>> {
  const options = { signal, timeoutMs: PROBE_TIMEOUT_MS };
  // Both at once: most servers answer one of the two, and the answers don't depend on each other.
  const [health, info] = await Promise.all([
    requestJSON(access, "/global/health", options),
    requestJSON(access, "/api/info", options),
  ]);
  if (info.ok) {
    const body = objectOf(info.value.body);
    const version = stringOf(body["version"]);
    const pid = numberOf(body["pid"]);
    if (version !== undefined && pid !== undefined) return ok({ generation: "v2", version, pid });
  }
  if (health.ok) {
    const body = objectOf(health.value.body);
    const version = stringOf(body["version"]);
    if (body["healthy"] === true && version !== undefined) {
      return ok({ generation: "v1", version, pid: undefined });
    }
  }
  for (const answer of [health, info]) {
    if (!answer.ok && answer.error.reason === "unauthorized") return answer;
  }
  for (const answer of [health, info]) {
    if (!answer.ok && ["unreachable", "timeout", "cancelled"].includes(answer.error.reason)) {
      return answer;
    }
  }
  return failed(
    new ServerError(
      "unsupported",
      t("something responded there, but it is not an OpenCode server"),
    ),
  );
}
