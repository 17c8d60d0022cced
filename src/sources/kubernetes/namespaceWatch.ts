import { t } from "../../core/language.ts";
import {
  CLUSTER_KINDS,
  type ClusterKind,
  type NamespaceProblem,
  type NamespaceWatch as WatchState,
} from "../../core/state/cluster.ts";
import type { ClusterAction } from "../../core/state/clusterReducer.ts";
import type { ServerError } from "../../core/errors.ts";
import type { ClusterAccess } from "./clusterAccess.ts";
import { AgentTemplates } from "./agentTemplates.ts";
import { parseCronTask, parseTask } from "./parseObjects.ts";
import { deniedHere } from "./permissions.ts";
import {
  ResourceWatch,
  WATCH_TIMES,
  type WatchListener,
  type WatchTimes,
} from "./resourceWatch.ts";
import { type Fields, nameOf } from "./values.ts";

export const API_ROOT = "/apis/kubeopencode.io/v1alpha1";

/** Plural resource names used in paths. */
export const PLURALS: Readonly<Record<ClusterKind, string>> = {
  agents: "agents",
  tasks: "tasks",
  cronTasks: "crontasks",
};

/** Permissions are checked after the lists have arrived: the user is waiting for the lists. */
const ASK_DELAY_MS = 300;

export interface NamespaceWatchOptions {
  readonly access: ClusterAccess;
  readonly clusterID: string;
  readonly namespace: string;
  readonly dispatch: (action: ClusterAction) => void;
  readonly times?: WatchTimes;
}

/** Keeps one namespace's agents, tasks and cron tasks up to date in the store, and reports the watch's state. */
export class NamespaceWatch {
  readonly #options: NamespaceWatchOptions;
  readonly #watches: readonly ResourceWatch[];
  readonly #templates: AgentTemplates;
  /** By kind: undefined means no error, absent means unknown yet. */
  readonly #errors = new Map<ClusterKind, ServerError | undefined>();
  #sinceMs = Date.now();
  #state: WatchState["kind"] = "connecting";
  #missing: NamespaceProblem | undefined;
  #askTimer: ReturnType<typeof setTimeout> | undefined;
  readonly #stopped = new AbortController();

  constructor(options: NamespaceWatchOptions) {
    this.#options = options;
    const { access, namespace, times = WATCH_TIMES } = options;
    const newWatch = (plural: string, listener: WatchListener): ResourceWatch =>
      new ResourceWatch(access, `${API_ROOT}/namespaces/${namespace}/${plural}`, listener, times);
    this.#watches = CLUSTER_KINDS.map((kind) =>
      newWatch(PLURALS[kind], {
        listed: (objects) => {
          this.#listed(kind, objects);
        },
        changed: (type, object) => {
          this.#changed(kind, type, object);
        },
        failed: (error) => {
          this.#failed(kind, error);
        },
      }),
    );
    this.#templates = new AgentTemplates(
      (listener) => newWatch("agenttemplates", listener),
      (object) => {
        this.#dispatch({ type: "clusterObject.upserted", kind: "agents", object });
      },
    );
  }

  start(): void {
    for (const watch of this.#watches) watch.start();
  }

  /** Retries now, and checks permissions again. */
  async refresh(): Promise<void> {
    for (const watch of [...this.#watches, this.#templates]) watch.retry();
    await this.#ask();
  }

  stop(): void {
    this.#stopped.abort();
    clearTimeout(this.#askTimer);
    for (const watch of [...this.#watches, this.#templates]) watch.stop();
  }

  #dispatch(action: DistributedOmit<ClusterAction, "clusterID" | "namespace">): void {
    const { dispatch, clusterID, namespace } = this.#options;
    // Adds the two fields that every member of the union has.
    if (!this.#stopped.signal.aborted) dispatch({ ...action, clusterID, namespace });
  }

  #listed(kind: ClusterKind, objects: readonly Fields[]): void {
    const type = "clusterObjects.listed";
    const all = <T>(parse: (object: Fields) => T | undefined): readonly T[] =>
      objects.flatMap((object) => parse(object) ?? []);
    if (kind === "agents") {
      this.#dispatch({ type, kind, objects: this.#templates.listed(objects) });
    } else if (kind === "tasks") this.#dispatch({ type, kind, objects: all(parseTask) });
    else this.#dispatch({ type, kind, objects: all(parseCronTask) });
  }

  #changed(kind: ClusterKind, how: "upserted" | "removed", object: Fields): void {
    if (how === "removed") {
      const name = nameOf(object);
      if (name === undefined) return;
      if (kind === "agents") this.#templates.removed(name);
      this.#dispatch({ type: "clusterObject.removed", kind, name });
      return;
    }
    const type = "clusterObject.upserted";
    if (kind === "agents") {
      const agent = this.#templates.upserted(object);
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
    const before = this.#state;
    const watch = isOneWell ? this.#connected(errors) : lostBy(errors, this.#since("lost"));
    this.#dispatch({ type: "namespace.changed", changes: { watch } });
    // After a loss, the login, the roles or the cluster may have changed.
    const isKnown = isOneWell || errors.every(({ status }) => status === 403);
    if (isKnown && this.#state !== before) this.#askIn(ASK_DELAY_MS);
  }

  #connected(errors: readonly ServerError[]): WatchState {
    const isForbidden = errors.every(({ status }) => status === 403);
    const message = [...new Set(errors.map((error) => error.message))].join("; ");
    const problem: NamespaceProblem | undefined =
      errors.length === 0 ? this.#missing : { kind: isForbidden ? "forbidden" : "failed", message };
    return { kind: "connected", sinceMs: this.#since("connected"), problem };
  }

  /** When the current state began. */
  #since(state: WatchState["kind"]): number {
    if (this.#state !== state) this.#sinceMs = Date.now();
    this.#state = state;
    return this.#sinceMs;
  }

  #askIn(delayMs: number): void {
    clearTimeout(this.#askTimer);
    this.#askTimer = setTimeout(() => {
      void this.#ask();
    }, delayMs);
  }

  /** Checks permissions, and whether the namespace exists: the lists of a missing namespace are simply empty. */
  async #ask(): Promise<void> {
    const { access, namespace, times = WATCH_TIMES } = this.#options;
    const { signal } = this.#stopped;
    const [denied, found] = await Promise.all([
      deniedHere(access, namespace, signal),
      access.request({ path: `/api/v1/namespaces/${namespace}`, signal }),
    ]);
    if (signal.aborted) return;
    if (denied !== undefined) this.#dispatch({ type: "namespace.changed", changes: { denied } });
    const isMissing = !found.ok && found.error.status === 404;
    if (isMissing !== (this.#missing !== undefined)) {
      const message = t`The cluster has no namespace “${namespace}”.`;
      this.#missing = isMissing ? { kind: "missing", message } : undefined;
      if (this.#state === "connected") {
        const errors = [...this.#errors.values()].filter((each) => each !== undefined);
        this.#dispatch({ type: "namespace.changed", changes: { watch: this.#connected(errors) } });
      }
    }
    if (denied === undefined || denied.size > 0 || isMissing) this.#askIn(times.reviewMs);
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
      message: t(
        "KubeOpenCode is not installed here: the cluster does not have its resource types.",
      ),
    };
  }
  const reason = error?.status === 403 ? "forbidden" : (error?.reason ?? "unreachable");
  return { kind: "lost", sinceMs, reason, message };
}
