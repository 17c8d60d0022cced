import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "mocha";
import type { Locator, Page } from "playwright-core";

import { totalTokens } from "../../src/core/usage/usage.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import { parseFromPage } from "../../src/protocol/parse.ts";
import type { BreakdownModel } from "../../src/viewModels/breakdown/breakdown.ts";
import { formatCount, formatTokens } from "../../src/viewModels/text/format.ts";
import { formatCost } from "../../src/viewModels/text/money.ts";
import { byKind, TOKEN_KINDS } from "../../src/viewModels/breakdown/tokenKinds.ts";
import { NOW_MS, REF } from "../support/seed/breakdownScenarios.ts";
import {
  scenarioModel,
  startWebviewHarness,
  type WebviewHarness,
  type WebviewInBrowser,
} from "../support/vscode/webviewHarness.ts";
import { untilCount } from "../support/vscode/untilCount.ts";

/** The errors that a page reported. */
function problemsIn(sent: readonly FromPage[]): readonly (FromPage & { type: "problem" })[] {
  return sent.filter((message) => message.type === "problem");
}

/** The built webview without its extension, under the content policy of the real page. */
describe("breakdown webview", () => {
  let harness: WebviewHarness;
  let view: WebviewInBrowser | undefined;

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

  /** Opens the webview and shows it a model. */
  async function show(
    model: BreakdownModel,
    options: Parameters<WebviewHarness["open"]>[0] = {},
  ): Promise<WebviewInBrowser> {
    view = await harness.open(options);
    await view.send({ type: "snapshot", model });
    return view;
  }

  it("draws every chart, and the same figures in the table", async () => {
    const model = scenarioModel("normal");
    const { page } = await show(model);
    for (const chart of ["tokens", "shares", "context", "cost"]) {
      assert.ok((await paintedPixels(page, chart)) > 1000, `${chart} is blank`);
    }
    const help = await page.locator("[data-chart=tokens] canvas").getAttribute("aria-label");
    const table = page.locator("#tab-messages");
    const tab = (await table.textContent()) ?? "";
    assert.ok(help?.includes(`The ${tab.trim()} tab shows the same figures`), help ?? "");
    await table.click();
    const rows = page.locator("vscode-data-grid[aria-label^='Messages'] vscode-data-grid-row");
    await untilCount(rows, model.points.length + 2);
    const sums = await cellsOf(rows.nth(1));
    const sum = byKind(model.sum.tokens);
    assert.deepEqual(
      sums.slice(3, 10),
      [
        ...TOKEN_KINDS.map((kind) => sum[kind]),
        totalTokens(model.sum.tokens),
        formatCost(model.sum),
      ].map((figure) => (typeof figure === "number" ? formatCount(figure) : figure)),
    );
    const newest = model.points.at(-1)!;
    const first = await cellsOf(rows.nth(2));
    assert.equal(first[0], String(model.points.length));
    assert.equal(first[8], formatCount(totalTokens(newest.tokens)));
  });

  it("shows own and tree figures at the top", async () => {
    const model = scenarioModel("normal");
    const { page } = await show(model);
    const tiles = (await page.locator(".tile").allTextContents()).join(" ");
    for (const text of [
      formatCost(model.own.usage),
      formatCost(model.tree.usage),
      formatTokens(totalTokens(model.own.usage.tokens)),
      formatTokens(totalTokens(model.tree.usage.tokens)),
    ]) {
      assert.ok(tiles.includes(text), `${text} in ${tiles}`);
    }
  });

  it("shows an unknown price as unknown, never as zero", async () => {
    const { page } = await show(scenarioModel("unpriced"));
    assert.equal(await page.locator(".tile-value").first().textContent(), "–");
    assert.match((await page.locator("[data-chart=cost]").textContent()) ?? "", /No price/);
    assert.ok(!(await page.locator("main").innerText()).includes("$0.00"));
  });

  it("marks estimates while a message is running", async () => {
    const { page } = await show(scenarioModel("live"));
    assert.match((await page.locator(".tile-value").nth(1).textContent()) ?? "", /^~/);
    await page.locator("#tab-messages").click();
    const live = await cellsOf(page.locator("vscode-data-grid-row.is-live"));
    await drawn(page);
    assert.equal(live[4], "~1,300");
    assert.equal(live[9], "–");
    assert.equal(
      await page.locator("vscode-button", { hasText: "Compact" }).getAttribute("disabled"),
      "",
    );
  });

  it("says that figures are stale, and since when", async () => {
    const { page } = await show(scenarioModel("lost"));
    assert.match((await page.locator(".notice.warning").textContent()) ?? "", /lost 5m ago/);
    assert.equal(await page.locator(".title-line vscode-badge").textContent(), "Stale");
  });

  it("waits with a reason until the session is known, then shows it", async () => {
    view = await harness.open();
    await view.send({
      type: "waiting",
      ref: REF,
      isOver: false,
      message: "Connecting to home…",
    });
    const waiting = view.page.locator(".waiting");
    assert.match((await waiting.textContent()) ?? "", /Connecting to home/);
    assert.deepEqual((await keptBy(view)).ref, REF);
    await view.send({ type: "snapshot", model: scenarioModel("empty") });
    assert.equal(await waiting.isVisible(), false);
    assert.match((await view.page.locator("main").textContent()) ?? "", /No answers yet/);
  });

  it("zooms by dragging, keeps the zoom as the session continues, and restores it after a reload", async () => {
    const model = scenarioModel("large");
    const opened = await show({ ...model, points: model.points.slice(0, 1990) });
    const chart = opened.page.locator("[data-chart=tokens] canvas");
    await drag(opened.page, chart, 0.3, 0.5);
    const zoomed = await rangeWords(opened.page);
    assert.match(zoomed, /^Messages \d+–[\d,]+ of 1,990/);
    await opened.send({ type: "snapshot", model });
    assert.equal(await rangeWords(opened.page), zoomed.replace("of 1,990", "of 2,000"));

    const kept = await keptBy(opened);
    await opened.close();
    const again = await show(model, { savedState: kept });
    assert.equal(await rangeWords(again.page), zoomed.replace("of 1,990", "of 2,000"));
    await again.page.locator("[data-chart=tokens] canvas").dblclick();
    assert.match(await rangeWords(again.page), /^All 2,000 messages/);
  });

  it("zooms with Ctrl and the wheel, and leaves the plain wheel to the page", async () => {
    const { page } = await show(scenarioModel("normal"), { height: 500 });
    await page.locator("[data-chart=tokens] canvas").hover();
    await page.mouse.wheel(0, -100);
    assert.match(await rangeWords(page), /^All 40/);
    await page.keyboard.down("Control");
    await page.mouse.wheel(0, -100);
    await page.keyboard.up("Control");
    assert.match(await rangeWords(page), /^Messages .* of 40/);
  });

  it("can be read and zoomed with the keyboard only", async () => {
    const model = scenarioModel("normal");
    const { page } = await show(model);
    const chart = page.locator("[data-chart=tokens] canvas");
    await chart.focus();
    assert.equal(await chart.getAttribute("role"), "img");
    assert.match((await chart.getAttribute("aria-label")) ?? "", /3.47M tokens in 40 messages/);
    await page.keyboard.press("End");
    const spoken = page.locator("[data-chart=tokens] [aria-live]");
    const last = model.points.at(-1)!;
    assert.match((await spoken.textContent()) ?? "", /^Message 40/);
    assert.ok((await spoken.textContent())?.includes(formatCount(last.tokens.cache.read)));
    await page.keyboard.press("ArrowLeft");
    assert.match((await spoken.textContent()) ?? "", /^Message 39/);
    await page.keyboard.press("+");
    assert.match(await rangeWords(page), /^Messages 11–30 of 40/);
    await page.keyboard.press("0");
    assert.match(await rangeWords(page), /^All 40/);
    const handle = page.locator(".range-handle").first();
    await handle.focus();
    await page.keyboard.press("ArrowRight");
    assert.match(await rangeWords(page), /^Messages 2–40/);
  });

  it("hides a kind when its legend is clicked, and remembers that", async () => {
    const opened = await show(scenarioModel("normal"));
    const toggle = opened.page.locator("button[data-series=cacheRead]");
    const before = await paintedPixels(opened.page, "tokens");
    await toggle.click();
    await drawn(opened.page);
    assert.equal(await toggle.getAttribute("aria-pressed"), "false");
    assert.notEqual(await paintedPixels(opened.page, "tokens"), before);
    assert.deepEqual((await keptBy(opened)).hiddenKinds, ["cacheRead"]);
  });

  it("pages through thousands of messages, and keeps focus and scroll position while figures change", async () => {
    const model = scenarioModel("large");
    const opened = await show(model);
    const { page } = opened;
    await page.locator("#tab-messages").click();
    const rows = page.locator("vscode-data-grid[aria-label^='Messages'] vscode-data-grid-row");
    await untilCount(rows, 52);
    await page.locator("vscode-button", { hasText: "Next" }).click();
    await rows.nth(2).filter({ hasText: "1,950" }).waitFor();
    assert.equal((await cellsOf(rows.nth(2)))[0], "1,950");
    const scroller = page.locator(".grid-scroll:visible");
    await scroller.evaluate((element) => {
      element.scrollTop = 200;
    });
    const cell = rows.nth(15).locator("vscode-data-grid-cell").nth(4);
    await cell.focus();
    await opened.send({ type: "snapshot", model: { ...model, nowMs: NOW_MS + 1000 } });
    assert.equal(await scroller.evaluate((element) => element.scrollTop), 200);
    assert.equal(await cell.evaluate((element) => element === document.activeElement), true);
    const kept = await keptBy(opened);
    assert.deepEqual([kept.tab, kept.page, kept.tableScrollTop], ["messages", 1, 200]);

    await opened.close();
    const again = await show(model, { savedState: kept });
    const restored = again.page.locator(".grid-scroll:visible");
    assert.equal(await restored.evaluate((element) => element.scrollTop), 200);
  });

  it("shows all tabs whole at any width, with the export buttons below or beside them", async () => {
    for (const width of [250, 400, 700, 1000]) {
      const opened = await show(scenarioModel("normal"), { width });
      const { page } = opened;
      const box = async (of: string): Promise<{ x: number; y: number; right: number }> => {
        const { x, y, width } = (await page.locator(of).boundingBox())!;
        return { x, y, right: x + width };
      };
      const tabs = await tabsOf(page);
      assert.equal(tabs.length, 5);
      for (const id of tabs) {
        const { x, right } = await box(`#${id}`);
        assert.ok(x >= 0 && right <= width, `${id} is at ${x} to ${right} of ${width} px`);
        assert.ok(await isInFront(page.locator(`#${id}`)), `${id} is covered at ${width} px`);
      }
      const [first, exports] = [await box("#tab-conversation"), await box(".exports")];
      assert.ok(exports.y >= first.y, `the buttons are above the tabs at ${width} px`);
      assert.ok(exports.right <= width, `the buttons end at ${exports.right} of ${width} px`);
      await page.locator("#tab-messages").click();
      await page.locator(".table-view:visible, .grid-scroll:visible").first().waitFor();
      await page.evaluate(() => {
        document.documentElement.scrollTop = document.documentElement.scrollHeight;
      });
      for (const id of tabs)
        assert.ok(await isInFront(page.locator(`#${id}`)), `${id} has scrolled away`);
      await opened.close();
    }
    view = undefined;
  });

  it("delegates to the host what only the host may do", async () => {
    const opened = await show(scenarioModel("normal"));
    const { page } = opened;
    const press = async (label: string): Promise<FromPage | undefined> => {
      await page.locator("vscode-button:visible", { hasText: label }).first().click();
      return (await opened.sentMessages()).at(-1);
    };
    assert.deepEqual(await press("Open Parent"), { type: "openSession", sessionID: "ses_parent" });
    assert.deepEqual(await press("Compact"), { type: "command", command: "compact" });
    const messages = { table: "messages" };
    assert.deepEqual(await press("Copy CSV"), { type: "copy", format: "csv", ...messages });
    assert.deepEqual(await press("Copy JSON"), { type: "copy", format: "json", ...messages });
    assert.deepEqual(await press("Export CSV"), { type: "export", format: "csv", ...messages });
    assert.deepEqual(await press("Export JSON"), { type: "export", format: "json", ...messages });
    await page.locator("#tab-children").click();
    assert.deepEqual(await press("Export CSV"), {
      type: "export",
      format: "csv",
      table: "children",
    });
    await page.locator("button.link", { hasText: "Read the checkout" }).click();
    assert.deepEqual((await opened.sentMessages()).at(-1), {
      type: "openSession",
      sessionID: "ses_a1",
    });
    await page.keyboard.press("Tab");
    const cell = page.locator("vscode-data-grid-cell", { hasText: "Write the migration" });
    await cell.focus();
    await page.keyboard.press("Enter");
    assert.deepEqual((await opened.sentMessages()).at(-1), {
      type: "openSession",
      sessionID: "ses_b",
    });
  });

  it("says how many tokens have no price, and leads to where prices are entered", async () => {
    const model = scenarioModel("normal");
    const opened = await show({ ...model, unpricedTokens: 0 });
    const why = opened.page.locator(".facts button.link");
    assert.equal(await why.count(), 0);
    await opened.send({ type: "snapshot", model: { ...model, unpricedTokens: 12_300 } });
    await opened.page.locator(".facts", { hasText: "12.3k tokens without a price" }).waitFor();
    assert.match((await why.getAttribute("title")) ?? "", /^Costs marked ≥ leave out tokens/);
    await why.click();
    assert.deepEqual((await opened.sentMessages()).at(-1), {
      type: "openSetting",
      setting: "usage.prices",
    });
  });

  it("asks to load again after loading stopped", async () => {
    const model = scenarioModel("loading");
    const opened = await show({ ...model, loading: { isComplete: false, error: "timed out" } });
    await opened.page.locator("vscode-button", { hasText: "Load Again" }).click();
    assert.deepEqual((await opened.sentMessages()).at(-1), { type: "reload" });
  });

  it("saves each chart as a PNG that isn't blank", async () => {
    const opened = await show(scenarioModel("normal"));
    for (const chart of ["tokens", "shares", "context", "cost"]) {
      await opened.page.locator(`[data-chart=${chart}] vscode-button`).click();
      const said = (await opened.sentMessages()).at(-1);
      assert.ok(said?.type === "savePicture");
      assert.equal(said.card, chart);
      const bytes = Buffer.from(said.dataURL.split(",")[1]!, "base64");
      assert.equal(bytes.subarray(1, 4).toString(), "PNG");
      assert.ok(bytes.readUInt32BE(16) >= 600, "as wide as twice the chart");
      assert.ok(bytes.length > 5000, "not blank");
    }
  });

  it("reports messages it doesn't understand, and carries on", async () => {
    const model = scenarioModel("normal");
    const opened = await show(model);
    for (const nonsense of [null, "x", { type: "snapshot" }, { type: "snapshot", model: {} }]) {
      await opened.send(nonsense as never);
    }
    assert.deepEqual(
      problemsIn(await opened.sentMessages()).map(({ during, name }) => [during, name]),
      [...Array<string[]>(3).fill(["unknownMessage", "unknown"]), ["message", "TypeError"]],
    );
    await opened.send({ type: "snapshot", model: { ...model, title: "Still here" } });
    assert.equal(await opened.page.locator("h1").textContent(), "Still here");
  });

  it("reports an error's class and place, but no text, which may quote a prompt", async () => {
    const opened = await show(scenarioModel("normal"));
    await opened.page.evaluate(() => {
      const prompt = "Fix the\n    at secret:1:plan";
      const thrown = (work: () => unknown): unknown => {
        try {
          return work();
        } catch (error) {
          return error;
        }
      };
      const error = thrown(() => JSON.parse(prompt));
      window.dispatchEvent(new ErrorEvent("error", { error, message: prompt }));
      const reason = Object.assign(new Error(prompt), { name: prompt });
      const promise = Promise.resolve();
      window.dispatchEvent(new PromiseRejectionEvent("unhandledrejection", { promise, reason }));
    });
    const problems = problemsIn(await opened.sentMessages());
    assert.deepEqual(
      problems.map(({ during, name }) => [during, name]),
      [
        ["script", "SyntaxError"],
        ["promise", "unknown"],
      ],
    );
    for (const problem of problems) {
      assert.ok(problem.at.length > 0);
      assert.ok(!/secret|plan|Fix/.test(JSON.stringify(problem)), JSON.stringify(problem));
      assert.deepEqual(parseFromPage(problem), problem);
    }
  });

  it("shows titles as text, whatever they contain", async () => {
    const { page } = await show(scenarioModel("odd"));
    assert.equal(await page.locator("img").count(), 0);
    assert.match((await page.locator("h1").textContent()) ?? "", /^<img src=x/);
    await page.locator("#tab-children").click();
    assert.equal(await page.locator("button.link").first().textContent(), "Untitled");
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    assert.equal(overflow, 0, "the page is as wide as the panel");
  });

  it("keeps each chart's heading inside its card, however narrow the panel", async () => {
    const { page } = await show(scenarioModel("normal"));
    for (const width of [480, 861, 949, 981, 1200]) {
      await page.setViewportSize({ width, height: 900 });
      const rooms = await page.locator(".card-header").evaluateAll((headers) =>
        headers.map((header) => {
          const card = header.closest(".card")!.getBoundingClientRect();
          return card.right - header.lastElementChild!.getBoundingClientRect().right;
        }),
      );
      assert.ok(Math.min(...rooms) > 8, `${rooms.join(" ")} at ${String(width)}`);
    }
  });

  it("adopts a new theme at once, including high contrast", async () => {
    const opened = await show(scenarioModel("normal"), { theme: "dark" });
    const colours = new Set<string>();
    const bars = new Set<string>();
    for (const theme of ["dark", "light", "highContrast"] as const) {
      await opened.setTheme(theme);
      await drawn(opened.page);
      colours.add(await axisColour(opened.page));
      bars.add((await pixelsOf(opened.page, "tokens", 1)).sums.join());
    }
    assert.equal(colours.size, 3, [...colours].join(" "));
    assert.equal(bars.size, 3, [...bars].join(" "));
    await opened.setTheme("dark");
    await drawn(opened.page);
    const dark = await pixelsOf(opened.page, "tokens", 1);
    assert.ok(bars.has(dark.sums.join()), "the same theme looks the same again");
  });
});

