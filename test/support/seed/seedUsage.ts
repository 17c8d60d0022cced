/** Sums of seeded messages; tokens are counts, `output` excludes reasoning. */
export interface SeedUsage {
  messages: number;
  input: number;
  output: number;
  reasoning: number;
  cacheRead: number;
  cacheWrite: number;
  costUSD: number;
}

export function emptyUsage(): SeedUsage {
  return {
    messages: 0,
    input: 0,
    output: 0,
    reasoning: 0,
    cacheRead: 0,
    cacheWrite: 0,
    costUSD: 0,
  };
}

export function addUsage(sum: SeedUsage, usage: SeedUsage): void {
  sum.messages += usage.messages;
  sum.input += usage.input;
  sum.output += usage.output;
  sum.reasoning += usage.reasoning;
  sum.cacheRead += usage.cacheRead;
  sum.cacheWrite += usage.cacheWrite;
  sum.costUSD += usage.costUSD;
}
