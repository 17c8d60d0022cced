import { once } from "node:events";
import { Readable } from "node:stream";
import { createOpencodeClient } from "@opencode-ai/sdk/v2/client";
import { Store } from "../../src/core/state/store.ts";
import { V1EventMapper } from "../../src/server/v1/eventMapper.ts";
import { sessionRow } from "../../src/viewModels/tree/sessionRow.ts";
import { parseSessionKey } from "../../src/core/state/session.ts";
import { buildEventStream, type EventStream } from "../support/opencode/eventStream.ts";
import { endpointOf } from "../support/opencode/pool.ts";
import { type Benchmark, compared, interleave, type Metric } from "./measure.ts";

const ROUNDS = 7;
/** Much shorter than the store's interval, so that every batch is reduced when it is due. */
const YIELD_MS = 5;
const SERVER_ID = "http://127.0.0.1:4096";

/** CPU time of this process, all threads, in ms. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The bytes as `node:http` passes them to our connection, as fast as they are consumed. Leaves room for
 * timers in between, as a socket does.
 */
function asSocket(stream: EventStream): Readable {
  let at = 0;
  let yieldedMs = performance.now();
  return new Readable({
    read() {
      const push = (): void => {
        this.push(stream.chunks[at++] ?? null);
      };
      if (performance.now() - yieldedMs < YIELD_MS) {
        push();
        return;
      }
      setImmediate(() => {
        yieldedMs = performance.now();
        push();
      });
    },
  });
}

/** The bytes as `fetch` passes them to the SDK, as fast as they are consumed. */
function asBody(stream: EventStream): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      const chunk = stream.chunks[at++];
      if (chunk === undefined) controller.close();
      else controller.enqueue(chunk);
    },
  });
}

/** Bytes, lines, actions, state, changed rows: everything an event passes through up to the view. */
async function pipeline(stream: EventStream, watched: ReadonlySet<string>): Promise<number> {
  globalThis.gc?.();
  const startMs = cpuMs();
  const store = new Store();
  let rows = 0;
  const context = { nowMs: Date.now(), active: undefined };
  store.onDidChange((changes, state) => {
    for (const key of changes.sessions) {
      const ref = parseSessionKey(key);
      if (ref !== undefined && sessionRow(state, ref, context) !== undefined) rows++;
    }
  });
  store.dispatch({ type: "server.found", endpoint: endpointOf(SERVER_ID) });
  for (const sessionID of watched) {
    store.dispatch({
      type: "messages.loaded",
      serverID: SERVER_ID,
      sessionID,
      messages: [],
      isComplete: true,
      error: undefined,
    });
  }
  const mapper = new V1EventMapper(
    SERVER_ID,
    {
      action: store.dispatch,
      connected: () => undefined,
      stale: () => undefined,
      resync: () => undefined,
      contextChanged: () => undefined,
      messagesChanged: () => undefined,
    },
    (sessionID) => watched.has(sessionID),
  );
  const socket = asSocket(stream);
  socket.on("data", (chunk: Uint8Array) => {
    mapper.push(chunk);
  });
  await once(socket, "end");
  store.flush();
  const elapsedMs = cpuMs() - startMs;
  const sessions = store.state.servers.get(SERVER_ID)?.sessions.size ?? 0;
  if (rows === 0 || sessions === 0) throw new Error("the pipeline changed nothing");
  return elapsedMs;
}

/** The SDK's own loop over the same bytes, doing nothing with the events. */
async function sdkLoop(stream: EventStream): Promise<number> {
  globalThis.gc?.();
  const startMs = cpuMs();
  const client = createOpencodeClient({
    baseUrl: SERVER_ID,
    fetch: () =>
      Promise.resolve(
        new Response(asBody(stream), { headers: { "content-type": "text/event-stream" } }),
      ),
  });
  const { stream: events } = await client.global.event({ sseMaxRetryAttempts: 1 });
  let seen = 0;
  for await (const event of events) seen += typeof event === "object" ? 1 : 0;
  const elapsedMs = cpuMs() - startMs;
  if (seen < stream.events)
    throw new Error(`the SDK saw ${String(seen)} of ${String(stream.events)}`);
  return elapsedMs;
}

/** P2: CPU time of the whole pipeline, against the SDK's loop over the same bytes. */
export const streamBenchmark: Benchmark = {
  id: "P2",
  async run(): Promise<readonly Metric[]> {
    const stream = buildEventStream();
    const about = `${String(stream.events)} events, ${(stream.bytes / 1e6).toFixed(0)} MB`;
    const nobody = await interleave(
      ROUNDS,
      1,
      () => pipeline(stream, new Set()),
      () => sdkLoop(stream),
    );
    const looking = await interleave(
      ROUNDS,
      1,
      () => pipeline(stream, new Set(stream.sessionIDs.slice(0, 1))),
      () => sdkLoop(stream),
    );
    const unit = "ms CPU";
    const goal = "≤ 1.00 ×";
    return [
      compared(
        { id: "P2", name: `bytes to changed rows, nobody looks; ${about}`, unit, goal, note: "" },
        nobody,
      ),
      compared(
        {
          id: "P2w",
          name: "the same with one session's messages open",
          unit,
          goal,
          note: "",
        },
        looking,
      ),
    ];
  },
};
