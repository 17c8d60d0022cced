import { gzipSync } from "node:zlib";
import type { Fault, FaultProxy, ProxiedRequest } from "../support/faultProxy.ts";
import {
  commentsOnly,
  cutAfter,
  cutInCharacter,
  doubled,
  drip,
  endAfter,
  framesThrough,
  inCrumbs,
  reordered,
  rewrite,
  withGarbage,
} from "../support/faultStreams.ts";
import type { Random } from "../support/random.ts";

/** Something that goes wrong between us and a healthy server. */
export interface FaultCase {
  /** Continues the sentence “recovers from”. */
  readonly name: string;
  /** Begins the fault. */
  begin(proxy: FaultProxy, random: Random): void;
  /** The connection's state while the fault lasts; undefined if it depends on chance or timing. */
  readonly during?: "connected" | "lost" | "unauthorized";
  /** Takes longer than the short form allows. */
  readonly isLongOnly?: boolean;
  /** The user has to trigger the next attempt, as with a refused password. */
  readonly needsReconnect?: boolean;
  /** It ends with the event stream that it affects, which nothing else would close. */
  readonly endsWithStream?: boolean;
}

const JSON_HEADERS = { "content-type": "application/json" };

function isList({ path }: ProxiedRequest): boolean {
  return /^\/(?:experimental|api)\/session(?:\?|$)/.test(path);
}

function isMessages({ path }: ProxiedRequest): boolean {
  return /^(?:\/api)?\/session\/[^/]+\/message/.test(path);
}

/** Applies the fault to every request, and cuts open connections. */
function everywhere(fault: (random: Random) => Fault): FaultCase["begin"] {
  return (proxy, random) => {
    proxy.inject(() => fault(random));
    proxy.reset();
  };
}

/** Applies the fault only to event streams, from the next one on, and cuts the open one. */
function onStreams(fault: (random: Random) => Fault): FaultCase["begin"] {
  return (proxy, random) => {
    proxy.inject((request) => (request.isStream ? fault(random) : undefined));
    proxy.reset();
  };
}

/** Applies the fault only to session lists; cuts the open stream so that a list is requested. */
function onLists(fault: (random: Random) => Fault): FaultCase["begin"] {
  return (proxy, random) => {
    proxy.inject((request) => (isList(request) ? fault(random) : undefined));
    proxy.reset();
  };
}

function status(code: number, headers: Readonly<Record<string, string>> = {}): () => Fault {
  return () => ({
    kind: "answer",
    status: code,
    headers: { ...JSON_HEADERS, ...headers },
    body: JSON.stringify({ message: `refused with ${String(code)}` }),
  });
}

/** A JSON answer with that many megabytes of zeros, compressed about a thousandfold. */
function bomb(megabytes: number): () => Fault {
  const body = gzipSync(Buffer.alloc(megabytes * 1_000_000));
  const headers = { ...JSON_HEADERS, "content-encoding": "gzip" };
  return () => ({ kind: "answer", status: 200, headers, body });
}

const HTML: Fault = {
  kind: "answer",
  status: 200,
  headers: { "content-type": "text/html" },
  body: "<!doctype html><title>Sign in</title>",
};

/** A frame with that many megabytes in one field. */
function longFrame(megabytes: number): string {
  return `data: {"payload":{"type":"x","properties":{}},"type":"x","data":{"text":"${"x".repeat(megabytes * 1_000_000)}"}}\n\n`;
}

const everyStatus: readonly FaultCase[] = [404, 409, 429, 500, 503].map((code) => ({
  name: `HTTP ${String(code)} to everything`,
  begin: everywhere(status(code, code === 429 || code === 503 ? { "retry-after": "2" } : {})),
  during: "lost",
}));

