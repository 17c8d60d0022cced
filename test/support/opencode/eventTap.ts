import { once } from "node:events";
import { get } from "node:http";
import type { IncomingMessage } from "node:http";
import { isRecord, stringOf } from "../json.ts";
import { waitMs } from "../patience.mjs";

/** One event of `/global/event`, with the time it arrived (ms since the epoch). */
export interface TappedEvent {
  readonly arrivedAtMs: number;
  readonly directory: string;
  /** `payload.type`; `sync` for the twins of durable events. */
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** An open event stream. */
export interface EventTap {
  /** All events so far, without sync twins. */
  readonly events: readonly TappedEvent[];
  /** The exact bytes received, one entry per read. */
  readonly chunks: readonly Uint8Array[];
  /** Resolves with the first matching event, past or future. @throws Error if none arrives. */
  waitFor(fits: (event: TappedEvent) => boolean): Promise<TappedEvent>;
  close(): void;
}

/**
 * Opens an event stream; resolves once `server.connected` has arrived. Doesn't use fetch: aborting a stream
 * makes Node's fetch open a spare connection, which breaks a later request if the server has restarted.
 */
export async function tapEvents(
  url: URL,
  headers: Readonly<Record<string, string>>,
): Promise<EventTap> {
  const call = get(url, { agent: false, headers });
  const [response] = (await once(call, "response")) as [IncomingMessage];
  if (response.statusCode !== 200) {
    call.destroy();
    throw new Error(`${url.pathname}: HTTP ${String(response.statusCode)}`);
  }
  const events: TappedEvent[] = [];
  const chunks: Uint8Array[] = [];
  const waiting = new Set<() => void>();

  const read = async (): Promise<void> => {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      rest += decoder.decode(chunk, { stream: true });
      const frames = rest.split("\n\n");
      rest = frames.pop() ?? "";
      for (const frame of frames) {
        const event = eventOf(frame);
        if (event !== undefined && event.type !== "sync") events.push(event);
      }
      for (const check of waiting) check();
    }
  };
  // The stream's end, through close() or the server, needs no report: waiting callers time out.
  read().catch(() => undefined);

  const waitFor = (fits: (event: TappedEvent) => boolean): Promise<TappedEvent> =>
    new Promise((resolve, reject) => {
      let from = 0;
      const check = (): void => {
        const found = events.slice(from).find(fits);
        from = events.length;
        if (found === undefined) return;
        clearTimeout(timer);
        waiting.delete(check);
        resolve(found);
      };
      const timer = setTimeout(() => {
        waiting.delete(check);
        reject(new Error(`no such event within ${String(waitMs)} ms: ${fits.toString()}`));
      }, waitMs);
      waiting.add(check);
      check();
    });

  await waitFor((event) => event.type === "server.connected");
  return {
    events,
    chunks,
    waitFor,
    close: () => {
      call.destroy();
    },
  };
}

function eventOf(frame: string): TappedEvent | undefined {
  const data = frame.split("\n").find((line) => line.startsWith("data: "));
  if (data === undefined) return undefined;
  const value: unknown = JSON.parse(data.slice(6));
  if (!isRecord(value) || !isRecord(value["payload"])) return undefined;
  const { type, properties } = value["payload"];
  return {
    arrivedAtMs: Date.now(),
    directory: stringOf(value["directory"]),
    type: stringOf(type),
    properties: isRecord(properties) ? properties : {},
  };
}
