import { get as getHTTP, type IncomingMessage } from "node:http";
import { get as getHTTPS } from "node:https";
import { ServerError } from "../core/errors.ts";
import { failed, ok, type Result } from "../core/result.ts";
import {
  authHeaders,
  describeStatus,
  reasonOfStatus,
  type ServerAccess,
  toServerError,
} from "./http.ts";

/** An open event stream. */
export interface EventStream {
  /** Settles when the stream is over: with why, never by rejecting. */
  readonly ended: Promise<ServerError>;
  close(): void;
}

const OPEN_TIMEOUT_MS = 15_000;

/**
 * Opens an event stream and hands on its bytes as they come. It counts as dead after `silenceMs` without
 * a byte: a connection can be half open for hours. Not by `fetch`, which opens a spare connection when a
 * stream is aborted and so spoils the next request after a restart of the server.
 */
export function openEventStream(
  access: ServerAccess,
  path: string,
  silenceMs: number,
  onChunk: (chunk: Uint8Array) => void,
): Promise<Result<EventStream>> {
  return new Promise((resolve) => {
    const url = `${access.url}${path}`;
    const get = url.startsWith("https:") ? getHTTPS : getHTTP;
    const request = get(url, {
      agent: false,
      headers: { accept: "text/event-stream", ...authHeaders(access) },
      timeout: OPEN_TIMEOUT_MS,
    });
    request.once("timeout", () => {
      request.destroy(new ServerError("timeout", "the event stream did not open in time"));
    });
    request.once("error", (error) => {
      resolve(failed(toServerError(error)));
    });
    request.once("response", (response) => {
      const reason = reasonOfStatus(response.statusCode ?? 0);
      const isEvents = response.headers["content-type"]?.includes("text/event-stream") === true;
      if (reason !== undefined || !isEvents) {
        request.destroy();
        const status = response.statusCode ?? 0;
        resolve(
          failed(
            reason === undefined
              ? new ServerError("unsupported", "the server has no event stream")
              : new ServerError(reason, describeStatus(reason, status), { status }),
          ),
        );
        return;
      }
      request.setTimeout(0);
      resolve(ok(read(response, silenceMs, onChunk)));
    });
  });
}

function read(
  response: IncomingMessage,
  silenceMs: number,
  onChunk: (chunk: Uint8Array) => void,
): EventStream {
  const ended = new Promise<ServerError>((resolve) => {
    const watchdog = setTimeout(() => {
      response.destroy(new ServerError("timeout", "the event stream fell silent"));
    }, silenceMs);
    response.on("data", (chunk: Buffer) => {
      watchdog.refresh();
      onChunk(chunk);
    });
    response.once("error", (error) => {
      resolve(toServerError(error));
    });
    response.once("close", () => {
      clearTimeout(watchdog);
      resolve(new ServerError("unreachable", "the server closed the event stream"));
    });
  });
  return {
    ended,
    close: () => {
      response.destroy();
    },
  };
}
