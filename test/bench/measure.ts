/** One line of the benchmark: ours against a floor or a peer, measured side by side. */
export interface Metric {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** Undefined if there is nothing to compare with. */
  readonly floor: number | undefined;
  readonly ratio: number | undefined;
  /** The upper limit for the ratio, or for ours if there is no ratio. */
  readonly goal: string;
  /** The smallest and largest figures of ours and of the floor. */
  readonly spread: string;
  readonly note: string;
}

/** One benchmark: prepares its world, measures, and takes it down again. */
export interface Benchmark {
  readonly id: string;
  run(): Promise<readonly Metric[]>;
}

/** One side's figures across all rounds. */
export interface Rounds {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** The middle figure, or the mean of the two in the middle if their number is even. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2;
}

/** The value below which a share (0..1) of the figures lies. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const index = Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1);
  return sorted[Math.max(0, index)] ?? Number.NaN;
}

function summarise(values: readonly number[]): Rounds {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * Measures two things alternately, swapping who goes first, so that both see the same machine conditions.
 * `warmUp` rounds are not counted.
 */
export async function interleave(
  rounds: number,
  warmUp: number,
  ours: () => Promise<number>,
  floor: () => Promise<number>,
): Promise<{ readonly ours: Rounds; readonly floor: Rounds }> {
  const a: number[] = [];
  const b: number[] = [];
  for (let round = -warmUp; round < rounds; round++) {
    const isOursFirst = round % 2 === 0;
    const first = await (isOursFirst ? ours() : floor());
    const second = await (isOursFirst ? floor() : ours());
    if (round < 0) continue;
    a.push(isOursFirst ? first : second);
    b.push(isOursFirst ? second : first);
  }
  return { ours: summarise(a), floor: summarise(b) };
}

/** Formats a figure with a sensible number of digits. */
export function shortNumber(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Makes a metric from two interleaved sides. */
export function compared(
  about: Pick<Metric, "id" | "name" | "unit" | "goal" | "note">,
  sides: { readonly ours: Rounds; readonly floor: Rounds },
): Metric {
  const range = (side: Rounds): string => `${shortNumber(side.least)}–${shortNumber(side.most)}`;
  return {
    ...about,
    ours: sides.ours.median,
    floor: sides.floor.median,
    ratio: sides.ours.median / sides.floor.median,
    spread: `${range(sides.ours)} / ${range(sides.floor)}`,
  };
}
