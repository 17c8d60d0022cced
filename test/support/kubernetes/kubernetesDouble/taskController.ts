import type { OpenCodeClient } from "../../opencode/client.ts";
import { at, isRecord, numberOf, stringOf } from "../../json.ts";
import type { KubeObject, StoreEvent } from "./objectStore.ts";
import type { KubernetesDouble } from "./startKubernetesDouble.ts";

export interface TaskControllerOptions {
  /** The servers behind the agents, by `namespace/agent`. */
  readonly servers: ReadonlyMap<string, OpenCodeClient>;
  /** How long a task is Pending before it runs; default 200 ms. */
  readonly startDelayMs?: number;
}

/**
 * Acts like KubeOpenCode's controller: starts tasks on their agent's real OpenCode server as capacity
 * allows, reports only the session's title while they run, and totals up their own session at the end. Stops
 * annotated tasks, creates the tasks of triggered cron tasks, and suspends and resumes agents.
 */
export class TaskController {
  readonly #double: KubernetesDouble;
  readonly #options: TaskControllerOptions;
  readonly #stop: () => void;
  readonly #begun = new Set<string>();
  readonly #running = new Map<string, string>();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Starts the tasks that are held; undefined for those not created yet. */
  readonly #held = new Map<string, (() => void) | undefined>();
  #isOver = false;