/** The number of painted pixels in a chart. */
async function paintedPixels(page: Page, chart: string): Promise<number> {
  const { painted } = await pixelsOf(page, chart, 1);
  return painted;
}

/** The colours of the axis labels at the left of a chart, as one string. */
async function axisColour(page: Page): Promise<string> {
  const { sums } = await pixelsOf(page, "cost", 0.07);
  return sums.join(",");
}

/** Counts the painted pixels in the left `share` of a chart, and sums their colours. */
async function pixelsOf(
  page: Page,
  chart: string,
  share: number,
): Promise<{ readonly painted: number; readonly sums: readonly number[] }> {
  return page.locator(`[data-chart=${chart}] canvas`).evaluate((element, part) => {
    const drawn = element as HTMLCanvasElement;
    // A copy, because reading the chart's own canvas makes the browser complain.
    const copy = document.createElement("canvas");
    copy.width = Math.round(drawn.width * part);
    copy.height = drawn.height;
    const context = copy.getContext("2d", { willReadFrequently: true })!;
    context.drawImage(drawn, 0, 0);
    const { data } = context.getImageData(0, 0, copy.width, copy.height);
    const sums = [0, 0, 0];
    let painted = 0;
    for (let at = 0; at < data.length; at += 4) {
      if (data[at + 3] !== 0) painted += 1;
      for (const channel of [0, 1, 2]) sums[channel]! += data[at + channel]!;
    }
    return { painted, sums };
  }, share);
}

