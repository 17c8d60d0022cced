import { formatPercent, formatTokens } from "../../src/viewModels/format.ts";
import { CONTEXT_KINDS, contextKindLabel } from "../../src/viewModels/sessionComposition.ts";
import { rangeLabel } from "../../src/viewModels/usageChoices.ts";
import { amountOf } from "../../src/viewModels/usageTrend.ts";
import { groupsOf } from "./groupCharts.ts";
import { amountText, emptyReason } from "./measures.ts";
import { createRingChart, type RingPart, type RingPlot } from "./ringChart.ts";
import type { UsageChartDefinition, UsageFrame, UsageLegendItem } from "./usageChart.ts";

const originPlot: RingPlot = {
  parts: (frame) => {
    const { theme, model } = frame;
    const amount = amountOf(model.choices.measure);
    // Always in one order, so that colours stay with their meaning.
    const groups = [...groupsOf(frame, "origin")].sort((a, b) => (a.key > b.key ? -1 : 1));
    const values = groups.map(({ sum }) => amount(sum.spent) + amount(sum.alsoSpent));
    return groups.map(({ key, label, drill }, at) =>
      partOf(
        { label, drill, colour: key === "child" ? theme.kinds.reasoning : theme.accent },
        values,
        at,
        (value) => amountText(value, frame),
      ),
    );
  },
  middle: (frame) => {
    const parts = originPlot.parts(frame);
    const all = parts.reduce((sum, { value }) => sum + value, 0);
    const child = parts.find(({ drill }) => drill?.origin === "child")?.value ?? 0;
    return [formatPercent(all === 0 ? 0 : (child / all) * 100), "by sub-agents"];
  },
};

/** A ring: how much was used by sessions that a task started. */
export const originChart: UsageChartDefinition = {
  id: "byOrigin",
  title: "Sub-agent share",
  columns: 2,
  text: (frame) => ({
    subtitle: rangeLabel(frame.model.choices.range),
    label: `Share of the sub-agents: ${originPlot
      .parts(frame)
      .map(({ label, text }) => `${label} ${text}`)
      .join(", ")}.`,
    empty: emptyReason(
      groupsOf(frame, "origin").map(({ sum }) => sum),
      frame,
    ),
  }),
  legend: (frame) => ringLegend(originPlot.parts(frame)),
  create: (canvas, first) => createRingChart(canvas, originPlot, first),
};

const compositionPlot: RingPlot = {
  parts: (frame) => {
    const { theme, model } = frame;
    const tokens = model.composition?.context?.tokens;
    if (tokens === undefined) return [];
    const colours = {
      system: theme.kinds.cacheRead,
      user: theme.kinds.input,
      assistant: theme.kinds.output,
      tool: theme.kinds.reasoning,
    };
    const values = CONTEXT_KINDS.map((kind) => tokens[kind]);
    return CONTEXT_KINDS.map((kind, at) =>
      partOf(
        { label: contextKindLabel(kind), drill: undefined, colour: colours[kind] },
        values,
        at,
        (value) => `~${formatTokens(value)}`,
      ),
    );
  },
  middle: ({ model }) => {
    const context = model.composition?.context;
    const texts = context === undefined ? 0 : Object.values(context.tokens).reduce(plus, 0);
    return context?.contextTokens === undefined
      ? [`~${formatTokens(texts)}`, "tokens of text"]
      : [formatTokens(context.contextTokens), "tokens in context"];
  },
};

/** A ring: what a session's context is made of. */
export const compositionChart: UsageChartDefinition = {
  id: "composition",
  title: "Context by kind (estimate)",
  columns: 3,
  text: (frame) => {
    const { composition } = frame.model;
    const list = compositionPlot.parts(frame).map(({ label, text }) => `${label} ${text}`);
    return {
      subtitle: composition?.session.title ?? "",
      label:
        composition === undefined
          ? "What a session's context is made of."
          : `Estimate of what the context of ${composition.session.title} is made of: ${list.join(", ")}.`,
      empty: emptyContext(frame),
    };
  },
  legend: (frame) => ringLegend(compositionPlot.parts(frame)),
  notes: ({ model }) => {
    const { composition } = model;
    const context = composition?.context;
    if (context === undefined) return [];
    return [
      `Session: ${composition?.session.title ?? ""}`,
      "Estimate: texts count four characters a token; what the server counted beyond them is the system prompt and the definitions of tools.",
      ...(context.isComplete ? [] : ["Older messages are still being loaded."]),
      ...(context.compactedMessages > 0
        ? [`${String(context.compactedMessages)} messages from before a compaction are not in it.`]
        : []),
    ];
  },
  create: (canvas, first) => createRingChart(canvas, compositionPlot, first),
};

function emptyContext({ model }: UsageFrame): string | undefined {
  const { composition } = model;
  if (composition === undefined) return "Choose a session to see what its context is made of";
  if (composition.context === undefined) return composition.reason ?? "Loading its messages…";
  return Object.values(composition.context.tokens).reduce(plus, 0) === 0
    ? "Nothing is in its context yet"
    : undefined;
}

function partOf(
  part: Omit<RingPart, "value" | "text">,
  values: readonly number[],
  at: number,
  format: (value: number) => string,
): RingPart {
  const all = values.reduce(plus, 0);
  const value = values[at] ?? 0;
  const share = formatPercent(all === 0 ? 0 : (value / all) * 100);
  return { ...part, value, text: `${format(value)} · ${share}` };
}

function plus(a: number, b: number): number {
  return a + b;
}

function ringLegend(parts: readonly RingPart[]): readonly UsageLegendItem[] {
  return parts.map(({ label, colour, text }) => ({ label, colour, mark: "box", value: text }));
}
