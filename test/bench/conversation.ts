import { ConversationFeed } from "../../src/viewModels/conversation/conversation.ts";
import { aServer, aSession, stateWith } from "../support/seed/builders.ts";
import { anAnswer, aPrompt } from "../support/seed/messages.ts";
import { hostConversation } from "../support/vscode/conversationHost.ts";
import { startWebviewHarness } from "../support/vscode/webviewHarness.ts";
import { type Benchmark, median, type Metric, shortNumber } from "./measure.ts";

const MESSAGES = 5000;
const DELTAS = 400;
const ref = { serverID: "http://127.0.0.1:4096", sessionID: "ses_1" };
const WORDS =
  "The **cache** keeps `values`, as [the docs](https://example.com) say.\n\n- one\n- two\n\n```ts\nconst a = 1;\nreturn a;\n```\n\n";

/**
 * P15: the time a page's script takes for a piece of an answer streaming at the end of 5,000 messages,
 * including forced layout, alternating with setting the same text as plain text in an element of the same page.
 */
export const conversationBenchmark: Benchmark = {
  id: "P15",
  async run(): Promise<readonly Metric[]> {
    const messages = Array.from({ length: MESSAGES / 2 }, (_, at) => [
      aPrompt(`p${at}`, `Prompt ${at}`),
      anAnswer(`a${at}`, WORDS.repeat(1 + (at % 5))),
    ]).flat();
    const state = stateWith(aServer({ sessions: [aSession({ id: ref.sessionID })] }));
    const harness = await startWebviewHarness();
    try {
      const view = await harness.open({ tab: "conversation" });
      const host = await hostConversation(view, state, ref, Date.now());
      const answer = anAnswer("streaming", WORDS, { completedMs: undefined });
      await host.serve([...messages, answer]);
      const update = new ConversationFeed().update(state, ref, [answer]);
      const [message] = update?.messages ?? [];
      if (update === undefined || message === undefined) throw new Error("nothing streams");
      const { revertedID, opening, activity } = update;
      const text = WORDS.repeat(40);
      const { oursMs: ours, floorMs: floor } = await view.page.evaluate(
        ({ rest, message, whole, deltas }) => {
          const oursMs: number[] = [];
          const floorMs: number[] = [];
          const plain = document.body.appendChild(document.createElement("pre"));
          for (let at = 1; at <= deltas; at++) {
            const next = whole.slice(0, Math.ceil((whole.length * at) / deltas));
            const part = { kind: "markdown", id: "streaming-text", text: next };
            const messages = [{ ...message, parts: [part] }];
            const data = { type: "conversation", update: { ...rest, messages } };
            let startMs = performance.now();
            window.dispatchEvent(new MessageEvent("message", { data }));
            oursMs.push(performance.now() - startMs);
            startMs = performance.now();
            plain.textContent = next;
            floorMs.push(performance.now() - startMs);
          }
          return { oursMs, floorMs };
        },
        { rest: { revertedID, opening, activity }, message, whole: text, deltas: DELTAS },
      );
      if (view.problems.length > 0) throw new Error(view.problems.join("\n"));
      const p95 = percentile(ours, 95);
      return [
        {
          id: "P15",
          name: `script for a streamed delta, p95, after ${String(MESSAGES)} messages`,
          unit: "ms",
          ours: p95,
          floor: percentile(floor, 95),
          ratio: p95 / percentile(floor, 95),
          goal: "≤ 5 ms",
          spread: `median ${shortNumber(median(ours))}, most ${shortNumber(Math.max(...ours))}`,
          note: `an answer that grows to ${String(text.length)} characters of Markdown; the floor sets it as plain text`,
        },
      ];
    } finally {
      await harness.stop();
    }
  },
};

function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
