import { setTimeout as delay } from "node:timers/promises";
import { Workbench } from "../support/vscode/workbench.ts";
import { type Held, HostProbe } from "./hostProbe.ts";
import { type Benchmark, type Metric } from "./measure.ts";
import { seededServer } from "./seededServer.ts";

const SCROLLS = 60;
const OPENED = 25;

/** P10: how long our code blocks the extension host of a real VS Code whose tree has 10,000 rows. */
export const heldHostBenchmark: Benchmark = {
  id: "P10",
  async run(): Promise<readonly Metric[]> {
    const { server, summary } = await seededServer();
    const probe = await HostProbe.prepare();
    const phases: (readonly [string, Held])[] = [];
    const workbench = await Workbench.open({
      ...probe.options,
      ...(server.directories[0] === undefined ? {} : { folder: server.directories[0] }),
      settings: {
        "opencodeSessions.servers": [{ url: server.url }],
        "opencodeSessions.localDiscovery.enabled": false,
        "opencodeSessions.notifications": "off",
      },
    });
    try {
      const phase = async (name: string, act: () => Promise<void>): Promise<void> => {
        await act();
        // The effects of the act come later, because refreshes are batched.
        await delay(1_500);
        phases.push([name, await probe.lap()]);
      };
      await phase("open", async () => {
        await workbench.openSideBar();
        await workbench.view().locator("[role=treeitem]").nth(20).waitFor({ timeout: 60_000 });
      });
      await phase("scroll", () => scroll(workbench, SCROLLS));
      await phase("expand", () => expand(workbench));
      await phase("filter", () => filter(workbench));
    } finally {
      await workbench.close();
    }
    return phases.map(([name, held]) => ({
      id: "P10",
      name: `${String(summary.sessions)} sessions in a real VS Code, ${name}: longest run of our code in the extension host`,
      unit: "ms",
      ours: held.oursMs,
      floor: undefined,
      ratio: undefined,
      goal: "≤ 50",
      spread: `with waiting for a core ${held.oursByClockMs.toFixed(0)}, the host's longest of anybody ${held.anyCodeMs.toFixed(0)}`,
      note: `${name}: ${held.where}`,
    }));
  },
};

async function scroll(workbench: Workbench, times: number): Promise<void> {
  await workbench.view().hover();
  for (let index = 0; index < times; index++) {
    await workbench.page.mouse.wheel(0, index === times - 1 ? 1e6 : 1_500);
    await delay(60);
  }
  await workbench.page.mouse.wheel(0, -1e7);
  await delay(300);
}

/** Repeatedly expands every visible collapsed row: sessions, those below them, and so on. */
async function expand(workbench: Workbench): Promise<void> {
  for (let opened = 0; opened < OPENED; opened++) {
    const closed = workbench.view().locator("[role=treeitem][aria-expanded=false]");
    if ((await closed.count()) === 0) {
      await workbench.view().hover();
      await workbench.page.mouse.wheel(0, 400);
      await delay(300);
      continue;
    }
    await closed.first().locator(".monaco-tl-twistie").click();
    await delay(150);
  }
}

async function filter(workbench: Workbench): Promise<void> {
  await workbench.runCommand("OpenCode: Filter Sessions…");
  await workbench.page.locator(".quick-input-title", { hasText: "Filter Sessions" }).waitFor();
  for (const key of "the session") {
    await workbench.page.keyboard.type(key);
    await delay(120);
  }
  await delay(600);
  for (const title of ["e", "re", "no such title"]) {
    await workbench.quickInput.fill(title);
    await delay(700);
  }
  await workbench.page.keyboard.press("Escape");
}