/** What goes wrong with connections and answers. The server behind the proxy is healthy. */
export const faultCases: readonly FaultCase[] = [
  ...everyStatus,
  {
    name: "redirects to another host",
    begin: everywhere(() => ({
      kind: "answer",
      status: 302,
      headers: { location: "http://opencode.invalid/global/health" },
    })),
    during: "lost",
  },
  {
    name: "connections that are reset",
    begin: everywhere(() => ({ kind: "reset" })),
    during: "lost",
  },
  {
    name: "a password that is rejected (401), and later accepted again",
    begin: everywhere(status(401, { "www-authenticate": "Basic" })),
    during: "unauthorized",
    needsReconnect: true,
  },
  {
    name: "HTTP 403 to everything",
    begin: everywhere(status(403)),
    // Whether the user has to act depends on who refuses.
    needsReconnect: true,
  },
  {
    name: "a proxy's sign-in page with status 200",
    begin: everywhere(() => HTML),
    during: "lost",
  },
  {
    name: "empty answers with status 204",
    begin: everywhere(() => ({ kind: "answer", status: 204 })),
    during: "lost",
  },
  {
    name: "answers after 10 s",
    begin: everywhere(() => ({ kind: "delay", delayMs: 10_000 })),
    during: "lost",
  },
  {
    name: "a half-open connection",
    begin: (proxy) => {
      proxy.freeze();
      proxy.inject(() => ({ kind: "hold" }));
    },
    // The connection is lost after 25 s of silence, or 35 s with OpenCode 2.
    isLongOnly: true,
    during: "lost",
  },
  {
    name: "endless headers",
    begin: everywhere(() => ({
      kind: "raw",
      write: (socket) => {
        socket.write("HTTP/1.1 200 OK\r\n");
        const timer = setInterval(() => socket.write(`x-more: ${"a".repeat(1000)}\r\n`), 2);
        socket.once("close", () => {
          clearInterval(timer);
        });
      },
    })),
    during: "lost",
  },
  {
    name: "bytes that are no HTTP",
    begin: everywhere(() => ({
      kind: "raw",
      write: (socket) => socket.end("\u0000\u0001 no http\r\n\r\n"),
    })),
    during: "lost",
  },
  {
    name: "a list that is cut in the middle",
    begin: onLists(() => ({ kind: "through", transform: () => cutAfter(700) })),
    during: "lost",
  },
  {
    name: "a list that is cut inside a character",
    begin: onLists(() => ({ kind: "through", transform: () => cutInCharacter(100) })),
    during: "lost",
  },
  {
    name: "a list that is no JSON",
    begin: onLists(() => ({ kind: "answer", status: 200, headers: JSON_HEADERS, body: "[{]" })),
    during: "lost",
  },
  {
    name: "a gzip bomb in place of a list",
    begin: onLists(bomb(300)),
    during: "lost",
  },
  {
    name: "gzip bombs in place of every answer",
    begin: everywhere(bomb(100)),
    during: "lost",
  },
  {
    name: "an event stream that is cut in the middle of a line",
    begin: onStreams((random) => ({
      kind: "through",
      transform: () => cutAfter(400 + Math.floor(random() * 3000)),
    })),
  },
  {
    name: "an event stream that is cut inside a character",
    begin: onStreams(() => ({ kind: "through", transform: () => cutInCharacter(300) })),
  },
  {
    name: "an event stream that comes in crumbs of a few bytes",
    begin: onStreams((random) => ({ kind: "through", transform: () => inCrumbs(random) })),
    during: "connected",
  },
  {
    name: "an event stream that drips",
    begin: onStreams(() => ({ kind: "through", transform: () => drip(64, 2) })),
  },
  {
    name: "an event stream of nothing but heartbeats",
    begin: onStreams(() => ({ kind: "through", transform: commentsOnly })),
    endsWithStream: true,
  },
  {
    name: "an event stream that the server ends after a few events, as for slow readers",
    begin: onStreams((random) => ({
      kind: "through",
      transform: () => endAfter(2 + Math.floor(random() * 6)),
    })),
  },
  {
    name: "events that come twice",
    begin: onStreams(() => ({ kind: "through", transform: doubled })),
    during: "connected",
  },
  {
    name: "events of different sessions that overtake each other",
    begin: onStreams((random) => ({ kind: "through", transform: () => reordered(random) })),
    during: "connected",
  },
  {
    name: "garbage between the events",
    begin: onStreams((random) => ({ kind: "through", transform: () => withGarbage(random) })),
    during: "connected",
  },
  {
    name: "an event of 50 MB",
    begin: onStreams(() => {
      let isSent = false;
      return {
        kind: "through",
        transform: () =>
          framesThrough((frame) => {
            if (isSent) return [frame];
            isSent = true;
            return [longFrame(50), frame];
          }),
      };
    }),
  },
  {
    name: "messages of 50 MB",
    begin: (proxy) => {
      proxy.inject((request) =>
        isMessages(request)
          ? {
              kind: "through",
              transform: () =>
                rewrite((text) => text.replace('"text":"', `"text":"${"y".repeat(50_000_000)}`)),
            }
          : undefined,
      );
      proxy.reset();
    },
  },
  {
    name: "a server that says it is another version",
    begin: (proxy) => {
      proxy.inject(({ path }) =>
        path.startsWith("/global/health") || path.startsWith("/api/info")
          ? {
              kind: "through",
              transform: () =>
                rewrite((text) => text.replace(/"version":"(\d+)[^"]+"/, '"version":"$1.99.0"')),
            }
          : undefined,
      );
      proxy.reset();
    },
    during: "connected",
    needsReconnect: true,
  },
];
