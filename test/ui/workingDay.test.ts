import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import type { FrameLocator, Locator } from "playwright-core";

import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { startScriptedProvider } from "../support/opencode/scriptedProvider.ts";
import { patientMs } from "../support/patience.mjs";
import { untilCount } from "../support/vscode/untilCount.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

/** Time limit of one step that is retried. */
const STEP = { timeout: patientMs(5000) };

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
    const file = page().locator("summary", { hasText: "File: src/garden.ts" });
    await file.click();
    await page().getByText("export const roses = 12;").waitFor();
    await file.click();
    await untilCount(page().getByText("Added by OpenCode"), 0);
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

  describe("without a mouse", () => {
    const press = (key: string): Promise<void> => workbench().page.keyboard.press(key);
    const type = (text: string): Promise<void> => workbench().page.keyboard.insertText(text);
    /** Runs a command from the palette; whatever takes the focus meanwhile closes the palette. */
    const run = async (title: string): Promise<void> => {
      const rows = workbench().page.locator(".quick-input-list .monaco-list-row.focused");
      await poll(`${title} in the palette`, async () => {
        await press("F1");
        try {
          await workbench().quickInput.fill(`>${title}`, STEP);
          await rows.filter({ hasText: title }).waitFor(STEP);
          await press("Enter");
          await rows.first().waitFor({ state: "hidden", ...STEP });
          return true;
        } catch {
          return undefined;
        }
      });
    };
    const isFocused = (control: Locator): Promise<boolean> =>
      control.evaluate(
        (element) => (element.getRootNode() as Document | ShadowRoot).activeElement === element,
      );
    /** Moves the focus to a control, which then has to be in sight. */
    const goTo = async (control: Locator, key: "Tab" | "Shift+Tab" = "Tab"): Promise<void> => {
      await control.waitFor({ state: "attached" });
      await poll(`the focus on ${String(control)}`, async () => {
        if (await isFocused(control)) return true;
        await press(key);
        return undefined;
      });
      // A page that is still drawing moves it.
      await poll(`${String(control)} in front, as it has the focus`, () =>
        control.evaluate((element) => {
          const root = element.getRootNode();
          const shown = root instanceof ShadowRoot ? root.host : element;
          const { left, top } = shown.getBoundingClientRect();
          return shown.contains(document.elementFromPoint(left + 5, top + 5)) || undefined;
        }),
      );
    };
    const activate = async (control: Locator, key?: "Tab" | "Shift+Tab"): Promise<void> => {
      await goTo(control, key);
      await press("Enter");
    };

    it("opens a session, writes a prompt, and answers a permission", async () => {
      ({ id: sessionID } = await server.client.createSession({ title: "Typed" }));
      await run("OpenCode: Focus on Sessions View");
      const row = workbench().treeRow(/^Typed/);
      await row.waitFor();
      let presses = 0;
      await poll("the row has the focus", async () => {
        if ((await row.getAttribute("class"))?.includes("focused") === true) return true;
        await press(presses++ % 8 === 0 ? "Home" : "ArrowDown");
        return undefined;
      });
      await press("Enter");
      await run("OpenCode: Open Conversation");
      await workbench()
        .tab(/^Typed/)
        .waitFor();
      await page().getByRole("heading", { name: "Typed" }).waitFor();
      await goTo(field());
      await type("Type\nDO bash echo typed ;; task general Look at the keys { say 20 } ;; say 30");
      await press("Enter");
      await activate(card("echo typed").getByRole("button", { name: "Allow Once" }), "Shift+Tab");
      await idle();
      await page().locator(".request").waitFor({ state: "detached" });
      await poll(
        "the focus is back in the box",
        async () => (await isFocused(field())) || undefined,
      );
    });

    it("reads a tool call and a sub-session, and goes through the tabs", async () => {
      const call = page().locator("details.tool", { hasText: "echo typed" });
      await activate(call.locator("summary"), "Shift+Tab");
      await call.locator(".tool-body pre").first().waitFor();
      await activate(page().getByRole("button", { name: "Open Sub-session" }).first());
      await workbench()
        .tab(/Look at the keys/)
        .waitFor();
      await run("View: Close Editor");
      await page().getByRole("heading", { name: "Typed" }).waitFor();
      await goTo(page().getByRole("tab", { name: "Conversation" }));
      await press("ArrowRight");
      await page().getByRole("tab", { name: "Tokens", selected: true }).waitFor();
      await press("ArrowLeft");
      await page().getByRole("tab", { name: "Conversation", selected: true }).waitFor();
    });

    it("compacts", async () => {
      await activate(page().getByRole("button", { name: "Compact…" }).first(), "Shift+Tab");
      await workbench().dialog.waitFor();
      await press("Enter");
      await workbench().dialog.waitFor({ state: "detached" });
      await page().locator(".row.compaction").waitFor();
      await idle();
    });

    it("chooses a time and a day of the usage, and reads the chart as a table", async () => {
      await run("OpenCode: Open Usage");
      const tile = page().locator("[data-tile=all]");
      await activate(tile);
      await page().locator("[data-tile=all][aria-pressed=true]").waitFor();
      const trend = page().locator("[data-chart=trend]");
      await goTo(trend.locator("canvas"));
      await press("End");
      await press("Enter");
      await page().locator("[data-chart=sessions] .sum-row").waitFor();
      const toggle = (label: string): Locator =>
        trend.locator("vscode-button", { hasText: label }).first();
      await activate(toggle("Table"), "Shift+Tab");
      await trend.locator("vscode-data-grid").first().waitFor();
      assert.ok(await isFocused(toggle("Chart")), "the button keeps the focus");
    });
  });
});
