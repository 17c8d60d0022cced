/**
 * `npm run screenshots`: takes all pictures of README, docs and walkthrough, light and dark, and an animation,
 * from the demo in a real VS Code. Temporary folders appear as `~/code`. `-- cluster`: only the cluster's.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Page } from "playwright-core";

import { endAll } from "../cleanup.mjs";
import { type OpenCodeClient, poll } from "../opencode/client.ts";
import { startOpenCode } from "../opencode/opencodeServer.ts";
import { startScriptedProvider } from "../opencode/scriptedProvider.ts";
import { projectRoot } from "../project.mjs";
import { startDemo } from "../startDemo.mjs";
import { animate } from "./animation.ts";
import { type Theme, Workbench } from "./workbench.ts";

const folder = path.join(projectRoot, "media/walkthrough");
mkdirSync(folder, { recursive: true });
const LONG = "Migrate the orders table";
const WIDTH = 1000;
/** Within this time, one of the demo's stories asks whether it may push. */
const ASKED_MS = 300_000;

const demo = await startDemo(["--minutes", "20", "--cluster"]);
// First, because the demo starts a task every few seconds: the list would soon be longer than the window.
await takeCluster();
if (process.argv[2] !== "cluster") {
  // A separate server whose model is fast.
  const provider = await startScriptedProvider();
  const orders = await startOpenCode({ providerURL: provider.url, projects: ["orders"] });
  await createLongSession(orders.client);
  for (const theme of ["dark", "light"] as const) await takeAll(theme, orders.url);
  await orders.stop();
  await provider.stop();
}
await endAll();
// The package's size is limited.
const taken = readdirSync(folder).filter((name) => name.endsWith(".png"));
const reduced = spawnSync(
  "pngquant",
  ["--force", "--ext=.png", "--skip-if-larger", "--", "../cluster.png", ...taken],
  { cwd: folder },
);
if (reduced.error !== undefined) console.log("not reduced: pngquant is not installed");

/** The cluster's rows, once two tasks have a cost. */
async function takeCluster(): Promise<void> {
  const workbench = await Workbench.open({
    theme: "dark",
    folder: demo.workspace,
    viewport: { width: WIDTH, height: 760 },
    settings: {
      ...demo.settings,
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.notifications": "off",
    },
  });
  try {
    await workbench.openSideBar();
    await expand(workbench, /^Agent builder/);
    await expand(workbench, /^Agent reviewer/);
    for (const task of ["fix-flaky-test", "review-pull-request"]) {
      await workbench.treeRow(new RegExp(`^Task ${task},.*\\$`)).waitFor();
    }
    await expand(workbench, /^Task review-pull-request,/);
    await workbench.treeRow(/^review-pull-request/).waitFor();
    await widen(workbench, 560);
    await clearToasts(workbench);
    await settle(workbench.page);
    await workbench.page.screenshot({
      path: path.join(projectRoot, "media/cluster.png"),
      clip: { x: 0, y: 36, width: 608, height: 300 },
    });
  } finally {
    await workbench.close();
  }
}

/** A click is lost on a row that is being redrawn, so it is repeated. */
async function expand(workbench: Workbench, name: RegExp): Promise<void> {
  const row = workbench.treeRow(name);
  await poll(
    `${String(name)} is expanded`,
    async () => {
      if ((await row.getAttribute("aria-expanded")) === "true") return true;
      await workbench.toggleRow(name);
      return undefined;
    },
    { everyMs: 1000 },
  );
}

/** Creates a session of twenty-odd answers with a compaction in the middle. */
async function createLongSession(client: OpenCodeClient): Promise<void> {
  const { id } = await client.createSession({ title: LONG });
  for (let at = 1; at <= 12; at++) {
    await client.prompt(
      id,
      `Step ${at} of the migration\nDO context 11000 ;; say ${20 + (at % 5) * 30}`,
    );
  }
  await client.compact(id, "steady");
  for (let at = 1; at <= 10; at++) {
    await client.prompt(
      id,
      `Check ${at} of the result\nDO context 5000 ;; say ${20 + (at % 5) * 30}`,
    );
  }
}

