/** One line of the benchmark: ours against a floor or a peer, measured side by side. */
export interface Metric {
  readonly id: string;
  readonly name: string;
  readonly unit: string;
  readonly ours: number;
  /** Undefined where there is nothing to compare with. */
  readonly floor: number | undefined;
  readonly ratio: number | undefined;
  /** What the ratio, or ours where there is no ratio, should not exceed. */
  readonly goal: string;
  /** Smallest and largest of ours and of the floor. */
  readonly spread: string;
  readonly note: string;
}

/** One benchmark: prepares its world, measures, and takes it down again. */
export interface Benchmark {
  readonly id: string;
  run(): Promise<readonly Metric[]>;
}

/** Figures of one side over all rounds. */
export interface Rounds {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

/** Middle of an odd number of figures; mean of the two in the middle otherwise. */
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
 * Measures two things in turn, swapping who goes first, so that both see the same machine. `warmUp`
 * rounds are not counted.
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

/** A figure with a sensible number of digits. */
export function shortNumber(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

/** Makes a metric of two interleaved sides. */
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
