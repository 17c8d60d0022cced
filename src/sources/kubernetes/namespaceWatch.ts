import {
  CLUSTER_KINDS,
  type ClusterKind,
  type NamespaceWatch as WatchState,
} from "../../core/cluster.ts";
import type { ClusterAction } from "../../core/clusterReducer.ts";
import type { ServerError } from "../../core/errors.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { parseAgent, parseCronTask, parseTask } from "./parseObjects.ts";
import { deniedHere } from "./permissions.ts";
import { ResourceWatch, WATCH_TIMES, type WatchTimes } from "./resourceWatch.ts";
import { type Fields, fieldsOf, textOf } from "./values.ts";

export const API_ROOT = "/apis/kubeopencode.io/v1alpha1";

/** Names of the lists in paths. */
export const PLURALS: Readonly<Record<ClusterKind, string>> = {
  agents: "agents",
  tasks: "tasks",
  cronTasks: "crontasks",
};

/** What is allowed is asked when the lists are there: they are what a person waits for. */
const ASK_DELAY_MS = 300;

export interface NamespaceWatchOptions {
  readonly access: ClusterAccess;
  readonly clusterID: string;
  readonly namespace: string;
  readonly dispatch: (action: ClusterAction) => void;
  readonly times?: WatchTimes;
}

/** Keeps one namespace's agents, tasks and cron tasks true in the store, and says how that goes. */
export class NamespaceWatch {
  readonly #options: NamespaceWatchOptions;
  readonly #watches: readonly ResourceWatch[];
  /** By kind: undefined is well, absent is not known yet. */
  readonly #errors = new Map<ClusterKind, ServerError | undefined>();
  #sinceMs = Date.now();
  #state: WatchState["kind"] = "connecting";
  #isAsked = false;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  #isStopped = false;

  constructor(options: NamespaceWatchOptions) {
    this.#options = options;
    const { access, namespace, times = WATCH_TIMES } = options;
    this.#watches = CLUSTER_KINDS.map(
      (kind) =>
        new ResourceWatch(
          access,
          `${API_ROOT}/namespaces/${namespace}/${PLURALS[kind]}`,
          {
            listed: (objects) => {
              this.#listed(kind, objects);
            },
            changed: (type, object) => {
              this.#changed(kind, type, object);
            },
            failed: (error) => {
              this.#failed(kind, error);
            },
          },
          times,
        ),
    );
  }

  start(): void {
    for (const watch of this.#watches) watch.start();
  }

  /** Tries now, and asks anew what is allowed. */
  async refresh(): Promise<void> {
    for (const watch of this.#watches) watch.retry();
    await this.#ask();
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#askTimer);
    for (const watch of this.#watches) watch.stop();
  }

  #dispatch(action: DistributedOmit<ClusterAction, "clusterID" | "namespace">): void {
    const { dispatch, clusterID, namespace } = this.#options;
    // Each member of the union with the two fields that all have.
    if (!this.#isStopped) dispatch({ ...action, clusterID, namespace });
  }

  #listed(kind: ClusterKind, objects: readonly Fields[]): void {
    const type = "clusterObjects.listed";
    const all = <T>(parse: (object: Fields) => T | undefined): readonly T[] =>
      objects.flatMap((object) => parse(object) ?? []);
    if (kind === "agents") this.#dispatch({ type, kind, objects: all(parseAgent) });
    else if (kind === "tasks") this.#dispatch({ type, kind, objects: all(parseTask) });
    else this.#dispatch({ type, kind, objects: all(parseCronTask) });
  }

  #changed(kind: ClusterKind, how: "upserted" | "removed", object: Fields): void {
    if (how === "removed") {
      const name = textOf(fieldsOf(object["metadata"])["name"]);
      if (name !== undefined) this.#dispatch({ type: "clusterObject.removed", kind, name });
      return;
    }
    const type = "clusterObject.upserted";
    if (kind === "agents") {
      const agent = parseAgent(object);
      if (agent !== undefined) this.#dispatch({ type, kind, object: agent });
    } else if (kind === "tasks") {
      const task = parseTask(object);
      if (task !== undefined) this.#dispatch({ type, kind, object: task });
    } else {
      const cronTask = parseCronTask(object);
      if (cronTask !== undefined) this.#dispatch({ type, kind, object: cronTask });
    }
  }

  #failed(kind: ClusterKind, error: ServerError | undefined): void {
    this.#errors.set(kind, error);
    const errors = [...this.#errors.values()].filter((each) => each !== undefined);
    const isOneWell = errors.length < this.#errors.size;
    const watch = isOneWell ? this.#connected(errors) : lostBy(errors, this.#since("lost"));
    this.#dispatch({ type: "namespace.changed", changes: { watch } });
    if (!this.#isAsked && this.#errors.size === CLUSTER_KINDS.length) {
      this.#isAsked = true;
      this.#askTimer = setTimeout(() => {
        void this.#ask();
      }, ASK_DELAY_MS);
    }
  }

  #connected(errors: readonly ServerError[]): WatchState {
    const problem = errors[0] === undefined ? undefined : errors[0].message;
    return { kind: "connected", sinceMs: this.#since("connected"), problem };
  }

  /** Since when the state is what it is. */
  #since(state: WatchState["kind"]): number {
    if (this.#state !== state) this.#sinceMs = Date.now();
    this.#state = state;
    return this.#sinceMs;
  }

  async #ask(): Promise<void> {
    const denied = await deniedHere(this.#options.access, this.#options.namespace);
    if (denied !== undefined) this.#dispatch({ type: "namespace.changed", changes: { denied } });
  }
}

type DistributedOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;

function lostBy(errors: readonly ServerError[], sinceMs: number): WatchState {
  const [error] = errors;
  const message = error?.message ?? "";
  if (errors.every((each) => each.status === 404)) {
    return {
      kind: "lost",
      sinceMs,
      reason: "notInstalled",
      message: "KubeOpenCode is not installed here: the cluster does not know its resources.",
    };
  }
  const reason = error?.status === 403 ? "forbidden" : (error?.reason ?? "unreachable");
  return { kind: "lost", sinceMs, reason, message };
}