async function takeAll(theme: Theme, ordersURL: string): Promise<void> {
  const workbench = await Workbench.open({
    theme,
    folder: demo.workspace,
    viewport: { width: WIDTH, height: 640 },
    settings: {
      "opencodeSessions.servers": [...demo.servers, { url: ordersURL, name: "Orders" }],
      "opencodeSessions.localDiscovery.enabled": false,
      ...demo.settings,
      "opencodeSessions.kubernetes.clusters": [],
      "opencodeSessions.tree.titleLength": undefined,
      "opencodeSessions.notifications": "off",
      "opencodeSessions.autoCompact.mode": "off",
      "opencodeSessions.autoCompact.overrides": [],
      "opencodeSessions.budgets.limits": [
        { period: "daily", usd: 25 },
        { period: "weekly", usd: 90 },
        { period: "monthly", usd: 400 },
      ],
      "chat.commandCenter.enabled": false,
      "window.commandCenter": false,
      "workbench.layoutControl.enabled": false,
    },
  });
  const { page } = workbench;
  const take = async (name: string): Promise<void> => {
    await page.mouse.move(WIDTH - 5, 5);
    await settle(page);
    // Some pictures are only shipped in one theme, because the package's size is limited.
    if (theme === "light" && ["attention", "compact"].includes(name)) return;
    await page.screenshot({ path: path.join(folder, `${name}-${theme}.png`) });
  };
  try {
    await workbench.openSideBar();
    await workbench.treeRow(/working/).waitFor();
    await workbench.treeRow(/connecting/).waitFor({ state: "detached" });
    await widen(workbench, 420);
    // The tree learns from a page how much of its titles fits.
    await workbench.expandView("Usage");
    await workbench.webview().locator(".tile-value").first().waitFor();
    await workbench.view("Usage").locator(".pane-header").first().click();
    await clearToasts(workbench);
    await take("tree");
    if (theme === "dark") await takeAnimation(page);

    await workbench.runCommand("OpenCode: Filter Sessions…");
    await workbench.answer(LONG);
    await workbench.clickRow(new RegExp(`^${LONG}`));
    await workbench.runCommand("OpenCode: Show Token Breakdown");
    await workbench.webview().locator("h1", { hasText: LONG }).waitFor();
    await workbench.runCommand("View: Toggle Primary Side Bar Visibility");
    await page.waitForTimeout(1500);
    await clearToasts(workbench);
    await take("breakdown");

    await workbench.runCommand("OpenCode: Compact Session…");
    await workbench.dialog.waitFor();
    await take("compact");
    await workbench.answerDialog("Cancel");

    await workbench.runCommand("View: Close All Editors");
    await workbench.runCommand("OpenCode: Open Usage");
    await workbench.webview().locator("h1, h2").first().waitFor();
    await page.waitForTimeout(3000);
    await clearToasts(workbench);
    await take("usage");

    await workbench.runCommand("View: Close All Editors");
    await workbench.openSideBar();
    await workbench.runCommand("OpenCode: Clear Session Filter");
    const request = workbench.treeRow(/git push/, "Needs Attention");
    await request.waitFor({ timeout: ASKED_MS });
    await request.click();
    await workbench.webview().locator(".request", { hasText: "git push" }).waitFor();
    await widen(workbench, 300);
    await page.waitForTimeout(2000);
    await take("attention");
  } finally {
    await workbench.close();
  }
}

/** The top of the tree while sessions run. */
async function takeAnimation(page: Page): Promise<void> {
  const stills: Buffer[] = [];
  const clip = { x: 0, y: 0, width: 470, height: 420 };
  for (let frame = 0; frame < 16; frame++) {
    await settle(page);
    stills.push(await page.screenshot({ clip }));
    await page.waitForTimeout(350);
  }
  writeFileSync(path.join(projectRoot, "docs/live.png"), animate(stills, 500));
}

/** Drags the side bar's border. */
async function widen({ page }: Workbench, width: number): Promise<void> {
  const box = await page.locator(".part.sidebar").boundingBox();
  if (box === null) throw new Error("no side bar");
  await page.mouse.move(box.x + box.width, 300);
  await page.mouse.down();
  await page.mouse.move(box.x + width, 300, { steps: 5 });
  await page.mouse.up();
  // A border under the mouse is highlighted.
  await page.mouse.move(WIDTH - 5, 5);
}

async function clearToasts(workbench: Workbench): Promise<void> {
  await workbench.runCommand("Notifications: Clear All Notifications");
  await workbench.page.waitForTimeout(500);
}

/** Shows temporary folders as `~/code`, including in webviews. */
async function settle(page: Page): Promise<void> {
  for (const frame of page.frames()) {
    await frame
      .evaluate(() => {
        const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
        for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
          const { nodeValue } = node;
          if (nodeValue?.includes("/tmp/") !== true) continue;
          node.nodeValue = nodeValue.replaceAll(/\/tmp\/[^\s/]+(\/projects)?/g, "~/code");
        }
      })
      .catch(() => undefined);
  }
}
