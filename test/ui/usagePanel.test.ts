import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import type { Frame, Locator } from "playwright-core";

import { formatCount, formatUSD } from "../../src/viewModels/text/format.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { hasPainted, switchThemeAndWait, waitUntil } from "../support/vscode/paintedChart.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { patientMs } from "../support/patience.mjs";

const TITLE = "Count what it costs";
const OTHER = "Another model";
const UNPRICED = "Without a price";

/** The usage pages in a real VS Code, over the ledger of a real OpenCode server. */
describe("usage view and panel", () => {
  let server: OpenCodeServer;
  let folder: string;
  let sessionID: string;
  let otherID: string;

  before(async function () {
    folder = mkdtempSync(path.join(tmpdir(), "usage-"));
    server = await startOpenCode();
    ({ id: sessionID } = await server.client.createSession({ title: TITLE }));
    await server.client.prompt(
      sessionID,
      "Count\nDO think 40 ;; bash ls ;; task general Find callers { say 60 } ;; say 90",
    );
    ({ id: otherID } = await server.client.createSession({ title: OTHER }));
    await server.client.prompt(otherID, "Say\nDO say 60", { model: "swift" });
    const local = await server.client.createSession({ title: UNPRICED });
    await server.client.prompt(local.id, "Say\nDO say 40", { model: "free" });
  });

  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const workbench = useWorkbench(() => ({
    settings: {
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.budgets.limits": [{ period: "daily", usd: 1 }],
    },
    folder,
    viewport: { width: 1500, height: 1000 },
  }));

  /** The document of a usage page, once it shows figures. */
  async function pageOf(name: "usagePanel" | "usageView"): Promise<Frame> {
    let found: Frame | undefined;
    await waitUntil(async () => {
      for (const frame of workbench().page.frames()) {
        const isWanted = await frame
          .evaluate(
            (page) =>
              document.body.getAttribute("data-page") === page &&
              document.querySelector("main:not([hidden]) .tile-value") !== null,
            name,
          )
          .catch(() => false);
        if (isWanted) found = frame;
      }
      return found !== undefined;
    }, `${name} shows figures`);
    return found!;
  }

  async function openPanel(): Promise<Frame> {
    await workbench().runCommand("OpenCode: Open Usage");
    const frame = await pageOf("usagePanel");
    // The focus arrives a moment later, and would close a palette opened in the meantime.
    await waitUntil(() => frame.evaluate(() => document.hasFocus()), "the panel has the focus");
    return frame;
  }

  /** What the server counts, across all its sessions. */
  async function serverTotals(): Promise<{ readonly cost: number; readonly tokens: number }> {
    const sessions = await server.client.sessions();
    let [cost, tokens] = [0, 0];
    for (const session of sessions) {
      cost += session.cost ?? 0;
      const { input = 0, output = 0, reasoning = 0, cache } = session.tokens ?? {};
      tokens += input + output + reasoning + (cache?.read ?? 0) + (cache?.write ?? 0);
    }
    return { cost, tokens };
  }

  it("show in the side bar what the server counts, and a budget", async function () {
    await workbench().openSideBar();
    await workbench().treeRow(new RegExp(TITLE)).waitFor();
    await workbench().expandView("Usage");
    const frame = await pageOf("usageView");
    const { cost, tokens } = await serverTotals();
    assert.ok(cost > 0 && tokens > 0);
    const all = frame.locator("[data-tile=all]");
    const expected = formatUSD(cost, "partial");
    await waitUntil(
      async () => (await all.locator(".tile-value").textContent()) === expected,
      `all time is ${expected}`,
    );
    await waitUntil(() => hasPainted(frame, "trend"), "the trend is drawn");
    const budget = frame.locator(".budget");
    // The cards are drawn one after the other.
    await waitUntil(
      async () => /^Today≥ \$.* of \$1\.00 · /.test((await budget.textContent()) ?? ""),
      "the budget shows what was spent",
    );
    await workbench().screenshot("usage view");
  });

  it("open the panel from the view, with every chart drawn and the server's figures in its tables", async function () {
    const side = await pageOf("usageView");
    await side.locator("vscode-button", { hasText: "Open Usage" }).click();
    await workbench().tab("OpenCode Usage").waitFor();
    const frame = await pageOf("usagePanel");
    for (const chart of [
      "trend",
      "byModel",
      "byAgent",
      "byProject",
      "byPlace",
      "byOrigin",
      "calendar",
      "expensive",
      "cache",
    ]) {
      await waitUntil(() => hasPainted(frame, chart), `${chart} is drawn`);
    }
    const card = frame.locator("[data-chart=byModel]");
    await card.locator("vscode-button", { hasText: "Table" }).click();
    const sums = card.locator(".sum-row vscode-data-grid-cell");
    const { cost, tokens } = await serverTotals();
    await sums.first().waitFor();
    assert.deepEqual((await sums.allTextContents()).slice(0, 3), [
      "All",
      formatUSD(cost, "partial"),
      formatCount(tokens),
    ]);
    const unpriced = card.locator("vscode-data-grid-row", { hasText: "scripted/free" });
    assert.equal(await unpriced.locator("vscode-data-grid-cell").nth(1).textContent(), "–");
    await card.locator("vscode-button", { hasText: "Chart" }).click();
    await workbench().screenshot("usage panel");
  });

  it("list the sessions behind a bar, and open one session's charts", async function () {
    const frame = await openPanel();
    const canvas = frame.locator("[data-chart=trend] canvas");
    const list = frame.locator("[data-chart=sessions]");
    const sums = list.locator(".sum-row vscode-data-grid-cell");
    await waitUntil(async () => {
      // The window may take the focus, and with it the keys, back from a panel that has just opened.
      await canvas.press("End");
      await canvas.press("Enter");
      return await sums
        .first()
        .waitFor({ timeout: patientMs(3000) })
        .then(
          () => true,
          () => false,
        );
    }, "the sessions are listed");
    const { cost } = await serverTotals();
    const words = (await sums.allTextContents()).join(" ");
    assert.ok(words.includes(formatUSD(cost, "partial")), words);
    await list.locator("button.link", { hasText: TITLE }).click();
    await workbench().tab(TITLE).waitFor();
    await workbench().tab("OpenCode Usage").click();
  });

  it("break down a session's context and compare two, by default the most expensive ones", async function () {
    const frame = await pageOf("usagePanel");
    const composition = frame.locator("[data-chart=composition]");
    const label = async (): Promise<string> =>
      (await composition.locator("canvas").getAttribute("aria-label")) ?? "";
    const untilLabel = (pattern: RegExp): Promise<void> =>
      waitUntil(async () => pattern.test(await label()), `the context reads ${String(pattern)}`);
    await untilLabel(
      new RegExp(`^Estimate of what the context of ${TITLE} .* Tool calls and results ~[1-9]`),
    );
    await waitUntil(() => hasPainted(frame, "composition"), "the context is drawn");
    await composition.locator("vscode-button", { hasText: "Choose" }).click();
    await workbench().pick(OTHER);
    await untilLabel(new RegExp(`^Estimate of what the context of ${OTHER} .* Assistant ~[1-9]`));
    await waitUntil(() => hasPainted(frame, "composition"), "the other context is drawn");
    const comparison = frame.locator("[data-chart=comparison]");
    const compared = comparison.locator(".card-header");
    await compared.getByText(`First: ${TITLE}`).waitFor();
    await compared.getByText(`Second: ${OTHER}`).waitFor();
    await comparison.locator("vscode-button", { hasText: "First" }).click();
    await workbench().pick(OTHER);
    await compared.getByText(`First: ${OTHER}`).waitFor();
    await comparison.locator("vscode-button", { hasText: "Second" }).click();
    await workbench().pick(UNPRICED);
    await compared.getByText(`Second: ${UNPRICED}`).waitFor();
    await waitUntil(() => hasPainted(frame, "comparison"), "the comparison is drawn");
    await comparison.locator("vscode-button", { hasText: "Table" }).click();
    const { cost } = await server.client.session(otherID);
    const own = comparison.locator("vscode-data-grid-row", { hasText: "Own cost" });
    await own.waitFor();
    const cells = await own.locator("vscode-data-grid-cell").allTextContents();
    assert.deepEqual(cells.slice(1, 3), [formatUSD(cost ?? 0), "–"]);
  });

  it("save tables, all figures and charts where the user chooses", async function () {
    const frame = await pageOf("usagePanel");
    const save = async (button: Locator, file: string): Promise<Buffer> => {
      await button.click();
      const place = path.join(folder, file);
      await workbench().saveAs(place);
      await waitUntil(() => Promise.resolve(existsSync(place)), `${file} is written`);
      await workbench().statusBarItem(`Saved ${file}`).waitFor();
      return readFileSync(place);
    };
    const { tokens } = await serverTotals();
    const csv = await save(
      frame.locator("[data-chart=byModel] vscode-button", { hasText: "CSV" }),
      "models.csv",
    );
    const [head = "", ...rows] = csv.toString().trimEnd().split("\r\n");
    const total = head.split(",").indexOf("total");
    const sum = rows.reduce((all, row) => all + Number(row.split(",")[total]), 0);
    assert.equal(sum, tokens);
    const json = await save(
      frame.locator("vscode-button", { hasText: "Export JSON" }),
      "usage.json",
    );
    const value = JSON.parse(json.toString()) as {
      periods: { all: { tokens: { total: number } } };
    };
    assert.equal(value.periods.all.tokens.total, tokens);
    const png = await save(
      frame.locator("[data-chart=calendar] vscode-button", { hasText: "PNG" }),
      "calendar.png",
    );
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.ok(png.length > 5000);
  });

  it("follow ongoing usage, and come back unchanged after a window reload", async function () {
    const frame = await pageOf("usagePanel");
    await frame.locator(".page-header [data-measure=tokens]").click();
    await frame.locator("[data-tile=today]").click();
    await frame.locator("[data-tile=today][aria-pressed=true]").waitFor();
    const before = await frame.locator("[data-tile=today]").textContent();
    await server.client.prompt(sessionID, "More\nDO say 50");
    await waitUntil(
      async () => (await frame.locator("[data-tile=today]").textContent()) !== before,
      "the answer is counted",
    );
    await workbench().reload();
    await workbench().tab("OpenCode Usage").click();
    const again = await pageOf("usagePanel");
    await again.locator("[data-tile=today][aria-pressed=true]").waitFor();
    await again.locator(".page-header [data-measure=tokens][aria-pressed=true]").waitFor();
    assert.match(
      (await again.locator("[data-chart=comparison] .card-header").textContent()) ?? "",
      new RegExp(`First: ${OTHER}.*Second: ${UNPRICED}`),
    );
  });

  for (const theme of ["light", "highContrastDark"] as const) {
    it(`adopt the theme ${theme}`, async function () {
      const frame = await pageOf("usagePanel");
      await switchThemeAndWait(workbench(), frame, "calendar", theme);
      await workbench().screenshot(`usage ${theme}`);
    });
  }

  it("contact no other machine and log no errors", () => {
    assert.deepEqual(workbench().outsideRequests, []);
    assert.deepEqual(workbench().pageErrors, []);
    const complaints = workbench()
      .readLogs()
      .split("\n")
      .filter((line) => line.includes("[usage]"));
    assert.deepEqual(complaints, []);
  });
});
