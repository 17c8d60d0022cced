import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import type { FrameLocator, Locator } from "playwright-core";

import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { startScriptedProvider } from "../support/opencode/scriptedProvider.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

/** A day's work with OpenCode, each step on the session's page, in a real VS Code on a real server. */
describe("a working day on the session's page", () => {
  let provider: Awaited<ReturnType<typeof startScriptedProvider>>;
  let server: OpenCodeServer;
  let sessionID = "";

  before(async function () {
    provider = await startScriptedProvider();
    server = await startOpenCode({
      providerURL: provider.url,
      config: { snapshot: true, permission: { bash: "ask" } },
    });
    const [directory = ""] = server.directories;
    mkdirSync(path.join(directory, "src"), { recursive: true });
    writeFileSync(path.join(directory, "src", "garden.ts"), "export const roses = 12;\n");
    const { id } = await server.client.createSession({ title: "Water the lawn" });
    await server.client.prompt(id, "Begin\nDO say 20");
  });

  after(async () => {
    await server.stop();
    await provider.stop();
  });

  const workbench = useWorkbench(() => ({
    settings: {
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.notifications": "off",
    },
    folder: server.directories[0]!,
    viewport: { width: 1400, height: 900 },
  }));

  const page = (): FrameLocator => workbench().webview();
  const field = (): Locator => page().getByRole("textbox", { name: "Prompt" });
  const card = (text: string): Locator => page().locator(".request", { hasText: text });
  const press = (name: string): Promise<void> => page().getByRole("button", { name }).click();
  const idle = (): Promise<unknown> => server.client.waitUntilIdle(sessionID);

  async function send(text: string): Promise<void> {
    await field().fill(text);
    await field().press("Enter");
    await page()
      .locator(".row.prompt", { hasText: text.split("\n")[0] ?? "" })
      .last()
      .waitFor();
  }

  it("begins with a new session, and sends a file with its first prompt", async () => {
    await workbench().openSideBar();
    await workbench()
      .treeRow(/^Water the lawn/)
      .waitFor();
    const known = (await server.client.sessions()).map(({ id }) => id);
    await workbench().clickViewAction("New Session…");
    await workbench().pick(new RegExp(path.basename(server.directories[0]!)));
    await field().waitFor();
    const made = (await server.client.sessions()).find(({ id }) => !known.includes(id));
    sessionID = made?.id ?? "";
    await field().fill("Plant a hedge beside @gar");
    await page()
      .getByRole("option", { name: /garden\.ts/ })
      .click();
    assert.match(await field().inputValue(), /@src\/garden\.ts $/);
    await send(`${await field().inputValue()}please`);
    await idle();
    await page().getByText("File: src/garden.ts (text/plain)").waitFor();
    await send("Now plant it\nDO write src/hedge.ts 3 ;; say 60");
    await idle();
    await page()
      .getByText(/^Turn: /)
      .waitFor();
    await workbench().screenshot("day 1 prompt");
  });

  it("answers a permission and a question right where they are asked", async () => {
    await send("Check it\nDO bash echo checked ;; ask Which hedge? | Beech | Yew ;; say 30");
    await card("echo checked").getByRole("button", { name: "Allow Once" }).click();
    await card("Which hedge?").getByLabel("Beech").check();
    await workbench().screenshot("day 2 question");
    await card("Which hedge?").getByRole("button", { name: "Answer" }).click();
    await idle();
    await page().locator(".request").waitFor({ state: "detached" });
  });

  it("reads what a sub-session did, answers it on the parent's page, and returns", async () => {
    await send(
      "Ask somebody\nDO task general Look at the soil { bash echo soil ;; say 40 } ;; say 30",
    );
    await card("echo soil").getByText("Look at the soil").waitFor();
    await workbench().screenshot("day 3 child asks");
    await card("echo soil").getByRole("button", { name: "Allow Once" }).click();
    await idle();
    await page().locator(".row.answer summary", { hasText: "Look at the soil" }).last().click();
    await press("Open Sub-Session");
    await workbench()
      .tab(/Look at the soil/)
      .waitFor();
    await page().getByText("echo soil").first().waitFor();
    await workbench().screenshot("day 4 child");
    await workbench().runCommand("View: Close Editor");
    await page().getByText("Ask somebody").first().waitFor();
  });

  it("shows what was changed, and what it cost", async () => {
    await page().getByRole("tab", { name: "Changes" }).click();
    await page().locator(".changes", { hasText: "+3 −0" }).waitFor();
    await workbench().screenshot("day 5 changes");
    await page().getByRole("tab", { name: "Tokens" }).click();
    await page().locator("canvas").first().waitFor();
    await workbench().screenshot("day 6 tokens");
    await page().getByRole("tab", { name: "Conversation" }).click();
  });

  it("compacts, and reads the summary", async () => {
    await press("Compact…");
    await workbench().answerDialog("Compact");
    await page().locator(".row.compaction").waitFor();
    await page().locator(".row.summary .markdown").last().waitFor();
    await idle();
    await workbench().screenshot("day 7 compaction");
  });

  it("goes back to a prompt, edits it, and sends it again", async () => {
    await send("Trim it\nDO write src/hedge.ts 2 ;; say 20");
    await idle();
    const last = page().locator(".row.prompt", { hasText: "Trim it" });
    await last.hover();
    await last.getByRole("button", { name: "Revert to Here…" }).click();
    await workbench().answerDialog("Revert");
    await poll("the prompt in its box", async () =>
      (await field().inputValue()).includes("Trim it") ? true : undefined,
    );
    await workbench().screenshot("day 8 reverted");
    await send("Trim it less\nDO say 20");
    await idle();
    await last.first().waitFor();
    assert.equal(await page().getByText("Reverted:").isVisible(), false);
  });

  it("forks from a prompt, and moves on to the next session", async () => {
    const second = page().locator(".row.prompt", { hasText: "Check it" });
    await workbench().page.keyboard.press("Escape");
    await second.scrollIntoViewIfNeeded();
    await second.hover();
    await second.getByRole("button", { name: "Fork from Here" }).click();
    await page()
      .getByRole("heading", { name: /fork #1/ })
      .waitFor();
    await poll("the prompt in the fork's box", async () =>
      (await field().inputValue()).includes("Check it") ? true : undefined,
    );
    await workbench().screenshot("day 9 fork");
    await workbench().pickFrom("OpenCode: Switch Session…", /Water the lawn/);
    await workbench()
      .tab(/Water the lawn/)
      .waitFor();
    await page().getByText("Begin").first().waitFor();
    await workbench().screenshot("day 10 next session");
  });
});
