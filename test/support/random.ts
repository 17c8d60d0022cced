/** A reproducible source of numbers in [0, 1). */
export type Random = () => number;

/** The seed of random tests in `npm test`, always the same unless set by `OPENCODE_SESSIONS_SEED`. */
export const fixedSeed = Number(process.env["OPENCODE_SESSIONS_SEED"] ?? 20_261_123);

/** The same seed gives the same numbers. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** A random element of a non-empty list. */
export function pickOf<T>(list: readonly T[], random: Random): T {
  const value = list[Math.floor(random() * list.length)];
  if (value === undefined) throw new Error("nothing to pick from");
  return value;
}
