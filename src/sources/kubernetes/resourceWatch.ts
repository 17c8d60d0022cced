import { t } from "../../core/language.ts";
import type { IncomingMessage } from "node:http";
import { ServerError } from "../../core/errors.ts";
import { MAX_LINE_BYTES, MAX_WATCHED_BYTES, MAX_WATCHED_PAGES } from "../../core/limits.ts";
import { failed, ok, type Result } from "../../core/result.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { errorOfStatus, toClusterError } from "./kubeErrors.ts";
import { type Fields, fieldsOf, isRecord, nameOf, parseJSON, recordsOf, textOf } from "./values.ts";
import { WatchedSize } from "./watchedSize.ts";

/** Receives what a watch reports. */
export interface WatchListener {
  /** Called with the complete list; objects not in it are gone. */
  listed(objects: readonly Fields[]): void;
  changed(type: "upserted" | "removed", object: Fields): void;
  /** Undefined once everything works again. */
  failed(error: ServerError | undefined): void;
}

/** The timing of a watch; shorter in tests. */
export interface WatchTimes {
  /** The requested duration of a watch; up to a fifth is added at random. */
  readonly watchSeconds: number;
  /** How much longer than requested a watch may stay open. */
  readonly graceMs: number;
  /** How long a watch may be silent if its server sends bookmarks (about one a minute). */
  readonly silenceMs: number;
  /** Delay between a list and its watch: the user is waiting for the lists, so all of them go first. */
  readonly settleMs: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** How often permissions are checked again while something is denied or the check failed. */
  readonly reviewMs: number;
}

export const WATCH_TIMES: WatchTimes = {
  watchSeconds: 240,
  graceMs: 15_000,
  silenceMs: 150_000,
  settleMs: 150,
  firstDelayMs: 500,
  longestDelayMs: 60_000,
  reviewMs: 180_000,
};

const PAGE = 500;
/** A watch that lasted this long was stable: reconnect without delay when it ends. */
const STABLE_MS = 5000;

/** The list a watch starts from. */
interface Listed {
  readonly objects: readonly Fields[];
  readonly version: string;
}

/**
 * Keeps track of the objects of one kind in one namespace: lists them, watches from the list's version,
 * resumes from the last version after every end, and lists again when that version is gone (410, in either
 * form). Every error is followed by another attempt, with increasing, randomised delays. The Kubernetes client's
 * informer stops at errors, asks for no bookmarks and cannot tell a silent watch.
 */
export class ResourceWatch {
  readonly #access: ClusterAccess;
  readonly #path: string;
  readonly #listener: WatchListener;
  readonly #times: WatchTimes;
  readonly #abort = new AbortController();
  #version: string | undefined;
  #sendsBookmarks = false;
  readonly #size = new WatchedSize();
  #wake: (() => void) | undefined;

  constructor(
    access: ClusterAccess,
    path: string,
    listener: WatchListener,
    times: WatchTimes = WATCH_TIMES,
  ) {
    this.#access = access;
    this.#path = path;
    this.#listener = listener;
    this.#times = times;
  }

  start(): void {
    void this.#run();
  }

  /** Retries now if an attempt is scheduled. */
  retry(): void {
    this.#wake?.();
  }

  stop(): void {
    this.#abort.abort();
    this.#wake?.();
  }

