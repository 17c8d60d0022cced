import { t } from "../../core/language.ts";
import { shownCurrency } from "../../core/usage/currency.ts";
import { costState, totalTokens } from "../../core/usage/usage.ts";
import type { Card, Part, Plot, Ring, Series } from "../cards/card.ts";
import { formatCount, formatPercent, formatTimeOfDay, formatTokens } from "../text/format.ts";
import { formatCost } from "../text/money.ts";
import type { BreakdownModel } from "./breakdown.ts";
import {
  type Bucket,
  bucketsOf,
  MAX_DRAWN_POINTS,
  type PointRange,
  sumOfPoints,
} from "./series.ts";
import { byKind, kindLabel, sharesByKind, TOKEN_KINDS } from "./tokenKinds.ts";

/** The part of a session in view. */
export interface BreakdownExcerpt {
  readonly model: BreakdownModel;
  readonly range: PointRange;
  /** The range divided into at most as many buckets as there is room to draw. */
  readonly buckets: readonly Bucket[];
  /** Whether shares are those of the session alone or include its sub-sessions. */
  readonly scope: "own" | "tree";
}

/** The charts of a breakdown in display order. The page makes them, since only it knows the zoom. */
export function breakdownCards(sight: BreakdownExcerpt): readonly Card[] {
  const parts = partsOf(sight);
  return [
    tokensCard(sight, parts),
    sharesCard(sight),
    contextCard(sight, parts),
    costCard(sight, parts),
  ];
}

/** What is in view, in at most `roomFor` parts (within 60 to `MAX_DRAWN_POINTS`). */
export function breakdownExcerpt(
  model: BreakdownModel,
  range: PointRange,
  roomFor: number,
  scope: "own" | "tree",
): BreakdownExcerpt {
  const most = Math.min(MAX_DRAWN_POINTS, Math.max(60, roomFor));
  return { model, range, buckets: bucketsOf(model.points, range, most), scope };
}

interface BucketPart {
  readonly bucket: Bucket;
  readonly part: Omit<Part, "footer">;
  /** Added to every tooltip: running, compacted, failed. */
  readonly remarks: readonly string[];
}

function partsOf({ model, buckets }: BreakdownExcerpt): readonly BucketPart[] {
  const compacted = new Set(model.compactions.map(({ messageID }) => messageID));
  return buckets.map((bucket) => {
    const { first, last, isLive } = bucket;
    const points = model.points.slice(first, last + 1);
    const isMarked = points.some(({ messageID }) => compacted.has(messageID));
    const failed = points.filter(({ error }) => error !== undefined).length;
    const [point] = points;
    const facts = [
      first === last
        ? t`Message ${String(first + 1)}`
        : t`Messages ${String(first + 1)}–${String(last + 1)}`,
      point === undefined ? "" : formatTimeOfDay(point.createdMs),
      first === last ? (point?.agent ?? "") : "",
    ];
    return {
      bucket,
      part: {
        label: String(first + 1),
        title: facts.filter((fact) => fact !== "").join(" · "),
        isLive,
        isMarked,
      },
      remarks: [
        isLive ? t("running, counted from its text") : "",
        isMarked ? t("compacted here") : "",
        failed === 0 ? "" : points.length === 1 ? t("failed") : t`${String(failed)} failed`,
      ].filter((remark) => remark !== ""),
    };
  });
}

/** A plot over the messages; `footer` is the end of a bucket's tooltip. */
function plotOf(
  parts: readonly BucketPart[],
  footer: (bucket: Bucket) => string,
  plot: Pick<Plot, "layout" | "unit" | "series" | "canHide">,
): Plot {
  return {
    kind: "plot",
    isZoomable: true,
    ...plot,
    parts: parts.map(({ bucket, part, remarks }) => ({
      ...part,
      footer: [footer(bucket), ...remarks].filter((line) => line !== "").join("\n"),
    })),
  };
}

/** The default end of a tooltip: all tokens and their cost. */
function usageFooter({ usage, isLive }: Bucket): string {
  const tokens = t`Total  ${isLive ? "~" : ""}${formatTokens(totalTokens(usage.tokens))}`;
  return isLive ? tokens : `${tokens} · ${formatCost(usage)}`;
}

/** Stacked bars: what each answer was billed for, by kind. */
function tokensCard(
  { model, range, buckets }: BreakdownExcerpt,
  parts: readonly BucketPart[],
): Card {
  const [first] = buckets;
  const perBar = first === undefined ? 1 : first.last - first.first + 1;
  const sum = totalTokens(sumOfPoints(model.points, range).tokens);
  const count = range.to - range.from;
  return {
    id: "tokens",
    title: t("Tokens per message"),
    subtitle: perBar > 1 ? t`${String(perBar)} messages per bar` : t("Billed, by kind"),
    columns: 4,
    label: t`Tokens per message, stacked by kind: ${formatTokens(sum)} tokens in ${formatCount(count)} messages.`,
    empty: count === 0 ? t("No answers yet") : undefined,
    drawing: plotOf(parts, usageFooter, {
      layout: "stacked",
      unit: "tokens",
      canHide: true,
      series: TOKEN_KINDS.map((kind) => ({
        key: kind,
        label: kindLabel(kind),
        colour: kind,
        values: buckets.map(({ usage }) => byKind(usage.tokens)[kind]),
      })),
    }),
  };
}

