import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import type { FrameLocator } from "playwright-core";

import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { quiet } from "../support/patience.mjs";
import { assertAccessible } from "../support/vscode/axe.ts";
import { waitUntil } from "../support/vscode/paintedChart.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const TITLE = "Fix the audit log";

/** The conversation on a session's page in a real VS Code, fed by a real OpenCode server. */
describe("conversation on a session's page", () => {
  let server: OpenCodeServer;
  let sessionID: string;
  let folder: string;

  before(async function () {
    folder = mkdtempSync(path.join(tmpdir(), "conversation-"));
    server = await startOpenCode({ config: { snapshot: true } });
    ({ id: sessionID } = await server.client.createSession({ title: TITLE }));
    await server.client.prompt(
      sessionID,
      "Write `notes.md`\nDO think 40 ;; bash ls ;; write notes.md one ;; task general Find callers { say 60 } ;; say 90",
    );
    for (let turn = 1; turn <= 6; turn++) {
      await server.client.prompt(
        sessionID,
        `Again, ${turn}\nDO think 20 ;; bash echo word${turn} ;; say 200`,
      );
    }
  });

  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const workbench = useWorkbench(() => ({
    settings: {
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.compact.confirm": false,
    },
    folder,
    viewport: { width: 1500, height: 1000 },
  }));

  async function shown(): Promise<FrameLocator> {
    const frame = workbench().webview();
    await frame.locator("main .row .message").first().waitFor();
    return frame;
  }

  /** How far the page's end is below the visible part, in pixels. */
  async function belowEnd(frame: FrameLocator): Promise<number> {
    return frame.locator("html").evaluate((page) => {
      return page.scrollHeight - page.scrollTop - window.innerHeight;
    });
  }

  const seen = (frame: FrameLocator, text: string | RegExp) =>
    waitUntil(
      async () => {
        const box = await frame.locator(".row", { hasText: text }).last().boundingBox();
        return box !== null && box.y > -box.height && box.y < 1000;
      },
      `${String(text)} is seen`,
    );

  it("opens at its end, and stays there while an answer is written", async function () {
    await workbench().openSideBar();
    await workbench().treeRow(new RegExp(TITLE)).waitFor();
    await workbench().clickRow(new RegExp(TITLE));
    await workbench().runCommand("OpenCode: Open Conversation");
    const frame = await shown();
    await workbench().tab(TITLE).waitFor();
    await seen(frame, "Again, 6");
    await waitUntil(async () => (await belowEnd(frame)) < 60, "the end is seen");
    await workbench().screenshot("conversation end");
    await server.client.promptAsync(sessionID, "Once more\nDO slow 20 ;; say 120");
    await seen(frame, "Once more");
    await server.client.waitUntilIdle(sessionID);
    await waitUntil(async () => (await belowEnd(frame)) < 60, "the end is followed");
  });

  it("moves from prompt to prompt, and keeps the reading position", async function () {
    const frame = await shown();
    for (let times = 0; times < 12; times++) await workbench().page.keyboard.press("Alt+ArrowUp");
    await seen(frame, "notes.md");
    const first = frame.locator(".row.prompt").first();
    const top = async () => (await first.boundingBox())?.y ?? -1;
    await waitUntil(async () => (await top()) > 0, "the first prompt is seen");
    await workbench().page.keyboard.press("Alt+ArrowDown");
    await frame.locator(".row.prompt:focus", { hasText: "Again, 1" }).waitFor();
    // VS Code's own command for the key must not go on to the next prompt.
    await quiet(500);
    assert.match((await frame.locator(".row:focus").textContent()) ?? "", /Again, 1/);
    await workbench().page.keyboard.press("Alt+ArrowUp");
    await waitUntil(async () => (await top()) > 0, "the first prompt is seen again");
    await workbench().screenshot("conversation top");
    const before = await top();
    const prompts = await frame.locator(".row.prompt").count();
    await server.client.prompt(sessionID, "And again\nDO say 100");
    await waitUntil(
      async () => (await frame.locator(".row.prompt").count()) > prompts,
      "it has come",
    );
    const after = await top();
    assert.ok(Math.abs(after - before) < 2, `what is read moved from ${before} to ${after}`);
    await frame.locator(".to-end").click();
    await seen(frame, "And again");
  });

  it("is also in the side bar, for the active session", async function () {
    await workbench().runCommand("View: Close All Editors");
    await workbench().expandView("Active Session");
    const frame = await shown();
    await waitUntil(async () => (await frame.locator("h1").textContent()) === TITLE, "its title");
    await seen(frame, "And again");
    await workbench().screenshot("conversation side bar");
    await frame.locator("textarea").click();
    await workbench().page.keyboard.press("Alt+ArrowUp");
    await frame.locator(".row.prompt:focus").waitFor();
  });

  it("has no accessibility violations in the side bar, in any theme", async () => {
    for (const [theme, body] of [
      ["highContrastDark", "body.vscode-high-contrast:not(.vscode-high-contrast-light)"],
      ["highContrastLight", "body.vscode-high-contrast-light"],
      ["light", "body.vscode-light"],
      ["dark", "body.vscode-dark"],
    ] as const) {
      await workbench().useTheme(theme);
      const shownBody = (await shown()).locator(body);
      await shownBody.waitFor();
      const side = await (await shownBody.elementHandle()).ownerFrame();
      await assertAccessible(side!, theme);
      await workbench().screenshot(`side bar ${theme}`);
    }
  });

  it("follows the active session in the side bar", async () => {
    const { id } = await server.client.createSession({ title: "Another one" });
    await server.client.prompt(id, "Hello there\nDO say 20");
    await workbench().clickRow(/^Another one/);
    await workbench().runCommand("OpenCode: Open Conversation");
    await waitUntil(async () => {
      const titles = await workbench()
        .page.locator(".pane-header", { hasText: "Another one" })
        .count();
      return titles === 1;
    }, "the view is about the other session");
  });

  /** Whether every message can be read, from the first to the last. */
  async function canReadAll(frame: FrameLocator): Promise<void> {
    await frame.locator("html").evaluate((page) => {
      page.scrollTop = 0;
    });
    await frame.locator(".row.prompt .message", { hasText: "notes.md" }).first().waitFor();
    await frame.locator(".to-end").click();
    await frame.locator(".row.prompt .message", { hasText: "And again" }).waitFor();
  }

  it("stays readable while the server is down, and says so", async function () {
    await workbench().view("Active Session").locator(".pane-header").first().click();
    await workbench().runCommand("View: Close All Editors");
    await workbench().clickRow(new RegExp(TITLE));
    await workbench().runCommand("OpenCode: Open Conversation");
    await workbench().tab(TITLE).waitFor();
    const frame = await shown();
    await server.kill();
    await frame.locator(".notice.warning:visible", { hasText: "Stale" }).waitFor();
    await frame.locator(".title-line", { hasText: "Stale" }).waitFor();
    await canReadAll(frame);
    await server.restart();
    await frame.locator(".notice.warning").waitFor({ state: "hidden" });
  });

  it("stays readable after its session was deleted, and says so", async function () {
    const frame = await shown();
    await server.client.remove(sessionID);
    await frame.locator(".notice.warning:visible", { hasText: "deleted" }).waitFor();
    await frame.locator(".title-line", { hasText: "Deleted" }).waitFor();
    await canReadAll(frame);
    await frame.locator("#tab-changes").click();
    await frame.locator(".notice.warning:visible", { hasText: "deleted" }).waitFor();
    await workbench().screenshot("conversation deleted");
    await frame.locator("#tab-conversation").click();
    // A hidden page is loaded again when it is shown.
    await workbench().runCommand("File: New Untitled Text File");
    await frame.locator("main").waitFor({ state: "detached" });
    await workbench().tab(TITLE).click();
    const again = await shown();
    await again.locator(".title-line", { hasText: "Deleted" }).waitFor();
    await canReadAll(again);
    await workbench().useTheme("light");
    await again.locator("body.vscode-light").waitFor();
    await again.locator("html").evaluate((page) => {
      page.scrollTop = 0;
    });
    await again.locator(".row.prompt .message").first().waitFor();
    await workbench().screenshot("conversation deleted light");
  });
});
