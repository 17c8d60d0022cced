/**
 * `npm run bench [-- --only P1,P3] [--json FILE]`: each line shows ours, the floor or peer, and the ratio,
 * measured in turn in one run. Nothing here passes or fails.
 */
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { activationBenchmark } from "./activation.ts";
import { clusterBenchmark } from "./cluster.ts";
import { connectBenchmark } from "./connect.ts";
import { latencyBenchmark } from "./latency.ts";
import { ledgerBenchmark } from "./ledger.ts";
import { type Benchmark, type Metric, shortNumber } from "./measure.ts";
import { screenBenchmark } from "./screen.ts";
import { stopSeededServer } from "./seededServer.ts";
import { streamBenchmark } from "./stream.ts";

const benchmarks: readonly Benchmark[] = [
  connectBenchmark,
  streamBenchmark,
  latencyBenchmark,
  activationBenchmark,
  screenBenchmark,
  ledgerBenchmark,
  clusterBenchmark,
];

const { values } = parseArgs({
  options: { only: { type: "string" }, json: { type: "string" } },
});
const only = values.only?.split(",").map((id) => id.trim().toUpperCase());

const metrics: Metric[] = [];
for (const benchmark of benchmarks) {
  const ids = benchmark.id.split("+");
  if (only !== undefined && !ids.some((id) => only.includes(id))) continue;
  process.stderr.write(`${benchmark.id} …\n`);
  metrics.push(...(await benchmark.run()));
}

await stopSeededServer();

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
process.exit(0);
