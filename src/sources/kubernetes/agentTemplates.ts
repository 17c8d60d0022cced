import type { ClusterAgent } from "../../core/state/cluster.ts";
import { parseAgent, templateOf } from "./parseObjects.ts";
import type { ResourceWatch, WatchListener } from "./resourceWatch.ts";
import { type Fields, nameOf } from "./values.ts";

/**
 * Reads a namespace's agents, merged with what their templates set. Templates are only watched while an agent
 * names one; if they cannot be read, agents are parsed without them.
 */
export class AgentTemplates {
  readonly #newWatch: (listener: WatchListener) => ResourceWatch;
  readonly #changed: (agent: ClusterAgent) => void;
  /** Raw agents that name a template. */
  readonly #agents = new Map<string, Fields>();
  readonly #templates = new Map<string, Fields>();
  #watch: ResourceWatch | undefined;

  /** `changed` receives the agents whose template appeared, changed or disappeared. */
  constructor(
    newWatch: (listener: WatchListener) => ResourceWatch,
    changed: (agent: ClusterAgent) => void,
  ) {
    this.#newWatch = newWatch;
    this.#changed = changed;
  }

  /** Takes the complete list of agents. */
  listed(objects: readonly Fields[]): readonly ClusterAgent[] {
    this.#agents.clear();
    for (const object of objects) this.#note(object);
    this.#follow();
    return objects.flatMap((object) => this.#parse(object) ?? []);
  }

  upserted(object: Fields): ClusterAgent | undefined {
    this.#note(object);
    this.#follow();
    return this.#parse(object);
  }

  removed(agent: string): void {
    this.#agents.delete(agent);
    this.#follow();
  }

  /** Retries now if an attempt is scheduled. */
  retry(): void {
    this.#watch?.retry();
  }

  stop(): void {
    this.#watch?.stop();
    this.#watch = undefined;
    this.#templates.clear();
  }

  #note(object: Fields): void {
    const name = nameOf(object);
    if (name === undefined) return;
    if (templateOf(object) === undefined) this.#agents.delete(name);
    else this.#agents.set(name, object);
  }

  #parse(object: Fields): ClusterAgent | undefined {
    const template = templateOf(object);
    return parseAgent(object, template === undefined ? undefined : this.#templates.get(template));
  }

  #follow(): void {
    if (this.#agents.size === 0) this.stop();
    else if (this.#watch === undefined) {
      this.#watch = this.#newWatch({
        listed: (objects) => {
          this.#templates.clear();
          for (const object of objects) this.#take(object);
          this.#notify([...this.#agents.values()]);
        },
        changed: (type, object) => {
          const name = nameOf(object);
          if (name === undefined) return;
          if (type === "removed") this.#templates.delete(name);
          else this.#take(object);
          this.#notify([...this.#agents.values()].filter((agent) => templateOf(agent) === name));
        },
        failed: () => {
          // Agents are shown without templates; missing permissions are among the denied actions.
        },
      });
      this.#watch.start();
    }
  }

  #take(template: Fields): void {
    const name = nameOf(template);
    if (name !== undefined) this.#templates.set(name, template);
  }

  #notify(agents: readonly Fields[]): void {
    for (const object of agents) {
      const agent = this.#parse(object);
      if (agent !== undefined) this.#changed(agent);
    }
  }
}
