/**
 * `npm run chaos [-- FILE]`: the fault suite in its long form, about half an hour; `npm test` runs a short
 * one. `OPENCODE_SESSIONS_SEED=N` repeats a run; every run prints its seed.
 */
process.env.OPENCODE_SESSIONS_CHAOS = "long";
const [, , ...files] = process.argv;
if (files.length === 0) process.argv.push("test/chaos");
if (!process.argv.includes("--per-test")) process.argv.push("--per-test");
// Its rounds take minutes.
process.env.OPENCODE_SESSIONS_TEST_PATIENCE ??= "10";
await import("./mocha.mjs");