/** Waits for the cells first: the toolkit creates them some frames after the row. */
async function cellsOf(row: Locator): Promise<string[]> {
  await row.locator("vscode-data-grid-cell").first().waitFor();
  return row.locator("vscode-data-grid-cell").allTextContents();
}

async function rangeWords(page: Page): Promise<string> {
  await drawn(page);
  return (await page.locator(".range-words").textContent()) ?? "";
}

/** Drags across a chart, from and to a fraction of its width. */
async function drag(page: Page, chart: Locator, from: number, to: number): Promise<void> {
  const box = (await chart.boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width * from, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * to, y, { steps: 4 });
  await page.mouse.up();
}

/** Resolves once the requested changes have been drawn. */
async function drawn(page: Page): Promise<void> {
  await page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );
}

interface Kept {
  readonly ref: unknown;
  readonly hiddenKinds: unknown;
  readonly tab: unknown;
  readonly page: unknown;
  readonly tableScrollTop: unknown;
}

async function keptBy(view: WebviewInBrowser): Promise<Kept> {
  await drawn(view.page);
  return (await view.savedState()) as Kept;
}

/** The tabs of a page, in order. */
function tabsOf(page: Page): Promise<readonly string[]> {
  return page.locator("vscode-panel-tab").evaluateAll((all) => all.map(({ id }) => id));
}

/** Whether a click on the middle of an element would reach it. */
function isInFront(of: Locator): Promise<boolean> {
  return of.evaluate((element) => {
    const { left, right, top, bottom } = element.getBoundingClientRect();
    const inFront = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return element.contains(inFront);
  });
}
