import assert from "node:assert/strict";

import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { quiet } from "../support/patience.mjs";

describe("budgets, in a real VS Code on a real server", function () {
  let server: OpenCodeServer;

  before(async function () {
    server = await startOpenCode();
    for (const number of [1, 2, 3]) await turn(`Review PR #${String(number)}`);
  });
  after(async () => {
    await server.stop();
  });

  async function turn(title: string): Promise<number> {
    const { id } = await server.client.createSession({ title });
    await server.client.prompt(id, `${title}\nDO say 40`);
    await server.client.waitUntilIdle(id);
    return (await server.client.session(id)).cost ?? 0;
  }

  const workbench = useWorkbench(async () => {
    const costs = (await server.client.sessions()).map(({ cost }) => cost ?? 0);
    const spent = costs.reduce((sum, cost) => sum + cost, 0);
    return {
      folder: server.directories[0]!,
      settings: {
        "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
        "opencodeSessions.localDiscovery.enabled": false,
        "opencodeSessions.notifications": "off",
        "opencodeSessions.budgets.limits": [
          { period: "daily", usd: spent / 0.85 },
          { period: "monthly", tokens: 1_000_000 },
          { period: "session", usd: spent },
        ],
      },
    };
  });
  const warning = /Budget for today: 85% used, \$[\d.]+ of \$[\d.]+/;
  const reached = /The budget for today has been reached: /;
  const toasts = (): Promise<number> =>
    workbench()
      .toasts()
      .then((texts) => texts.filter((text) => text.includes("udget")).length);

  const buttons = (text: RegExp): Promise<readonly string[]> =>
    workbench().toast(text).locator(".notification-list-item-buttons-container a").allInnerTexts();

  /** Waits until the tooltip of the status bar item matches all patterns. The tooltip stays open. */
  async function untilTooltip(...wanted: readonly RegExp[]): Promise<void> {
    const item = workbench().statusBarItem(/\$\d/);
    await workbench().readTooltip(item, "Directory:", async (tooltip) => {
      const text = await tooltip.innerText();
      for (const one of wanted) assert.match(text, one);
    });
  }

  it("warn once, show bars in the tooltip, and don't warn again after a restart", async () => {
    await workbench().openSideBar();
    await workbench().toasted(warning);
    assert.deepEqual(await buttons(warning), ["Show Usage", "Budgets…", "Don't Show Again"]);
    await workbench().screenshot("budget warning");
    await workbench().runCommand("Notifications: Clear All Notifications");
    await workbench().page.getByText("Review PR #3").first().click();
    await untilTooltip(
      /▰▰▰▰▰▰▰▰▱▱ 85% today: \$[\d.]+ of \$[\d.]+, recorded cost/,
      /▰▱▱▱▱▱▱▱▱▱ \d% this month: [\d.]+k of 1M tokens/,
      /the session “Review PR #3”: /,
    );
    await workbench().screenshot("budget tooltip dark");
    await workbench().reload();
    await workbench().statusBarItem(/\$\d/).waitFor();
    await untilTooltip(/85% today/);
    // While the mouse rests there, the tooltip keeps reappearing over the notifications.
    await workbench().page.mouse.move(640, 300);
    await quiet(4_500);
    assert.equal(await toasts(), 0);
  });

  it("ask when used up, stop running sessions, and stay snoozed across a window reload", async () => {
    const { id } = await server.client.createSession({ title: "Runs away" });
    await server.client.promptAsync(
      id,
      "Runs away\nDO say 300 ;; bash sleep 0.2 ;; slow 50 ;; forever",
    );
    await workbench().toasted(reached);
    assert.deepEqual(await buttons(reached), ["Stop", "Snooze…", "Don't Show Again"]);
    await workbench().screenshot("budget reached");
    await workbench().clickToast(reached, "Stop");
    await server.client.waitUntilIdle(id);
    await workbench().pickFrom("OpenCode: Snooze Budgets", "1 hour");
    await workbench().reload();
    await workbench().statusBarItem(/\$\d/).waitFor();
    await server.client.promptAsync(id, "On\nDO slow 50 ;; forever");
    await quiet(6_000);
    assert.equal(await toasts(), 0);
    await server.client.abort(id);
    await workbench().useTheme("light");
    await untilTooltip(/▰▰▰▰▰▰▰▰▰▰ 1\d\d% today: .* over/);
    await workbench().screenshot("budget tooltip light");
  });

  it("show the cost of similar tasks and what is left above a prompt, and the health report", async () => {
    await workbench().pickFrom("OpenCode: New Session", server.directories[0]!);
    const page = workbench().webview();
    await page.locator(".prompt-text:focus").waitFor();
    await workbench().page.keyboard.insertText("Review PR #4");
    await page.getByText(/Similar tasks: ~\$[\d.]+ \(3 samples\)/).waitFor();
    await page.getByText("The budget for today has been reached").waitFor();
    await workbench().screenshot("task hint");
    await workbench().runCommand("OpenCode: Run Health Check");
    await page.getByRole("heading", { name: "OpenCode Sessions: health" }).waitFor();
    assert.equal(await workbench().page.locator(".tab.dirty").count(), 0);
    await workbench().screenshot("health report");
  });

  it("lead to their setting where none is set", async () => {
    await workbench().changeSettings({ "opencodeSessions.budgets.limits": [] });
    await workbench().runCommand("Notifications: Clear All Notifications");
    await workbench().runCommand("OpenCode: Snooze Budgets");
    await workbench().toasted("No budgets are set.");
    assert.deepEqual(await buttons(/No budgets are set/), ["Set Budgets…"]);
    await workbench().clickToast(/No budgets are set/, "Set Budgets…");
    await workbench()
      .page.locator(".settings-editor .setting-item-contents", { hasText: "Limits" })
      .first()
      .waitFor();
  });
});
