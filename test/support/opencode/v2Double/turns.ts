import { setTimeout as delay } from "node:timers/promises";
import { addTokens } from "../../../../src/core/usage/usage.ts";
import { piecesOf, type ScriptedAnswer } from "../scriptedAnswer.ts";
import {
  answerStep,
  answerSummary,
  answerTitle,
  textOf,
  usageOf,
  type StepUsage,
} from "./doubleModel.ts";
import type { DoubleMessage, DoubleState, InboxItem, SessionRecord } from "./doubleState.ts";
import type { EventHub } from "./eventHub.ts";
import type { Faults } from "./faults.ts";
import { newID } from "./ids.ts";
import { Tools } from "./tools.ts";

type Assistant = Extract<DoubleMessage, { type: "assistant" }>;

/** A turn that failed instead of completing its script. */
class TurnFailed extends Error {}

export interface Pace {
  readonly delayMs: number;
  readonly size: number;
}

/** Executes prompts and compactions: one execution per session at a time, processing the inbox between steps. */
export class Turns {
  private readonly state: DoubleState;
  private readonly hub: EventHub;
  private readonly faults: Faults;
  private readonly pace: Pace;
  private readonly running = new Map<string, { abort: AbortController; over: Promise<void> }>();
  private readonly failures = new Map<string, number>();
  readonly tools: Tools;

  constructor(
    state: DoubleState,
    hub: EventHub,
    faults: Faults,
    pace: Pace,
    permission: Readonly<Record<string, "ask" | "allow">>,
  ) {
    this.state = state;
    this.hub = hub;
    this.faults = faults;
    this.pace = pace;
    this.tools = new Tools(state, hub, permission, (record, text, signal) =>
      this.ask(record, text, signal),
    );
  }

  active(): readonly string[] {
    return [...this.running.keys()];
  }

  /** Adds an item to the inbox and starts its execution. */
  accept(record: SessionRecord, item: InboxItem): void {
    record.inbox.push(item);
    this.hub.say(record, "session.inbox.enqueued", { inboxID: item.id, item });
    this.start(record);
  }

  /** Accepts a prompt and resolves when the session is idle again. */
  async ask(record: SessionRecord, text: string, signal?: AbortSignal): Promise<void> {
    const sessionID = record.info.id;
    signal?.addEventListener("abort", () => this.interrupt(sessionID), { once: true });
    this.accept(record, { id: newID("msg"), sessionID, type: "prompt", delivery: "steer", text });
    await this.running.get(sessionID)?.over;
  }

  withdraw(record: SessionRecord, itemID: string): boolean {
    const before = record.inbox.length;
    record.inbox = record.inbox.filter((item) => item.id !== itemID);
    if (record.inbox.length === before) return false;
    this.hub.say(record, "session.inbox.cancelled", { inboxID: itemID });
    return true;
  }

  /** Stops the running execution; false if there is none. */
  interrupt(sessionID: string): boolean {
    const run = this.running.get(sessionID);
    run?.abort.abort();
    return run !== undefined;
  }

  async stop(): Promise<void> {
    const runs = [...this.running.values()];
    for (const { abort } of runs) abort.abort();
    await Promise.all(runs.map(({ over }) => over));
  }

  private start(record: SessionRecord): void {
    const { id } = record.info;
    if (this.running.has(id)) return;
    const abort = new AbortController();
    const over = this.execute(record, abort.signal).finally(() => {
      this.running.delete(id);
      // Late items start a new execution; those pending at a stop wait for the user.
      if (record.inbox.length > 0 && !abort.signal.aborted && this.state.sessions.has(id)) {
        this.start(record);
      }
    });
    this.running.set(id, { abort, over });
  }

