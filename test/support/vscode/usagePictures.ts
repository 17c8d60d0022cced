/**
 * Takes pictures of the usage pages in a plain browser. Requires a build:
 * `node --import tsx test/support/vscode/usagePictures.ts [--themes dark,light]`.
 */
import { mkdirSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

import type { UsageModel } from "../../../src/viewModels/usage/usage.ts";
import { endAll } from "../cleanup.mjs";
import { scratchDir } from "../project.mjs";
import { usageModelOf, usagePageOf, usageSnapshotOf } from "../seed/usageScenarios.ts";
import { startWebviewHarness } from "./webviewHarness.ts";
import { WEBVIEW_THEMES, type WebviewThemeName } from "./webviewThemes.ts";

const { values } = parseArgs({ options: { themes: { type: "string", default: "dark,light" } } });
const isTheme = (name: string): name is WebviewThemeName => name in WEBVIEW_THEMES;
const folder = path.join(scratchDir, "webview");
mkdirSync(folder, { recursive: true });

const compared = { compareA: "ses_2_0", compareB: "ses_3_0", composition: "ses_2_0" };
const normal = usageModelOf(compared);
const drilled = usageModelOf({
  ...compared,
  measure: "tokens",
  stack: "model",
  drill: normal.trend.buckets.at(-2)?.drill,
});
const filling = usageModelOf(
  {},
  usageSnapshotOf({
    fill: { name: "This machine", progress: { sessions: 312, allSessions: 900, rows: 8123 } },
    problems: [
      { severity: "warning", message: "A damaged file of the usage ledger was set aside as x." },
    ],
  }),
);
const scenarios: readonly (readonly [string, UsageModel])[] = [
  ["normal", normal],
  ["drilled", drilled],
  ["filling", filling],
];

const harness = await startWebviewHarness();
try {
  for (const theme of values.themes.split(",").filter(isTheme)) {
    for (const [name, model] of scenarios) {
      const view = await harness.openUsage("usagePanel", { theme, width: 1200 });
      await view.send({ type: "snapshot", model: usagePageOf(model) });
      await view.page.mouse.move(0, 0);
      await view.page.screenshot({
        path: path.join(folder, `usage-${name}-${theme}.png`),
        fullPage: true,
      });
      if (view.problems.length > 0) console.log(name, theme, view.problems);
      await view.close();
    }
    const side = await harness.openUsage("usageView", { theme, width: 320 });
    await side.send({ type: "snapshot", model: usagePageOf(normal, "view") });
    await side.page.screenshot({
      path: path.join(folder, `usage-side-${theme}.png`),
      fullPage: true,
    });
    if (side.problems.length > 0) console.log("side", theme, side.problems);
    await side.close();
  }
} finally {
  await harness.stop();
  await endAll();
}