  /** Not a getter: the value may change during any await. */
  #isOver(): boolean {
    return this.#abort.signal.aborted;
  }

  async #run(): Promise<void> {
    let attempt = 0;
    while (!this.#isOver()) {
      const startedMs = performance.now();
      const error = await this.#once();
      if (this.#isOver()) return;
      if (performance.now() - startedMs > STABLE_MS) attempt = 0;
      if (error !== undefined) this.#listener.failed(error);
      // An end without an error is expected; only guard against a busy loop of immediate ends.
      else if (attempt === 0 && performance.now() - startedMs > 1000) continue;
      await this.#wait(attempt++);
    }
  }

  /** Lists if needed, then watches until that ends; returns why, undefined for a normal end. */
  async #once(): Promise<ServerError | undefined> {
    if (this.#version === undefined) {
      const listed = await this.#list();
      if (this.#isOver()) return undefined;
      if (!listed.ok) return listed.error;
      this.#version = listed.value.version;
      this.#listener.listed(listed.value.objects);
      this.#listener.failed(undefined);
      await new Promise((resolve) => setTimeout(resolve, this.#times.settleMs));
      if (this.#isOver()) return undefined;
    }
    const { watchSeconds } = this.#times;
    const seconds = Math.round(watchSeconds * (1 + Math.random() / 5));
    const opened = await this.#access.open({
      path: `${this.#path}?watch=1&allowWatchBookmarks=true&resourceVersion=${this.#version}&timeoutSeconds=${String(seconds)}`,
      signal: this.#abort.signal,
    });
    if (!opened.ok) {
      if (opened.error.status === 410) {
        this.#version = undefined;
        return undefined;
      }
      return opened.error;
    }
    this.#listener.failed(undefined);
    return this.#read(opened.value, seconds * 1000 + this.#times.graceMs);
  }

  async #list(): Promise<Result<Listed>> {
    const objects: Fields[] = [];
    const allowance = { bytes: MAX_WATCHED_BYTES };
    let next = "";
    // Pages of a restarted list count too: it might change forever.
    for (let page = 0; page < MAX_WATCHED_PAGES; page++) {
      const answer = await this.#access.request({
        path: `${this.#path}?limit=${String(PAGE)}${next}`,
        signal: this.#abort.signal,
        allowance,
      });
      if (!answer.ok) {
        // The list changed too much while it was read: start again from its first page.
        if (answer.error.status === 410 && next !== "") {
          objects.length = 0;
          next = "";
          continue;
        }
        return answer;
      }
      const body = fieldsOf(answer.value);
      const metadata = fieldsOf(body["metadata"]);
      const version = textOf(metadata["resourceVersion"]);
      if (!Array.isArray(body["items"]) || version === undefined) {
        return failed(new ServerError("invalidResponse", t("the cluster's answer is not a list")));
      }
      objects.push(...recordsOf(body["items"]));
      const more = textOf(metadata["continue"]);
      if (more === undefined) {
        const names = objects.flatMap((object) => nameOf(object) ?? []);
        this.#size.listed(names, MAX_WATCHED_BYTES - allowance.bytes);
        return ok({ objects, version });
      }
      next = `&continue=${encodeURIComponent(more)}`;
    }
    const message = t`the cluster's list did not end after ${String(MAX_WATCHED_PAGES)} pages`;
    return failed(new ServerError("invalidResponse", message));
  }

  #read(response: IncomingMessage, longestMs: number): Promise<ServerError | undefined> {
    return new Promise((resolve) => {
      let rest = "";
      let verdict: ServerError | undefined;
      const deadline = setTimeout(() => {
        verdict = new ServerError("timeout", t("the cluster did not end its watch"));
        response.destroy();
      }, longestMs);
      const silence = setTimeout(() => {
        if (!this.#sendsBookmarks) return;
        verdict = new ServerError("timeout", t("the cluster's watch stopped sending data"));
        response.destroy();
      }, this.#times.silenceMs);
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        silence.refresh();
        if (!chunk.includes("\n")) {
          rest += chunk;
          if (rest.length <= MAX_LINE_BYTES) return;
          verdict = new ServerError(
            "invalidResponse",
            t("the cluster sent an event that did not end"),
          );
          response.destroy();
          return;
        }
        const lines = `${rest}${chunk}`.split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines) {
          const ended = this.#take(line);
          if (ended === undefined) continue;
          verdict = ended === "gone" ? undefined : ended;
          response.destroy();
          return;
        }
      });
      response.once("error", (error) => {
        verdict ??= toClusterError(error, this.#abort.signal);
      });
      response.once("close", () => {
        clearTimeout(deadline);
        clearTimeout(silence);
        // Cut without its closing chunk: an error, but resuming from the last version loses nothing.
        resolve(
          response.complete || verdict !== undefined || this.#version === undefined
            ? verdict
            : new ServerError("unreachable", t("the connection to the cluster was interrupted")),
        );
      });
    });
  }

  /** Processes one event; returns why the watch must end, if it must. */
  #take(line: string): ServerError | "gone" | undefined {
    if (line.trim() === "") return undefined;
    const event = fieldsOf(parseJSON(line));
    const object = event["object"];
    if (!isRecord(object)) return undefined;
    const type = event["type"];
    if (type === "ERROR") {
      const code = object["code"];
      // Any other error may have lost events, so list again.
      this.#version = undefined;
      return code === 410 ? "gone" : errorOfStatus(typeof code === "number" ? code : 500, object);
    }
    const name = nameOf(object);
    if (type === "DELETED" && name !== undefined) this.#size.remove(name);
    const isKept = (type === "ADDED" || type === "MODIFIED") && name !== undefined;
    if (isKept && !this.#size.put(name, line.length)) {
      // The next list says whether it is still so.
      this.#version = undefined;
      return new ServerError(
        "invalidResponse",
        t("the objects in the cluster are too many, or too large, to watch"),
      );
    }
    const version = textOf(fieldsOf(object["metadata"])["resourceVersion"]);
    if (version !== undefined) this.#version = version;
    if (type === "BOOKMARK") this.#sendsBookmarks = true;
    else if (type === "ADDED" || type === "MODIFIED") this.#listener.changed("upserted", object);
    else if (type === "DELETED") this.#listener.changed("removed", object);
    return undefined;
  }

  async #wait(attempt: number): Promise<void> {
    const { firstDelayMs, longestDelayMs } = this.#times;
    const full = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(attempt, 16));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, full / 2 + (full / 2) * Math.random());
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
