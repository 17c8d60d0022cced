/**
 * `npm run bench [-- --only P1,P3] [--json FILE]`: each line shows ours, the floor or peer, and the ratio,
 * measured alternately in one run. Nothing here passes or fails.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { activationBenchmark } from "./activation.ts";
import { clusterBenchmark } from "./cluster.ts";
import { connectBenchmark } from "./connect.ts";
import { conversationBenchmark } from "./conversation.ts";
import { heldHostBenchmark } from "./heldHost.ts";
import { keptTreeBenchmark } from "./keptTree.ts";
import { latencyBenchmark } from "./latency.ts";
import { ledgerBenchmark } from "./ledger.ts";
import { growthBenchmark, idleBenchmark, manyServersBenchmark } from "./load.ts";
import { type Benchmark, type Metric, shortNumber } from "./measure.ts";
import { memoryBenchmark } from "./memory.ts";
import { panelBenchmark } from "./panel.ts";
import { screenBenchmark } from "./screen.ts";
import { stopSeededServer } from "./seededServer.ts";
import { streamBenchmark } from "./stream.ts";

const benchmarks: readonly Benchmark[] = [
  connectBenchmark,
  streamBenchmark,
  latencyBenchmark,
  activationBenchmark,
  screenBenchmark,
  heldHostBenchmark,
  panelBenchmark,
  conversationBenchmark,
  ledgerBenchmark,
  clusterBenchmark,
  keptTreeBenchmark,
  growthBenchmark,
  manyServersBenchmark,
  idleBenchmark,
  memoryBenchmark,
];

const { values } = parseArgs({
  options: { only: { type: "string" }, json: { type: "string" } },
});
const only = values.only?.split(",").map((id) => id.trim().toUpperCase());

const metrics: Metric[] = [];
const failures: string[] = [];
for (const benchmark of benchmarks) {
  const ids = benchmark.id.split("+");
  if (only !== undefined && !ids.some((id) => only.includes(id))) continue;
  process.stderr.write(`${benchmark.id} …\n`);
  try {
    metrics.push(...(await benchmark.run()));
  } catch (error) {
    // The others are still measured; the exit code reports that one is missing.
    failures.push(`${benchmark.id}: ${error instanceof Error ? error.message : String(error)}`);
    process.stderr.write(`${benchmark.id} failed: ${failures.at(-1) ?? ""}\n`);
  }
}

// If it could not be started, its benchmarks have already failed.
await stopSeededServer().catch(() => undefined);

const header = ["", "what", "ours", "floor", "ratio", "unit", "goal", "spread (ours / floor)"];
const rows = metrics.map((metric) => [
  metric.id,
  metric.name,
  shortNumber(metric.ours),
  metric.floor === undefined ? "–" : shortNumber(metric.floor),
  metric.ratio === undefined ? "–" : metric.ratio.toFixed(2),
  metric.unit,
  metric.goal,
  metric.spread,
]);
const widths = header.map((title, column) =>
  Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
);
for (const row of [header, ...rows]) {
  process.stdout.write(
    `${row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd()}\n`,
  );
}
for (const metric of metrics) {
  if (metric.note !== "") process.stdout.write(`${metric.id}: ${metric.note}\n`);
}

if (values.json !== undefined) {
  const report = Object.fromEntries(
    metrics.map((metric) => [
      metric.id,
      { ours: metric.ours, floor: metric.floor, ratio: metric.ratio, unit: metric.unit },
    ]),
  );
  writeFileSync(values.json, `${JSON.stringify({ metrics: report }, null, 2)}\n`);
}
for (const failure of failures) process.stdout.write(`failed: ${failure}\n`);
process.exit(failures.length > 0 ? 1 : 0);
