import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "mocha";
import type { Locator, Page } from "playwright-core";

import { NO_TOKENS, NO_USAGE, totalTokens } from "../../src/core/usage/usage.ts";
import type { FromPage, ToUsage } from "../../src/protocol/page.ts";
import { formatCount } from "../../src/viewModels/text/format.ts";
import type { UsageModel } from "../../src/viewModels/usage/usage.ts";
import { HIT_RATE_FORMULA, SAVINGS_FORMULA } from "../../src/viewModels/usage/usageCache.ts";
import { formatCost } from "../../src/viewModels/text/money.ts";
import {
  usageModelOf,
  usagePageOf,
  usageSnapshotOf,
  usageTable,
} from "../support/seed/usageScenarios.ts";
import {
  startWebviewHarness,
  type WebviewHarness,
  type WebviewInBrowser,
} from "../support/vscode/webviewHarness.ts";
import { untilCount } from "../support/vscode/untilCount.ts";

type View = WebviewInBrowser<ToUsage>;

const CHARTS: readonly string[] = [
  "trend",
  "byModel",
  "byProject",
  "byAgent",
  "byPlace",
  "calendar",
  "expensive",
  "byOrigin",
  "cache",
  "composition",
  "comparison",
];

/** The built usage pages without their extension, under the content policy of the real pages. */
describe("usage webview", () => {
  let harness: WebviewHarness;
  let view: View | undefined;
  const snapshot = usageSnapshotOf();
  const chosen = { compareA: "ses_2_0", compareB: "ses_3_0", composition: "ses_2_0" };
  const normal = usageModelOf(chosen, snapshot);

  before(async () => {
    harness = await startWebviewHarness();
  });

  after(() => harness.stop());

  afterEach(async () => {
    const problems = view?.problems ?? [];
    await view?.close();
    view = undefined;
    assert.deepEqual(problems, [], "the page complained");
  });

  async function show(
    model: UsageModel,
    page: "usagePanel" | "usageView" = "usagePanel",
    options: Parameters<WebviewHarness["openUsage"]>[1] = {},
  ): Promise<View> {
    view = await harness.openUsage(page, options);
    await view.send(snapshotOf(model, page === "usageView" ? "view" : "panel"));
    return view;
  }

  it("draws every chart, and the same figures in the table of each", async () => {
    const { page } = await show(normal);
    for (const id of CHARTS) {
      assert.ok((await paintedPixels(page, id)) > 500, `${id} is blank`);
      await button(page, id, "Table").click();
      await drawn(page);
      const table = usageTable(normal, id);
      const shown = table.columns.flatMap(({ title }, at) => (title === undefined ? [] : [at]));
      const rows = page.locator(`[data-chart=${id}] vscode-data-grid-row:not(.grid-header)`);
      const wanted = [...(table.sum === undefined ? [] : [table.sum]), ...table.rows];
      await untilCount(rows, wanted.length, id);
      for (const [at, row] of wanted.entries()) {
        if (at > 3) break;
        const cells = await rows.nth(at).locator("vscode-data-grid-cell").allTextContents();
        assert.deepEqual(
          cells,
          shown.map((column) => row.cells[column]?.text ?? ""),
          id,
        );
      }
      assert.equal(await page.locator(`[data-chart=${id}] canvas`).isVisible(), false);
      await button(page, id, "Chart").click();
      await drawn(page);
    }
  });

  it("shows the four periods at the top, each cost with its state, and what was also spent", async () => {
    const opened = await show(normal);
    const { page } = opened;
    for (const { range, sum } of normal.periods) {
      const tile = page.locator(`[data-tile=${range}]`);
      assert.equal(await tile.locator(".tile-value").textContent(), formatCost(sum.spent));
      const isForgotten = totalTokens(sum.alsoSpent.tokens) > 0;
      assert.equal(await tile.locator(".tile-gone").isVisible(), isForgotten, range);
    }
    assert.match((await page.locator("[data-tile=all] .tile-value").textContent()) ?? "", /^≥ /);
    await page.locator("[data-tile=week]").click();
    assert.deepEqual(await lastSaid(opened), {
      type: "choose",
      change: { kind: "range", range: "week" },
    });
  });

  it("ends and begins no line of its facts with a separator, however they wrap", async () => {
    const { page } = await show(normal);
    const lines = new Set<number>();
    for (const width of [1200, 800, 600, 420]) {
      await page.setViewportSize({ width, height: 700 });
      const { left, facts } = await page.locator(".page-header").evaluate((header) => ({
        left: header.querySelector("h1")!.getBoundingClientRect().left,
        facts: Array.from(header.querySelectorAll(".fact > *"), (fact) => {
          const box = fact.getBoundingClientRect();
          return { top: Math.round(box.top), left: box.left, text: fact.textContent };
        }),
      }));
      for (const { text } of facts) assert.doesNotMatch(text, /·/);
      // The separator before the first fact of a line is left of everything else, where it is clipped.
      const first = facts.filter(({ top }, at) => top !== facts[at - 1]?.top);
      for (const fact of first) assert.ok(Math.abs(fact.left - left) < 1, fact.text);
      lines.add(first.length);
    }
    assert.ok(lines.size > 1, "they never wrapped");
  });

  it("requests the user's choices: measure, unit, stack", async () => {
    const opened = await show(normal);
    await opened.page.locator("[data-measure=tokens]").click();
    assert.deepEqual(await lastSaid(opened), {
      type: "choose",
      change: { kind: "measure", measure: "tokens" },
    });
    for (const [label, option, change] of [
      ["Time per bar", "By week", { kind: "unit", unit: "week" }],
      ["Stack bars by", "Models", { kind: "stack", stack: "model" }],
    ] as const) {
      await opened.page.locator(`vscode-dropdown[aria-label="${label}"]`).click();
      await opened.page.locator("vscode-option:visible", { hasText: option }).click();
      assert.deepEqual(await lastSaid(opened), { type: "choose", change });
    }
    // A snapshot from before the choice must not be treated as another choice.
    const said = (await opened.sentMessages()).length;
    await opened.send(snapshotOf(normal));
    await drawn(opened.page);
    assert.equal((await opened.sentMessages()).length, said);
  });

  it("shows the sessions behind a clicked bar, cell, row or budget", async () => {
    const opened = await show(normal);
    const { page } = opened;
    const last = normal.trend.buckets.at(-1)!;
    await clickAt(page.locator("[data-chart=trend] canvas"), 0.985, 0.5);
    assert.deepEqual(drillOfLast(await lastSaid(opened)), last.drill.title);
    await clickAt(page.locator("[data-chart=byModel] canvas"), 0.5, 0.12);
    assert.equal(drillOfLast(await lastSaid(opened)), normal.groups[0]!.groups[0]!.label);
    await page.locator("[data-chart=calendar] canvas").scrollIntoViewIfNeeded();
    await page.locator("[data-chart=calendar] canvas").click({ position: { x: 50, y: 30 } });
    assert.match(drillOfLast(await lastSaid(opened)) ?? "", /^Mon \d+ Nov 2025$/);
    await button(page, "byAgent", "Table").click();
    await page.locator("[data-chart=byAgent] button.link", { hasText: "explore" }).click();
    assert.equal(drillOfLast(await lastSaid(opened)), "explore");
    await page.locator(".budget").first().click();
    assert.equal(drillOfLast(await lastSaid(opened)), "Today");
  });

  it("lists those sessions below what was clicked, opens one, and compares one", async () => {
    const opened = await show(normal);
    const { page } = opened;
    const { drill } = normal.trend.buckets.at(-2)!;
    const model = usageModelOf({ ...chosen, drill }, snapshot);
    await opened.send(snapshotOf(model));
    const list = page.locator("[data-chart=sessions]");
    assert.equal(
      await list.evaluate((card) => card.previousElementSibling?.getAttribute("data-chart")),
      "trend",
    );
    assert.equal(await page.evaluate(() => document.activeElement?.id), "card-sessions");
    const sums = await list.locator(".sum-row vscode-data-grid-cell").allTextContents();
    assert.ok(sums.includes(formatCount(totalTokens(model.drilled!.sum.spent.tokens))));
    const [first] = model.drilled!.sessions;
    const row = list.locator("vscode-data-grid-row").nth(2);
    await row.locator("button.link").first().click();
    assert.deepEqual(await lastSaid(opened), {
      type: "openSession",
      sessionID: first!.session.sessionID,
    });
    await row.locator("button.link", { hasText: "Compare" }).click();
    assert.deepEqual(await lastSaid(opened), {
      type: "choose",
      change: { kind: "session", slot: "compareB", sessionID: first!.session.sessionID },
    });
    await list.locator("vscode-button", { hasText: "Close" }).click();
    assert.deepEqual(await lastSaid(opened), {
      type: "choose",
      change: { kind: "drill", drill: undefined },
    });
  });

  it("offers no way into a session that no server has any more", async () => {
    const groups = normal.groups.find(({ dimension }) => dimension === "project")!.groups;
    const drill = { ...groups[0]!.drill, treeID: "ses_12_0", projectKey: undefined };
    const { page } = await show(usageModelOf({ drill }, snapshot));
    const row = page.locator("[data-chart=sessions] vscode-data-grid-row", {
      hasText: "(deleted)",
    });
    await row.first().waitFor();
    assert.deepEqual(await row.first().locator("button.link").allTextContents(), ["Compare"]);
  });

  it("can be read with the keyboard only, down to the sessions", async () => {
    const opened = await show(normal);
    const { page } = opened;
    const canvas = page.locator("[data-chart=trend] canvas");
    await canvas.focus();
    assert.match((await canvas.getAttribute("aria-label")) ?? "", /^Cost by day, 30 days/);
    await page.keyboard.press("End");
    const spoken = page.locator("[data-chart=trend] [aria-live]");
    const last = normal.trend.buckets.at(-1)!;
    assert.ok((await spoken.textContent())?.startsWith(`${last.title}, Recorded $`));
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("Enter");
    assert.equal(drillOfLast(await lastSaid(opened)), normal.trend.buckets.at(-2)!.drill.title);
    const calendar = page.locator("[data-chart=calendar] canvas");
    await calendar.focus();
    await page.keyboard.press("End");
    await page.keyboard.press("ArrowLeft");
    const { days } = normal.heat;
    const weekBefore = days.at(-8)!;
    const said = page.locator("[data-chart=calendar] [aria-live]");
    assert.ok((await said.textContent())?.startsWith(weekBefore.title));
    await page.keyboard.press("Enter");
    assert.equal(drillOfLast(await lastSaid(opened)), weekBefore.drill.title);
  });

  it("names the day with the most tokens of all kinds", async () => {
    const model = usageModelOf({ ...chosen, measure: "tokens" }, snapshot);
    const kinds = [
      { ...NO_TOKENS, input: 900, output: 90 },
      { ...NO_TOKENS, input: 10, reasoning: 500, cache: { read: 0, write: 500 } },
    ];
    const days = model.heat.days.map((day, at) => {
      const tokens = kinds[at - 20];
      const usage = { ...NO_USAGE, tokens: tokens ?? NO_TOKENS };
      return { ...day, usage, level: tokens === undefined ? 0 : 1 };
    });
    const { page } = await show({ ...model, heat: { ...model.heat, days } });
    const label = await page.locator("[data-chart=calendar] canvas").getAttribute("aria-label");
    assert.match(label ?? "", new RegExp(`2 days with usage, most on ${days[21]!.title}: `));
  });

  it("states the formulas, marks estimates, and shows an unknown price as unknown", async () => {
    const { page } = await show(normal);
    const cache = (await page.locator("[data-chart=cache]").textContent()) ?? "";
    assert.ok(cache.includes(HIT_RATE_FORMULA) && cache.includes(SAVINGS_FORMULA));
    const composition = await page.locator("[data-chart=composition]").textContent();
    assert.match(composition ?? "", /\(estimate\).*~22k.*Estimate: four characters of text count/s);
    await button(page, "byModel", "Table").click();
    const row = page.locator("[data-chart=byModel] vscode-data-grid-row", { hasText: "qwen3" });
    assert.equal(await row.locator("vscode-data-grid-cell").nth(1).textContent(), "–");
  });

  it("shows budgets as bars with used, limit and percent, and forecasts if enough is known", async () => {
    const { page } = await show(normal);
    const bars = page.locator("[data-chart=budgets] .budget");
    await untilCount(bars, normal.budgets.length);
    const meter = bars.first().locator("[role=meter]");
    const daily = normal.budgets[0]!;
    assert.equal(await meter.getAttribute("aria-valuenow"), String(Math.round(daily.percent)));
    assert.match((await bars.first().textContent()) ?? "", /of \$4\.00 · \d+%/);
    await untilCount(page.locator(".forecast li"), 4);
    const lines = await page.locator(".forecast li").allTextContents();
    assert.equal(lines.at(-1), "Projected from the last 28 days");
    const quiet = usageModelOf({}, usageSnapshotOf({ rate: undefined }));
    await view!.send(snapshotOf(quiet));
    await untilCount(page.locator(".forecast li"), 3);
  });

  it("shows the progress of a fill, allows stopping it, and shows problems", async () => {
    const opened = await show(
      usageModelOf(
        {},
        usageSnapshotOf({
          fill: { name: "Laptop", progress: { sessions: 25, allSessions: 100, rows: 1234 } },
          problems: [{ severity: "warning", message: "A file was set aside" }],
        }),
      ),
    );
    const { page } = opened;
    const notice = page.locator("[data-notice=fill]");
    assert.match((await notice.textContent()) ?? "", /Laptop: 25 of 100 sessions, 1,234 answers/);
    assert.equal(await notice.locator("[role=progressbar]").getAttribute("aria-valuenow"), "25");
    assert.equal(await page.locator(".notice.warning").textContent(), "A file was set aside");
    await notice.locator("vscode-button").click();
    assert.deepEqual(await lastSaid(opened), { type: "cancelFill" });
    await opened.send(snapshotOf(normal));
    assert.equal(await notice.isVisible(), false);
    assert.equal(await page.locator(".notice.warning").count(), 0);
  });

  it("shows why it is waiting, and says when there is no data yet", async () => {
    view = await harness.openUsage("usagePanel");
    await view.send({
      type: "waiting",
      message: "The ledger cannot be opened: full",
      isOver: true,
    });
    assert.match((await view.page.locator(".waiting").textContent()) ?? "", /cannot be opened/);
    assert.equal(await view.page.locator(".waiting vscode-progress-ring").isVisible(), false);
    const empty = usageModelOf(
      {},
      { ...snapshot, table: (await import("../support/seed/ledger.ts")).aTable({}) },
    );
    await view.send(snapshotOf(empty));
    assert.match(
      (await view.page.locator("main .empty").first().textContent()) ?? "",
      /No usage has been recorded yet/,
    );
  });

  it("saves sharp pictures and requests the files of each card", async () => {
    const opened = await show(normal);
    const { page } = opened;
    for (const id of ["trend", "calendar", "byOrigin"] as const) {
      await button(page, id, "PNG").click();
      const message = await lastSaid(opened);
      assert.ok(message?.type === "savePicture" && message.card === id);
      const width = await page.evaluate(async (dataURL) => {
        const image = new Image();
        image.src = dataURL;
        await image.decode();
        return image.width;
      }, message.dataURL);
      const canvas = page.locator(`[data-chart=${id}] canvas`);
      const box = (await canvas.boundingBox())!;
      assert.ok(width > box.width * 1.9, `${id} is ${String(width)} wide`);
    }
    await button(page, "cache", "CSV").click();
    assert.deepEqual(await lastSaid(opened), { type: "export", format: "csv", table: "cache" });
    await page.locator("vscode-button", { hasText: "Copy JSON" }).click();
    assert.deepEqual(await lastSaid(opened), { type: "copy", format: "json", table: "trend" });
  });

  it("keeps tables, hidden series and choices across a reload", async () => {
    const opened = await show(normal);
    const before = await paintedPixels(opened.page, "trend");
    await opened.page.locator("button[data-series=recorded]").click();
    await drawn(opened.page);
    assert.notEqual(await paintedPixels(opened.page, "trend"), before);
    await button(opened.page, "byAgent", "Table").click();
    const kept = (await opened.savedState()) as object;
    await opened.close();
    const again = await show(normal, "usagePanel", { savedState: kept });
    const [ready] = await again.sentMessages();
    assert.ok(ready?.type === "ready");
    assert.deepEqual({ ...normal.choices, ...ready.choices }, normal.choices);
    assert.equal(ready.choices?.compareA, "ses_2_0");
    const toggle = again.page.locator("button[data-series=recorded]");
    assert.equal(await toggle.getAttribute("aria-pressed"), "false");
    await again.page.locator("[data-chart=byAgent] vscode-data-grid").waitFor();
  });

  it("is compact in the side bar, and leads to the panel", async () => {
    const brief = usageModelOf({}, snapshot, { page: "view" });
    const opened = await show(brief, "usageView", { width: 280 });
    const { page } = opened;
    assert.ok((await paintedPixels(page, "trend")) > 500);
    const isWide = await page.evaluate(
      () => document.documentElement.scrollWidth > document.documentElement.clientWidth,
    );
    assert.equal(isWide, false, "it scrolls sideways");
    await clickAt(page.locator("[data-chart=trend] canvas"), 0.95, 0.5);
    const last = await lastSaid(opened);
    assert.ok(last?.type === "openPanel");
    assert.equal(last.drill?.title, normal.trend.buckets.at(-1)!.title);
    await page.locator(".name-row").last().click();
    assert.deepEqual(await lastSaid(opened), {
      type: "openSession",
      sessionID: normal.expensive[2]!.session.sessionID,
    });
    await page.locator("vscode-button", { hasText: "Open Usage" }).click();
    assert.equal((await lastSaid(opened))?.type, "openPanel");
  });

  for (const theme of ["light", "highContrast"] as const) {
    it(`adopts the theme ${theme} while it is open`, async () => {
      const opened = await show(normal);
      const { colours } = await samplePixels(opened.page, "calendar");
      await opened.setTheme(theme);
      await drawn(opened.page);
      await drawn(opened.page);
      assert.notDeepEqual((await samplePixels(opened.page, "calendar")).colours, colours);
      for (const id of CHARTS) assert.ok((await paintedPixels(opened.page, id)) > 500, id);
    });
  }
});

