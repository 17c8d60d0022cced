import assert from "node:assert/strict";
import { ExactUSD, ExactUSDSums, PICODOLLARS } from "../../../src/core/usage/exactUSD.ts";
import { sumUSD } from "../../support/sumUSD.ts";

/** A reproducible generator of numbers in [0, 1). */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** The double nearest to a rational, by integer arithmetic. */
function doubleOf(picodollars: bigint): number {
  const dollars = picodollars / 1_000_000_000_000n;
  const rest = picodollars % 1_000_000_000_000n;
  return Number(`${dollars}.${rest.toString().padStart(12, "0")}`);
}

describe("sums of money", () => {
  it("are exact over a million costs, where plain addition drifts", () => {
    const random = randomOf(7);
    const pricesInMicros = [3_000_000n, 15_000_000n, 300_000n, 3_750_000n, 80_000n, 1n, 123_457n];
    const sum = new ExactUSD();
    let plain = 0;
    let truth = 0n;
    for (let at = 0; at < 1_000_000; at++) {
      const tokens = BigInt(Math.floor(random() ** 3 * 200_000));
      const price = pricesInMicros[at % pricesInMicros.length]!;
      // tokens x (micros / 1e6 USD) / 1e6 tokens: a whole number of picodollars.
      truth += tokens * price;
      const costUSD = (Number(tokens) * (Number(price) / 1e6)) / 1e6;
      sum.add(costUSD);
      plain += costUSD;
    }
    assert.equal(sum.usd, doubleOf(truth));
    assert.notEqual(plain, doubleOf(truth));
  });

  it("do not depend on order or grouping", () => {
    const random = randomOf(11);
    const amounts = Array.from({ length: 20_000 }, () => Math.round(random() * 1e9) / 1e8);
    const groups = new ExactUSDSums(3);
    for (const [at, usd] of amounts.entries()) groups.add(at % 3, usd);
    const whole = sumUSD(amounts);
    assert.equal(sumUSD([...amounts].reverse()), whole);
    assert.equal(sumUSD([...amounts].sort((a, b) => a - b)), whole);
    assert.equal(sumUSD([groups.usd(0), groups.usd(1), groups.usd(2)]), whole);
  });

  it("match the decimal worked out by hand", () => {
    assert.equal(sumUSD(Array<number>(10).fill(0.1)), 1);
    assert.equal(sumUSD([0.1, 0.2]), 0.3);
    assert.equal(sumUSD(Array<number>(1_000_000).fill(0.000_001)), 1);
    assert.equal(sumUSD([1 / PICODOLLARS, 4000]), 4000.000_000_000_001);
  });

  it("can be large", () => {
    const sum = new ExactUSD();
    for (let at = 0; at < 100_000; at++) sum.add(4_000.123_456);
    assert.equal(sum.usd, 400_012_345.6);
  });

  it("ignore values that are not amounts", () => {
    assert.equal(sumUSD([1, Number.NaN, -3, Infinity, -Infinity, -0]), 1);
  });
});