  private async execute(record: SessionRecord, signal: AbortSignal): Promise<void> {
    const { info } = record;
    // One event-loop turn between acceptance and execution, as with a real queue.
    await delay(1);
    this.hub.say(record, "session.execution.started", {});
    let outcome: "succeeded" | "failed" | "interrupted" = "succeeded";
    let error: string | undefined;
    try {
      while (record.inbox.length > 0) await this.turn(record, signal);
    } catch (caught) {
      outcome = signal.aborted ? "interrupted" : "failed";
      error = caught instanceof Error ? caught.message : String(caught);
      if (!signal.aborted && !(caught instanceof TurnFailed)) throw caught;
    }
    info.outcome = outcome;
    const time = { created: Date.now() };
    record.messages.push({ id: newID("msg"), type: "idle", outcome, time });
    info.time.idle = Date.now();
    if (outcome === "failed") {
      this.hub.say(record, "session.execution.failed", {
        error: { type: "provider", message: error },
      });
    } else if (outcome === "interrupted") {
      this.hub.say(record, "session.execution.interrupted", { reason: "user" });
    } else this.hub.say(record, "session.execution.succeeded", {});
  }

  /** Delivers pending items, then lets the model work until it has nothing left to do. */
  private async turn(record: SessionRecord, signal: AbortSignal): Promise<void> {
    if (!(await this.deliver(record, signal, true))) return;
    for (;;) {
      const message = await this.step(record, signal);
      const hasMore = message.content.some((content) => content.type === "tool");
      const isSteered = await this.deliver(record, signal, false);
      if (!hasMore && !isSteered) return;
    }
  }

  /** Takes steering items or, at the start of a turn, one queued item; true if there was a prompt. */
  private async deliver(
    record: SessionRecord,
    signal: AbortSignal,
    isStart: boolean,
  ): Promise<boolean> {
    const steering = record.inbox.filter((item) => item.delivery === "steer");
    const items = steering.length > 0 || !isStart ? steering : record.inbox.slice(0, 1);
    record.inbox = record.inbox.filter((item) => !items.includes(item));
    let hasPrompt = false;
    for (const item of items) {
      this.hub.say(record, "session.inbox.delivered", { inboxID: item.id });
      if (item.type === "compaction") await this.compact(record, item, signal);
      else {
        hasPrompt = true;
        const text = item.text ?? "";
        const time = { created: Date.now() };
        record.messages.push({ id: item.id, type: "user", text, time });
        if (record.info.title === undefined) this.title(record, text);
      }
    }
    return hasPrompt;
  }

  /** Names the session after its first prompt; that costs, and is included in the totals. */
  private title(record: SessionRecord, prompt: string): void {
    const { info } = record;
    if (this.faults.bareRows) return;
    const answer = answerTitle(info.model, prompt);
    info.title = textOf(answer);
    const usage = usageOf(info.model, answer, { reasoning: 0, text: info.title.length });
    this.hub.say(record, "session.renamed", { title: info.title });
    this.hub.say(record, "session.usage.recorded", { source: "title", ...usage });
    this.charge(record, usage);
  }

  private async step(record: SessionRecord, signal: AbortSignal): Promise<Assistant> {
    const { info } = record;
    const answer = answerStep(record);
    const message: Assistant = {
      id: newID("msg"),
      type: "assistant",
      agent: info.agent,
      model: info.model,
      content: [],
      cost: 0,
      tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
      time: { created: Date.now() },
    };
    record.messages.push(message);
    const inStep = { assistantMessageID: message.id };
    this.hub.say(record, "session.step.started", {
      ...inStep,
      agent: info.agent,
      model: info.model,
      started: message.time.created,
    });
    const characters = { reasoning: 0, text: 0 };
    try {
      await this.reach(record, answer, signal);
      await this.write(record, message, answer, characters, signal);
      for (const call of answer.step.toolCalls) characters.text += JSON.stringify(call).length;
      await Promise.all(
        answer.step.toolCalls.map((call) => this.tools.run(record, message, call, signal)),
      );
      signal.throwIfAborted();
    } catch (caught) {
      const text = caught instanceof Error ? caught.message : String(caught);
      message.error = signal.aborted
        ? { type: "aborted", message: "stopped" }
        : { type: "provider", message: text };
      message.time.completed = Date.now();
      this.hub.say(record, "session.step.failed", { ...inStep, error: message.error });
      throw caught;
    }
    const usage = usageOf(info.model, answer, characters);
    Object.assign(message, usage);
    message.finish = answer.step.toolCalls.length > 0 ? "tool-calls" : "stop";
    message.time.completed = Date.now();
    this.hub.say(record, "session.step.ended", { ...inStep, finish: message.finish, ...usage });
    this.charge(record, usage);
    return message;
  }