function snapshotOf(model: UsageModel, page: "view" | "panel" = "panel"): ToUsage {
  return { type: "snapshot", model: usagePageOf(model, page) };
}

function button(page: Page, id: string, label: string): Locator {
  return page.locator(`[data-chart=${id}] .card-header vscode-button`, { hasText: label });
}

async function lastSaid(view: View): Promise<FromPage | undefined> {
  return (await view.sentMessages()).at(-1);
}

function drillOfLast(message: FromPage | undefined): string | undefined {
  return message?.type === "choose" && message.change.kind === "drill"
    ? message.change.drill?.title
    : undefined;
}

async function clickAt(canvas: Locator, x: number, y: number): Promise<void> {
  await canvas.scrollIntoViewIfNeeded();
  const box = (await canvas.boundingBox())!;
  await canvas.click({ position: { x: box.width * x, y: box.height * y } });
}

async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
}

/** How much of a chart is painted, and its four most frequent colours. Samples every fourth pixel. */
async function samplePixels(
  page: Page,
  id: string,
): Promise<{ readonly painted: number; readonly colours: readonly number[] }> {
  return page.locator(`[data-chart=${id}] canvas`).evaluate((element) => {
    const canvas = element as HTMLCanvasElement;
    // A copy, because reading the canvas itself would slow its drawing.
    const copy = document.createElement("canvas");
    copy.width = canvas.width;
    copy.height = canvas.height;
    const context = copy.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const pixels = new Uint32Array(data.buffer);
    const counts = new Map<number, number>();
    let painted = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      const colour = pixels[at] ?? 0;
      if (colour !== 0) painted += 4;
      counts.set(colour, (counts.get(colour) ?? 0) + 1);
    }
    const colours = [...counts].sort(([, a], [, b]) => b - a).slice(0, 4);
    return { painted, colours: colours.map(([colour]) => colour) };
  });
}

async function paintedPixels(page: Page, id: string): Promise<number> {
  return (await samplePixels(page, id)).painted;
}
