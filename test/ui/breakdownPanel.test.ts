import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import type { FrameLocator, Locator } from "playwright-core";

import { formatCount, formatUSD } from "../../src/viewModels/text/format.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { hasPainted, switchThemeAndWait, waitUntil } from "../support/vscode/paintedChart.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const TITLE = "Count every line";

/** The breakdown in a real VS Code, fed by a real OpenCode server. */
describe("breakdown panel", () => {
  let server: OpenCodeServer;
  let sessionID: string;
  let folder: string;

  before(async function () {
    folder = mkdtempSync(path.join(tmpdir(), "breakdown-"));
    server = await startOpenCode();
    ({ id: sessionID } = await server.client.createSession({ title: TITLE }));
    await server.client.prompt(
      sessionID,
      "Count\nDO think 40 ;; bash ls ;; task general Find callers { say 60 } ;; say 90",
    );
    await server.client.prompt(sessionID, "Again\nDO think 20 ;; say 200");
  });

  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const workbench = useWorkbench(() => ({
    settings: {
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
    },
    folder,
    viewport: { width: 1500, height: 1000 },
  }));

  /** The webview's document, once it shows figures. */
  async function shown(): Promise<FrameLocator> {
    const frame = workbench().webview();
    await frame.locator("main .tile-value").first().waitFor();
    return frame;
  }

  it("opens from the row, and draws what the server counts", async function () {
    await workbench().openSideBar();
    await workbench().treeRow(new RegExp(TITLE)).waitFor();
    await workbench().chooseFromRowMenu(new RegExp(TITLE), "Show Token Breakdown");
    const frame = await shown();
    await workbench().tab(TITLE).waitFor();
    assert.equal(await frame.locator("h1").textContent(), TITLE);
    for (const chart of ["tokens", "shares", "context", "cost"]) {
      await frame.locator(`[data-chart=${chart}] canvas`).waitFor();
      await waitUntil(() => hasPainted(frame, chart), `${chart} is drawn`);
    }
    await workbench().screenshot("breakdown charts");

    await frame.locator("#tab-messages").click();
    const { tokens, cost } = await server.client.session(sessionID);
    assert.ok(tokens !== undefined && cost !== undefined);
    const { input, output, reasoning, cache } = tokens;
    const total = input + output + reasoning + cache.read + cache.write;
    const expected = [input, output, reasoning, cache.read, cache.write, total].map(formatCount);
    await waitUntil(
      async () =>
        (await sumsOf(frame)).slice(3, 10).join() === [...expected, formatUSD(cost)].join(),
      `the sums are ${expected.join()} and not ${(await sumsOf(frame)).join()}`,
    );
    await workbench().screenshot("breakdown messages");
  });

  it("follows a turn automatically, and keeps the user's choices", async function () {
    const frame = await shown();
    await frame.locator("#tab-charts").click();
    await frame.locator("button[data-series=input]").click();
    const words = frame.locator(".range-words");
    const before = await words.textContent();
    await server.client.promptAsync(sessionID, "More\nDO slow 120 ;; say 120");
    await waitUntil(
      async () => ((await words.textContent()) ?? "").includes("~"),
      "the message at work is marked as an estimate",
    );
    await server.client.waitUntilIdle(sessionID);
    await waitUntil(async () => {
      const now = (await words.textContent()) ?? "";
      return now !== before && !now.includes("~");
    }, "the figures are settled");
    const toggle = frame.locator("button[data-series=input]");
    assert.equal(await toggle.getAttribute("aria-pressed"), "false");
  });

  it("lists the sub-session, and opens its own breakdown", async function () {
    const frame = await shown();
    await frame.locator("#tab-children").click();
    await frame.locator("button.link", { hasText: "Find callers" }).click();
    await workbench()
      .tab(/Find callers/)
      .waitFor();
    const child = await shown();
    await waitUntil(
      async () => /Find callers/.test((await child.locator("h1").textContent()) ?? ""),
      "the child is shown",
    );
    await child.locator("vscode-button", { hasText: "Open Parent" }).click();
    await waitUntil(
      async () => (await (await shown()).locator("h1").textContent()) === TITLE,
      "the parent is shown again",
    );
  });

  it("asks before compacting, as the command does", async function () {
    const frame = await shown();
    await frame.locator("vscode-button", { hasText: "Compact" }).click();
    await workbench().dialog.waitFor();
    assert.match((await workbench().dialog.textContent()) ?? "", new RegExp(`Compact .${TITLE}`));
    await workbench().answerDialog("Cancel");
    await workbench().dialog.waitFor({ state: "hidden" });
  });

  it("copies the table as CSV", async function () {
    const frame = await shown();
    await frame.locator("#tab-messages").click();
    await frame.locator("vscode-button", { hasText: "Copy CSV" }).click();
    await workbench().statusBarItem("Copied the table as CSV").waitFor();
    const text = await workbench().page.evaluate(() => navigator.clipboard.readText());
    assert.match(text, /^number,message_id,created,/);
    const messages = await server.client.messages(sessionID);
    const answers = messages.filter(({ info }) => info.role === "assistant");
    assert.equal(text.trim().split("\n").length, answers.length + 1);
  });

  it("saves tables and charts where the user chooses", async function () {
    const frame = await shown();
    const save = async (button: Locator, file: string): Promise<Buffer> => {
      await button.click();
      const place = path.join(folder, file);
      await workbench().saveAs(place);
      await waitUntil(() => Promise.resolve(existsSync(place)), `${file} is written`);
      await workbench().statusBarItem(`Saved ${file}`).waitFor();
      return readFileSync(place);
    };
    const csv = await save(frame.locator("vscode-button", { hasText: "Export CSV" }), "a.csv");
    assert.match(csv.toString(), /^number,message_id,created,/);
    const json = await save(frame.locator("vscode-button", { hasText: "Export JSON" }), "a.json");
    const value = JSON.parse(json.toString()) as { own: { tokens: { input: number } } };
    const { tokens } = await server.client.session(sessionID);
    assert.equal(value.own.tokens.input, tokens?.input);
    await frame.locator("#tab-charts").click();
    const png = await save(frame.locator("[data-chart=tokens] vscode-button"), "a.png");
    assert.equal(png.subarray(1, 4).toString(), "PNG");
    assert.ok(png.length > 5000);
    await frame.locator("#tab-messages").click();
  });

  it("comes back on the same tab after a window reload", async function () {
    await workbench().reload();
    await workbench().tab(TITLE).click();
    const frame = await shown();
    await frame.locator(".sum-row:visible").waitFor();
    assert.equal(await frame.locator("h1").textContent(), TITLE);
  });

  it("says that its figures are stale while the server is down, and recovers", async function () {
    const frame = await shown();
    await server.kill();
    await frame.locator(".notice.warning:visible", { hasText: "Stale" }).waitFor();
    await server.restart();
    await frame.locator(".notice.warning").waitFor({ state: "hidden" });
  });

  for (const theme of ["light", "highContrastDark"] as const) {
    it(`adopts the theme ${theme}`, async function () {
      const frame = await shown();
      await frame.locator("#tab-charts").click();
      await switchThemeAndWait(workbench(), frame, "tokens", theme);
      await workbench().screenshot(`breakdown ${theme}`);
    });
  }

  it("contacts no other machine and logs no errors", () => {
    assert.deepEqual(workbench().outsideRequests, []);
    assert.deepEqual(workbench().pageErrors, []);
    const complaints = workbench()
      .readLogs()
      .split("\n")
      .filter((line) => line.includes("[breakdown]"));
    assert.deepEqual(complaints, []);
  });
});

async function sumsOf(frame: FrameLocator): Promise<string[]> {
  return frame.locator(".sum-row:visible vscode-data-grid-cell").allTextContents();
}