  /** Calls the model, which may refuse, or fail a few times first. */
  private async reach(
    record: SessionRecord,
    { step, seed, stepIndex }: ScriptedAnswer,
    signal: AbortSignal,
  ): Promise<void> {
    await delay(step.waitMs, undefined, { signal });
    if (step.refusal !== undefined) throw new TurnFailed(step.refusal.message);
    const key = `${record.info.id} ${String(seed)} ${String(stepIndex)}`;
    for (let failed = this.failures.get(key) ?? 0; failed < step.failures + step.cuts; failed++) {
      this.failures.set(key, failed + 1);
      const waitMs = step.retryAfterMs ?? 200;
      this.hub.say(record, "session.retry.scheduled", {
        attempt: failed + 1,
        at: Date.now() + waitMs,
        error: { type: "provider", message: "The model is overloaded, try again" },
      });
      await delay(waitMs, undefined, { signal });
    }
  }

  private async write(
    record: SessionRecord,
    message: Assistant,
    answer: ScriptedAnswer,
    characters: { reasoning: number; text: number },
    signal: AbortSignal,
  ): Promise<void> {
    const delayMs = answer.step.chunkDelayMs ?? this.pace.delayMs;
    const inStep = { assistantMessageID: message.id };
    let open: { type: "text" | "reasoning"; text: string } | undefined;
    const close = (): void => {
      if (open === undefined) return;
      this.hub.say(record, `session.${open.type}.ended`, { ...inStep, text: open.text });
      open = undefined;
    };
    for (const piece of piecesOf(answer, this.pace.size)) {
      if (piece.kind === "gate") continue;
      const { kind, text } = piece;
      signal.throwIfAborted();
      if (open?.type !== kind) {
        close();
        open = { type: kind, text: "" };
        message.content.push(open);
        this.hub.say(record, `session.${kind}.started`, inStep);
      }
      open.text += text;
      characters[kind] += text.length;
      this.hub.say(record, `session.${kind}.delta`, { ...inStep, delta: text });
      if (delayMs > 0) await delay(delayMs, undefined, { signal });
    }
    close();
  }

  private async compact(
    record: SessionRecord,
    item: InboxItem,
    signal: AbortSignal,
  ): Promise<void> {
    const { info } = record;
    const answer = answerSummary(record);
    const message: DoubleMessage = {
      id: newID("msg"),
      type: "compaction",
      status: "running",
      reason: "manual",
      summary: "",
      recent: "",
      model: info.model,
      cost: 0,
      tokens: { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } },
      time: { created: Date.now() },
    };
    record.messages.push(message);
    this.hub.say(record, "session.compaction.started", {
      reason: "manual",
      recent: "",
      inputID: item.id,
    });
    try {
      for (const piece of piecesOf(answer, this.pace.size)) {
        if (piece.kind === "gate") continue;
        const { text } = piece;
        message.summary += text;
        this.hub.say(record, "session.compaction.delta", { delta: text });
        if (this.pace.delayMs > 0) await delay(this.pace.delayMs, undefined, { signal });
      }
    } catch (caught) {
      message.status = "failed";
      this.hub.say(record, "session.compaction.failed", {});
      throw caught;
    }
    const usage = usageOf(info.model, answer, { reasoning: 0, text: message.summary.length });
    Object.assign(message, usage, { status: "completed" });
    message.time.completed = Date.now();
    this.hub.say(record, "session.compaction.ended", { text: message.summary, ...usage });
    this.hub.say(record, "session.usage.recorded", { source: "compaction", ...usage });
    this.charge(record, usage);
  }

  /** Adds to the row's totals and publishes them. */
  private charge(record: SessionRecord, usage: StepUsage): void {
    const { info } = record;
    info.cost += usage.cost;
    info.tokens = addTokens(info.tokens, usage.tokens);
    const { cost, tokens } = info;
    const publishTotals = (): void => {
      this.hub.publish(
        "session.usage.updated",
        { sessionID: info.id, cost, tokens },
        info.location.directory,
      );
    };
    if (this.faults.losesTotals) return;
    if (this.faults.lateTotalsMs === 0) publishTotals();
    else setTimeout(publishTotals, this.faults.lateTotalsMs).unref();
  }
}