/** A ring: how the tokens divide into kinds, for the session alone or for its tree. */
function sharesCard({ model, scope }: BreakdownExcerpt): Card {
  const { usage, isEstimate } = scope === "tree" ? model.tree : model.own;
  const figures = byKind(usage.tokens);
  const shares = sharesByKind(figures);
  const total = totalTokens(usage.tokens);
  const list = TOKEN_KINDS.map((kind) => `${kindLabel(kind)} ${formatPercent(shares[kind])}`);
  const ring: Ring = {
    kind: "ring",
    parts: TOKEN_KINDS.map((kind) => ({
      label: kindLabel(kind),
      colour: kind,
      value: figures[kind],
      text: `${formatTokens(figures[kind])} · ${formatPercent(shares[kind])}`,
      exact: `${kindLabel(kind)}  ${formatCount(figures[kind])} · ${formatPercent(shares[kind])}`,
    })),
    middle: [`${isEstimate ? "~" : ""}${formatTokens(total)}`, t("tokens")],
  };
  return {
    id: "shares",
    title: t("Shares by kind"),
    subtitle: "",
    columns: 2,
    label: t`Shares of the five kinds of tokens: ${list.join(", ")}.`,
    empty: total === 0 ? t("Nothing has been billed yet") : undefined,
    drawing: ring,
  };
}

/** How full the context was after each answer, against the model's window. */
function contextCard(
  { model, range, buckets }: BreakdownExcerpt,
  parts: readonly BucketPart[],
): Card {
  const known = buckets.flatMap(({ contextTokens }) => contextTokens ?? []);
  const peak = Math.max(0, ...known);
  const shown = new Set(model.points.slice(range.from, range.to).map(({ messageID }) => messageID));
  const count = model.compactions.filter(({ messageID }) => shown.has(messageID)).length;
  const times = count === 1 ? t("once") : t`${formatCount(count)} times`;
  const marks = count === 0 ? "" : t`, compacted ${times}`;
  const limit = buckets.findLast(({ contextLimit }) => contextLimit !== undefined)?.contextLimit;
  const series: readonly Series[] = [
    {
      key: "context",
      label: t("Context"),
      type: "area",
      colour: "accent",
      values: buckets.map(({ contextTokens }) => contextTokens ?? null),
    },
    ...(limit === undefined
      ? []
      : [
          {
            key: "limit",
            label: t("Limit"),
            type: "limit",
            colour: "danger",
            values: limits(buckets),
            figure: formatTokens(limit),
          } as const,
        ]),
  ];
  return {
    id: "context",
    title: t("Context use"),
    subtitle: known.length === 0 ? "" : t`Peak ${formatTokens(peak)}${marks}`,
    columns: 3,
    label: t`Context tokens after each message: peak ${formatTokens(peak)}${marks}.`,
    empty: known.length === 0 ? t("Available after the first finished answer") : undefined,
    drawing: plotOf(parts, shareOfLimit, { layout: "overlaid", unit: "tokens", series }),
  };
}

/** The limit is drawn from edge to edge, even where a message failed and names no model. */
function limits(buckets: readonly Bucket[]): readonly (number | null)[] {
  const values = buckets.map(({ contextLimit }) => contextLimit ?? null);
  const first = values.findIndex((value) => value !== null);
  for (let index = 0; index < values.length; index++) {
    values[index] ??= (index < first ? values[first] : values[index - 1]) ?? null;
  }
  return values;
}

function shareOfLimit({ contextTokens, contextLimit, first, last }: Bucket): string {
  if (contextTokens === undefined || contextLimit === undefined) return "";
  const share = formatPercent((contextTokens / contextLimit) * 100);
  return first === last ? t`${share} of the limit` : t`peak ${share} of the limit`;
}

/** What the session has cost up to each answer; recorded and estimated sums are kept separate. */
function costCard({ model, range, buckets }: BreakdownExcerpt, parts: readonly BucketPart[]): Card {
  const upToHere = sumOfPoints(model.points, { from: 0, to: range.to });
  const state = costState(upToHere);
  const unpriced = t`${formatCount(upToHere.unpricedTokens)} tokens have no known price`;
  const subtitle =
    state === "partial" ? `${formatCost(upToHere)}, ${unpriced}` : formatCost(upToHere);
  const { recordedUSD, estimatedUSD } = model.sum;
  return {
    id: "cost",
    title: t("Cumulative cost"),
    subtitle: state === "unpriced" ? "" : subtitle,
    columns: 3,
    label: t`Cost added up over the messages: ${subtitle}.`,
    empty:
      model.points.length === 0
        ? t("No answers yet")
        : state === "unpriced"
          ? t("No price is known for the models of this session")
          : totalTokens(upToHere.tokens) === 0
            ? t("Nothing has been billed yet")
            : undefined,
    drawing: plotOf(parts, (bucket) => t`This message: ${usageFooter(bucket)}`, {
      layout: "stacked",
      unit: shownCurrency(),
      series: [
        ...(recordedUSD === 0 && estimatedUSD > 0
          ? []
          : [
              {
                key: "recorded",
                label: t("Recorded"),
                type: "area",
                colour: "output",
                values: buckets.map(({ cumulative }) => cumulative.recordedUSD),
              } as const,
            ]),
        ...(estimatedUSD === 0
          ? []
          : [
              {
                key: "estimated",
                label: t("Estimated from list prices"),
                type: "area",
                colour: "warning",
                values: buckets.map(({ cumulative }) => cumulative.estimatedUSD),
              } as const,
            ]),
      ],
    }),
  };
}
