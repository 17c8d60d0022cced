import { ok, type Result } from "../../core/result.ts";
import { clusterKey, type ClusterRef } from "../../core/state/cluster.ts";
import type { ClusterGateway } from "../../sources/kubernetes/clusterGateway.ts";

/** The logs being followed now, each until its container ends or the user stops it. */
export class FollowedLogs {
  readonly #followed = new Map<
    string,
    { readonly ref: ClusterRef; readonly abort: AbortController }
  >();

  refs(): readonly ClusterRef[] {
    return [...this.#followed.values()].map(({ ref }) => ref);
  }

  has(ref: ClusterRef): boolean {
    return this.#followed.has(clusterKey(ref));
  }

  /** Passes a log on as it is written; resolves with how following it ended. */
  async follow(
    gateway: Pick<ClusterGateway, "followLogs">,
    ref: ClusterRef,
    write: (text: string) => void,
  ): Promise<Result<"ended" | "stopped">> {
    const key = clusterKey(ref);
    const entry = { ref, abort: new AbortController() };
    this.#followed.set(key, entry);
    const { signal } = entry.abort;
    const result = await gateway.followLogs(ref, write, signal);
    if (this.#followed.get(key) === entry) this.#followed.delete(key);
    return result.ok ? ok(signal.aborted ? "stopped" : "ended") : result;
  }

  /** Aborts the request that follows a log. */
  stop(ref: ClusterRef): void {
    const key = clusterKey(ref);
    this.#followed.get(key)?.abort.abort();
    this.#followed.delete(key);
  }
}
