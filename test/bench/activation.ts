import { existsSync, readdirSync, statSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { projectRoot, scratchDir } from "../support/project.mjs";
import { Workbench } from "../support/vscode/workbench.ts";
import { type Benchmark, median, type Metric } from "./measure.ts";

const ROUNDS = 7;

/** P5: the time to load the extension and `activate()` in a real extension host, one host start per round. */
export const activationBenchmark: Benchmark = {
  id: "P5",
  async run(): Promise<readonly Metric[]> {
    const workbench = await Workbench.open({
      settings: { "opencodeSessions.localDiscovery.enabled": false },
    });
    const activateMs: number[] = [];
    const totalMs: number[] = [];
    try {
      for (let round = 0; round < ROUNDS; round++) {
        if (round > 0) await workbench.reload();
        const logged = await until("the extension activates", () => {
          const found = [...workbench.readLogs().matchAll(/activated in ([\d.]+) ms/g)];
          return found.length > round ? found[round]?.[1] : undefined;
        });
        activateMs.push(Number(logged));
        totalMs.push(await startupMs(workbench));
      }
    } finally {
      await workbench.close();
    }
    const metric = (about: Pick<Metric, "id" | "name" | "goal" | "note">, figures: number[]) => ({
      ...about,
      unit: "ms",
      ours: median(figures),
      floor: undefined,
      ratio: undefined,
      spread: `${Math.min(...figures).toFixed(1)}–${Math.max(...figures).toFixed(1)}`,
    });
    return [
      metric(
        { id: "P5", name: "activate() in a real extension host", goal: "≤ 25", note: sizes() },
        activateMs,
      ),
      metric(
        { id: "P5total", name: "loading the extension plus activate()", goal: "≤ 75", note: "" },
        totalMs,
      ),
    ];
  },
};

/** Loading plus `activate()`, as VS Code itself shows it among the running extensions. */
async function startupMs(workbench: Workbench): Promise<number> {
  await workbench.runCommand("Developer: Show Running Extensions");
  const row = workbench.page.locator(".runtime-extensions-editor .extension", {
    hasText: "OpenCode Sessions",
  });
  const text = await until("VS Code shows what the start took", async () => {
    const shown = (await row.count()) > 0 ? await row.first().textContent() : null;
    return /Activation: (\d+)ms/.exec(shown ?? "")?.[1];
  });
  await workbench.page.locator(".monaco-modal-editor-block .codicon-close").last().click();
  return Number(text);
}

async function until<T>(what: string, find: () => T | undefined | Promise<T | undefined>) {
  for (let attempt = 0; attempt < 300; attempt++) {
    const found = await find();
    if (found !== undefined) return found;
    await delay(200);
  }
  throw new Error(`timed out waiting until ${what}`);
}

/** Sizes of the shipped files, from the last build. */
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
