import type { ServerResponse } from "node:http";
import type { KubeObject, ObjectStore, StoreEvent } from "./objectStore.ts";
import type { ResourceKind } from "./resources.ts";

/** How expired versions are reported: as an HTTP error, or as an event of a stream that opened normally. */
export type GoneForm = "http" | "stream";

export interface WatchRequest {
  readonly kind: ResourceKind;
  readonly version: string | undefined;
  readonly wantsBookmarks: boolean;
  readonly timeoutSeconds: number | undefined;
  readonly matches: (object: KubeObject) => boolean;
}

/** The open watches, and their possible faults. */
export class WatchStreams {
  /** If true, no watch sends anything, but the sockets stay open. */
  isFrozen = false;
  goneForm: GoneForm = "http";
  bookmarkMs = 60_000;
  readonly #open = new Set<ServerResponse>();
  readonly #store: ObjectStore;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  get count(): number {
    return this.#open.size;
  }

  /** Cuts all sockets abruptly. */
  drop(): void {
    for (const response of this.#open) response.socket?.destroy();
  }

  /** Ends the streams in the middle of a line. */
  tear(): void {
    for (const response of this.#open) {
      if (response.writableEnded) continue;
      response.write('{"type":"MODIFIED","object":{"apiVer', () => response.socket?.destroy());
    }
  }

  /** Whether the version requested by a watch has expired. */
  isGone(version: string | undefined): boolean {
    return version !== undefined && version !== "0" && Number(version) < this.#store.compacted;
  }

  open(response: ServerResponse, request: WatchRequest): void {
    response.writeHead(200, { "content-type": "application/json", "transfer-encoding": "chunked" });
    response.flushHeaders();
    const say = (type: string, object: unknown): void => {
      if (!this.isFrozen && !response.writableEnded)
        response.write(`${JSON.stringify({ type, object })}\n`);
    };
    if (this.isGone(request.version)) {
      say("ERROR", statusOf(410, "Expired", "too old resource version"));
      response.end();
      return;
    }
    this.#open.add(response);
    const take = (event: StoreEvent): void => {
      if (event.plural === request.kind.plural && request.matches(event.object)) {
        say(event.type, event.object);
      }
    };
    if (request.version === undefined || request.version === "0") {
      for (const object of this.#store.list(request.kind)) {
        if (request.matches(object)) say("ADDED", object);
      }
    } else {
      for (const event of this.#store.events) {
        if (event.version > Number(request.version)) take(event);
      }
    }
    const stop = this.#store.onEvent(take);
    const bookmark = (): void => {
      const { group, version, kind } = request.kind;
      say("BOOKMARK", {
        apiVersion: group === "" ? version : `${group}/${version}`,
        kind,
        metadata: { resourceVersion: String(this.#store.version), creationTimestamp: null },
      });
    };
    const bookmarks = request.wantsBookmarks ? setInterval(bookmark, this.bookmarkMs) : undefined;
    const end =
      request.timeoutSeconds === undefined
        ? undefined
        : setTimeout(() => response.end(), request.timeoutSeconds * 1000);
    response.once("close", () => {
      stop();
      clearInterval(bookmarks);
      clearTimeout(end);
      this.#open.delete(response);
    });
  }
}

/** The `Status` object for a failure. */
export function statusOf(code: number, reason: string, message: string): unknown {
  return {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    code,
  };
}