  constructor(double: KubernetesDouble, options: TaskControllerOptions) {
    this.#double = double;
    this.#options = options;
    this.#stop = double.store.onEvent((event) => {
      this.#take(event);
    });
  }

  /** Keeps a task that is created later, `namespace/name`, Pending until {@link release}. */
  hold(key: string): void {
    this.#held.set(key, undefined);
  }

  release(key: string): void {
    const start = this.#held.get(key);
    this.#held.delete(key);
    start?.();
  }

  stop(): void {
    this.#isOver = true;
    this.#stop();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #take({ type, plural, object }: StoreEvent): void {
    if (type === "DELETED" || this.#isOver) return;
    const { name, namespace = "", annotations } = object.metadata;
    if (plural === "tasks") {
      const key = `${namespace}/${name}`;
      if (annotations?.["kubeopencode.io/stop"] === "true" && this.#running.has(key)) {
        void this.#end(object, "UserStopped");
      } else if (!this.#begun.has(key) && object.status?.["phase"] === undefined) {
        this.#begun.add(key);
        const start = (): void => {
          this.#start(object);
        };
        if (this.#held.has(key)) this.#held.set(key, start);
        else this.#later(start);
      }
    }
    if (plural === "agents") this.#suspend(object);
    if (plural === "crontasks" && annotations?.["kubeopencode.io/trigger"] === "true") {
      this.#later(() => {
        this.#trigger(namespace, name);
      }, 0);
    }
  }

  #later(task: () => void, delayMs = this.#options.startDelayMs ?? 200): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      if (!this.#isOver) task();
    }, delayMs);
    this.#timers.add(timer);
  }

  #start(task: KubeObject): void {
    const { name, namespace = "", uid } = task.metadata;
    const { store, setStatus } = this.#double;
    if (store.find(this.#double.kind("tasks"), namespace, name) === undefined) return;
    const startTime = new Date().toISOString();
    const podName = `${name}-pod`;
    const agentName = stringOf(at(task.spec, "agentRef", "name"));
    if (agentName === "") {
      this.#addPod(namespace, name, podName);
      setStatus("tasks", namespace, name, { phase: "Running", startTime, podName });
      this.#double.logs.append(namespace, podName, `opencode run: ${name}`);
      return;
    }
    const agent = store.find(this.#double.kind("agents"), namespace, agentName);
    const most = numberOf(agent?.spec?.["maxConcurrentTasks"]) || Infinity;
    const client = this.#options.servers.get(`${namespace}/${agentName}`);
    if (
      client === undefined ||
      agent?.status?.["ready"] !== true ||
      this.#busy(agentName) >= most
    ) {
      const reason = this.#busy(agentName) >= most ? "AgentAtCapacity" : "AgentServerNotReady";
      const conditions = [{ type: "Queued", status: "True", reason, message: reason }];
      const isNew = task.status?.["phase"] !== "Queued";
      if (isNew) setStatus("tasks", namespace, name, { phase: "Queued", conditions });
      this.#later(() => {
        this.#start({ ...task, status: { phase: "Queued" } });
      }, 500);
      return;
    }
    const title = `kubeopencode/${namespace}/${name}/${String(uid).slice(0, 8)}`;
    this.#running.set(`${namespace}/${name}`, agentName);
    this.#addPod(namespace, name, podName);
    setStatus("tasks", namespace, name, {
      phase: "Running",
      startTime,
      podName,
      agentRef: { name: agentName },
      session: { title },
      conditions: [],
    });
    this.#double.logs.append(namespace, podName, `session ${title}`);
    this.#work(client, task, title).catch((error: unknown) => {
      if (!this.#isOver) {
        setStatus("tasks", namespace, name, {
          phase: "Failed",
          completionTime: new Date().toISOString(),
          conditions: [
            { type: "Ready", status: "False", reason: "AgentError", message: String(error) },
          ],
        });
      }
    });
  }

  async #work(client: OpenCodeClient, task: KubeObject, title: string): Promise<void> {
    const { id } = await client.createSession({ title });
    await client.promptAsync(id, stringOf(task.spec?.["description"]));
    await client.waitUntilIdle(id);
    if (this.#running.has(`${task.metadata.namespace ?? ""}/${task.metadata.name}`)) {
      await this.#end(task, undefined, client);
    }
  }

  async #end(
    task: KubeObject,
    stopped: "UserStopped" | "Timeout" | undefined,
    known?: OpenCodeClient,
  ): Promise<void> {
    const { name, namespace = "" } = task.metadata;
    const agentName = this.#running.get(`${namespace}/${name}`) ?? "";
    this.#running.delete(`${namespace}/${name}`);
    const client = known ?? this.#options.servers.get(`${namespace}/${agentName}`);
    const now = this.#double.store.find(this.#double.kind("tasks"), namespace, name);
    const title = stringOf(at(now?.status, "session", "title"));
    const session = (await client?.sessions())?.find((each) => each.title === title);
    if (client === undefined || session === undefined || this.#isOver) return;
    if (stopped !== undefined) await client.abort(session.id);
    const after = await client.session(session.id);
    const messages = await client.messages(session.id);
    const tokens = after.tokens;
    const summary = {
      messageCount: messages.length,
      cost: (after.cost ?? 0).toFixed(6),
      tokenUsage: {
        input: tokens?.input ?? 0,
        output: tokens?.output ?? 0,
        reasoning: tokens?.reasoning ?? 0,
        cache: (tokens?.cache.read ?? 0) + (tokens?.cache.write ?? 0),
      },
      filesChanged: after.summary?.files ?? 0,
      additions: after.summary?.additions ?? 0,
      deletions: after.summary?.deletions ?? 0,
    };
    const { setStatus, logs } = this.#double;
    setStatus("tasks", namespace, name, {
      phase: "Completed",
      completionTime: new Date().toISOString(),
      session: { id: session.id, title, summary },
      conditions:
        stopped === undefined
          ? []
          : [{ type: "Stopped", status: "True", reason: stopped, message: "stopped" }],
    });
    logs.append(namespace, `${name}-pod`, "done");
    logs.end(namespace, `${name}-pod`);
  }

  #busy(agent: string): number {
    return [...this.#running.values()].filter((each) => each === agent).length;
  }

  #addPod(namespace: string, task: string, name: string): void {
    this.#double.create("pods", {
      metadata: { name, namespace, labels: { "kubeopencode.io/task": task } },
      spec: { containers: [{ name: "agent" }] },
      status: { phase: "Running" },
    });
  }

  /** Suspending removes the pod; resuming creates a new one. */
  #suspend({ metadata, spec, status }: KubeObject): void {
    const isWanted = spec?.["suspend"] === true;
    const { name, namespace = "" } = metadata;
    if (isWanted === (status?.["suspended"] === true) || spec?.["suspend"] === undefined) return;
    this.#later(() => {
      const { setStatus, store, kind, replacePod, forwards } = this.#double;
      setStatus("agents", namespace, name, { suspended: isWanted, ready: !isWanted });
      if (!isWanted) {
        replacePod(namespace, name);
        return;
      }
      for (const pod of store.list(kind("pods"), namespace)) {
        if (pod.metadata.labels?.["kubeopencode.io/agent"] !== name) continue;
        store.remove(kind("pods"), namespace, pod.metadata.name);
        forwards.cut(namespace, pod.metadata.name);
      }
    });
  }

  #trigger(namespace: string, name: string): void {
    const { store, kind, create, setStatus } = this.#double;
    const cronTask = store.get(kind("crontasks"), namespace, name);
    if (cronTask.spec?.["suspend"] === true) return;
    delete cronTask.metadata.annotations?.["kubeopencode.io/trigger"];
    delete cronTask.metadata.resourceVersion;
    store.replace(kind("crontasks"), cronTask, "main");
    const most = numberOf(cronTask.spec?.["maxRetainedTasks"]) || Infinity;
    const children = store
      .list(kind("tasks"), namespace)
      .filter(({ metadata }) => metadata.labels?.["kubeopencode.io/crontask"] === name);
    if (children.length >= most) return;
    const count = numberOf(cronTask.status?.["totalExecutions"]) + 1;
    setStatus("crontasks", namespace, name, {
      lastScheduleTime: new Date().toISOString(),
      totalExecutions: count,
    });
    const spec = at(cronTask.spec, "taskTemplate", "spec");
    create("tasks", {
      metadata: {
        name: `${name}-${String(count)}`,
        namespace,
        labels: { "kubeopencode.io/crontask": name },
      },
      ...(isRecord(spec) ? { spec } : {}),
    });
  }
}
