import { t } from "../core/language.ts";
import { get as getHTTP, type IncomingMessage } from "node:http";
import { get as getHTTPS } from "node:https";
import { ServerError } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import { asServerError } from "./life.ts";
import {
  authHeaders,
  errorOfHead,
  fetchHere,
  headOfMessage,
  headOfResponse,
  type ServerAccess,
  toServerError,
} from "./http.ts";

/** An open event stream. */
export interface EventStream {
  /** Settles with the reason when the stream is over; never rejects. */
  readonly ended: Promise<ServerError>;
  close(): void;
}

export interface EventStreamOptions {
  /** The stream counts as dead when no line has ended for this long: a connection can be half open for hours. */
  readonly silenceMs: number;
  /** How long opening it may take in total; 15 s by default. */
  readonly openMs?: number;
  /** Ends the stream, or the attempt to open it. */
  readonly signal: AbortSignal;
  readonly onChunk: (chunk: Uint8Array) => void;
}

const OPEN_TIMEOUT_MS = 15_000;
const LINE_FEED = 10;

/**
 * Opens an event stream and passes on its bytes as they arrive. Doesn't use `fetch`, which opens a spare
 * connection when a stream is aborted and so spoils the next request after a server restart.
 */
export function openEventStream(
  access: ServerAccess,
  path: string,
  options: EventStreamOptions,
): Promise<Result<EventStream>> {
  if (access.fetch !== undefined) return openByFetch(access, path, options);
  return new Promise((resolve) => {
    const url = `${access.url}${path}`;
    const get = url.startsWith("https:") ? getHTTPS : getHTTP;
    const request = get(url, {
      agent: false,
      headers: { accept: "text/event-stream", ...authHeaders(access) },
      signal: options.signal,
    });
    // In total, not between two bytes: a server that sends its head byte by byte is late too.
    const timer = setTimeout(() => {
      request.destroy(new ServerError("timeout", t("the event stream did not open in time")));
    }, options.openMs ?? OPEN_TIMEOUT_MS);
    // For as long as the request exists: an error after the answer is the stream's end, which `read` reports.
    request.on("error", (error) => {
      clearTimeout(timer);
      resolve(failed(toServerError(error, options.signal)));
    });
    request.once("response", (response) => {
      clearTimeout(timer);
      const isEvents = response.headers["content-type"]?.includes("text/event-stream") === true;
      const error =
        errorOfHead(headOfMessage(response)) ??
        (isEvents
          ? undefined
          : new ServerError("unsupported", t("the server has no event stream")));
      if (error === undefined) resolve(ok(read(response, options)));
      else {
        resolve(failed(error));
        request.destroy();
      }
    });
  });
}

/** The same with the `fetch` that the access provides. */
async function openByFetch(
  access: ServerAccess,
  path: string,
  { silenceMs, openMs = OPEN_TIMEOUT_MS, signal, onChunk }: EventStreamOptions,
): Promise<Result<EventStream>> {
  const stream = new AbortController();
  const end = (): void => {
    stream.abort(signal.reason);
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  const timer = setTimeout(() => {
    stream.abort(new ServerError("timeout", t("the event stream did not open in time")));
  }, openMs);
  try {
    const headers = { accept: "text/event-stream", ...authHeaders(access) };
    const url = `${access.url}${path}`;
    const response = await fetchHere(access, url, { headers, signal: stream.signal });
    const isEvents = response.headers.get("content-type")?.includes("text/event-stream") === true;
    const error = errorOfHead(headOfResponse(response));
    if (error !== undefined || !isEvents || response.body === null) {
      stream.abort();
      return failed(error ?? new ServerError("unsupported", t("the server has no event stream")));
    }
    const watchdog = setTimeout(() => {
      stream.abort(new ServerError("timeout", t("the event stream stopped sending data")));
    }, silenceMs);
    const write = (chunk: Uint8Array): void => {
      if (chunk.includes(LINE_FEED)) watchdog.refresh();
      try {
        onChunk(chunk);
      } catch (error) {
        throw asServerError(error);
      }
    };
    const ended = response.body
      .pipeTo(new WritableStream({ write }), { signal: stream.signal })
      .then(() => new ServerError("unreachable", t("the server closed the event stream")))
      .catch((error: unknown) => toServerError(error))
      .finally(() => {
        clearTimeout(watchdog);
        signal.removeEventListener("abort", end);
      });
    const close = (): void => {
      stream.abort(new ServerError("cancelled", "cancelled"));
    };
    return ok({ ended, close });
  } catch (error) {
    return failed(toServerError(error, signal));
  } finally {
    clearTimeout(timer);
  }
}

function read(response: IncomingMessage, options: EventStreamOptions): EventStream {
  const ended = new Promise<ServerError>((resolve) => {
    const watchdog = setTimeout(() => {
      response.destroy(new ServerError("timeout", t("the event stream stopped sending data")));
    }, options.silenceMs);
    response.on("data", (chunk: Buffer) => {
      // A line that never ends is no sign of life, however steadily its bytes trickle in.
      if (chunk.includes(LINE_FEED)) watchdog.refresh();
      try {
        options.onChunk(chunk);
      } catch (error) {
        response.destroy(asServerError(error));
      }
    });
    response.once("error", (error) => {
      resolve(toServerError(error, options.signal));
    });
    response.once("close", () => {
      clearTimeout(watchdog);
      resolve(new ServerError("unreachable", t("the server closed the event stream")));
    });
  });
  return {
    ended,
    close: () => {
      response.destroy();
    },
  };
}
