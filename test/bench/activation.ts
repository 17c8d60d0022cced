import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { projectRoot, scratchDir } from "../support/project.mjs";
import { Workbench } from "../support/workbench.ts";
import { type Benchmark, median, type Metric } from "./measure.ts";

const ROUNDS = 7;

/** P5: what `activate()` takes in a real extension host, one start of the host a round. */
export const activationBenchmark: Benchmark = {
  id: "P5",
  async run(): Promise<readonly Metric[]> {
    const workbench = await Workbench.open({
      settings: { "opencodeSessions.localDiscovery.enabled": false },
    });
    let figures: readonly number[] = [];
    try {
      for (let round = 0; figures.length < ROUNDS; round++) {
        if (round > 0) await workbench.reload();
        const wanted = round + 1;
        for (let attempt = 0; attempt < 300 && figures.length < wanted; attempt++) {
          await delay(200);
          figures = [...workbench.readLogs().matchAll(/activated in ([\d.]+) ms/g)].map((match) =>
            Number(match[1]),
          );
        }
        if (figures.length < wanted) throw new Error("the extension did not activate");
      }
    } finally {
      await workbench.close();
    }
    return [
      {
        id: "P5",
        name: "activate() in a real extension host",
        unit: "ms",
        ours: median(figures),
        floor: undefined,
        ratio: undefined,
        goal: "≤ 15",
        spread: `${Math.min(...figures).toFixed(1)}–${Math.max(...figures).toFixed(1)}`,
        note: sizes(),
      },
    ];
  },
};

/** Sizes of what is shipped, as built last. */
function sizes(): string {
  const dist = path.join(projectRoot, "dist");
  const bundles = readdirSync(dist)
    .filter((file) => /\.(cjs|js|css)$/.test(file))
    .map((file) => `${file} ${(statSync(path.join(dist, file)).size / 1000).toFixed(1)} kB`);
  const vsix = existsSync(scratchDir)
    ? readdirSync(scratchDir)
        .filter((file) => file.endsWith(".vsix"))
        .map(
          (file) => `${file} ${(statSync(path.join(scratchDir, file)).size / 1000).toFixed(1)} kB`,
        )
    : [];
  return [...bundles, ...vsix].join(", ");
}
