import { ExactUSD } from "../../src/core/usage/exactUSD.ts";

/** Sum of amounts in US dollars without accumulated rounding errors. */
export function sumUSD(amounts: Iterable<number>): number {
  const sum = new ExactUSD();
  for (const usd of amounts) sum.add(usd);
  return sum.usd;
}
