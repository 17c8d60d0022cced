import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { after, before, describe, it } from "mocha";
import type { FrameLocator, Locator } from "playwright-core";

import { at } from "../support/json.ts";
import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { waitUntil } from "../support/vscode/paintedChart.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { quiet } from "../support/patience.mjs";

const TALK = "Only talk";
const WORK = "Much work";
/** A picture of a single pixel. */
const DOT =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** The prompt box of a session's page in a real VS Code, on a real OpenCode server. */
describe("prompt box of a session's page", () => {
  let server: OpenCodeServer;
  let talkID: string;
  let workID: string;

  before(async function () {
    server = await startOpenCode({
      config: {
        snapshot: true,
        command: { shout: { template: "Say $ARGUMENTS loudly\nDO say 5", description: "Shouts" } },
      },
    });
    const [directory = ""] = server.directories;
    mkdirSync(path.join(directory, "src"), { recursive: true });
    writeFileSync(path.join(directory, "src", "garden.ts"), "export const roses = 12;\n");
    ({ id: talkID } = await server.client.createSession({ title: TALK }));
    ({ id: workID } = await server.client.createSession({ title: WORK }));
    await server.client.prompt(talkID, "First words\nDO say 5");
    await server.client.prompt(talkID, "Second words\nDO say 5");
    await server.client.prompt(workID, "Begin\nDO say 5");
  });

  after(async () => {
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    settings: {
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
    },
    folder: server.directories[0]!,
    viewport: { width: 1400, height: 900 },
  }));

  const row = (title: string): RegExp => new RegExp(`^${title}\\b`);
  const frame = (): FrameLocator => workbench().webview();
  const field = (): Locator => frame().getByRole("textbox", { name: "Prompt" });
  const status = (): Locator => frame().locator(".prompt-status");
  const options = (): Locator => frame().locator(".completions [role=option]");
  const keyboard = {
    type: (text: string) => workbench().page.keyboard.insertText(text),
    press: (key: string) => workbench().page.keyboard.press(key),
  };

  async function writeTo(title: string): Promise<void> {
    await workbench().chooseFromRowMenu(row(title), "Write a Prompt…");
    await workbench().tab(title).waitFor();
    await field().waitFor();
    await waitUntil(
      () => field().evaluate((element) => element === document.activeElement),
      "the box has the focus",
    );
  }

  async function drop(file: string): Promise<void> {
    await field().evaluate((area, uri) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData("text/uri-list", uri);
      area.dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    }, pathToFileURL(file).href);
  }

  async function lastPrompt(sessionID: string): Promise<unknown> {
    const messages = await server.client.messages(sessionID);
    return messages.findLast((message) => at(message, "info", "role") === "user");
  }

  async function untilPrompt(sessionID: string, text: string): Promise<unknown> {
    return poll(`the prompt “${text}”`, async () => {
      const prompt = await lastPrompt(sessionID);
      return JSON.stringify(prompt).includes(text) ? prompt : undefined;
    });
  }

  before(async function () {
    await workbench().openSideBar();
    await workbench().treeRow(row(TALK)).waitFor();
  });

  it("gets the focus from “Write a Prompt…”, grows with its text, and sends it on Enter", async () => {
    await writeTo(TALK);
    assert.match((await field().getAttribute("placeholder")) ?? "", /Enter sends/);
    const height = async (): Promise<number> => (await field().boundingBox())?.height ?? 0;
    const empty = await height();
    await keyboard.type("Tell a story");
    for (let line = 0; line < 4; line++) await keyboard.press("Shift+Enter");
    await keyboard.type("of three parts");
    await waitUntil(async () => (await height()) > empty + 20, "it has grown");
    for (let line = 0; line < 40; line++) await keyboard.press("Shift+Enter");
    await keyboard.type("DO slow 40 ;; say 60");
    await waitUntil(async () => (await height()) > 250, "it is as high as it gets");
    assert.ok((await height()) <= 0.41 * 900);
    await workbench().screenshot("prompt box grown");
    await keyboard.press("Enter");
    const sent = await untilPrompt(talkID, "Tell a story");
    assert.match(JSON.stringify(sent), /of three parts/);
    await status().getByText("The prompt was sent.").waitFor();
    assert.equal(await field().inputValue(), "");
    await frame().getByText("of three parts").waitFor();
    await server.client.waitUntilIdle(talkID);
    const bottom = await frame()
      .locator(".row")
      .last()
      .evaluate((element) => element.getBoundingClientRect().bottom);
    const top = await frame()
      .locator(".dock")
      .evaluate((element) => element.getBoundingClientRect().top);
    assert.ok(bottom <= top, `the end at ${String(bottom)} is under the box at ${String(top)}`);
    await workbench().screenshot("prompt box dark");
  });

  it("refuses an empty prompt next to the text, without a VS Code message", async () => {
    await field().click();
    await keyboard.press("Enter");
    await status().getByText("Not sent: The prompt is empty.").waitFor();
    assert.equal(await workbench().page.locator(".notification-toast").count(), 0);
  });

  it("steps back and forth through earlier prompts with the arrow keys", async () => {
    await field().click();
    await keyboard.type("half");
    await keyboard.press("ArrowUp");
    assert.equal(await field().inputValue(), "half");
    await keyboard.press("Home");
    await keyboard.press("ArrowUp");
    await waitUntil(
      async () => (await field().inputValue()).startsWith("Tell a story"),
      "the last",
    );
    await keyboard.press("ArrowUp");
    await waitUntil(
      async () => (await field().inputValue()).startsWith("Second"),
      "the one before",
    );
    await keyboard.press("Control+End");
    await keyboard.press("ArrowDown");
    await waitUntil(
      async () => (await field().inputValue()).startsWith("Tell a story"),
      "the last",
    );
    await keyboard.press("Control+End");
    await keyboard.press("ArrowDown");
    await waitUntil(async () => (await field().inputValue()) === "half", "what was begun");
    await field().fill("");
  });

  it("completes files and agents by keyboard, and sends the file with the prompt", async () => {
    await field().click();
    await keyboard.type("Count @gard");
    await options().filter({ hasText: "@src/garden.ts" }).waitFor();
    const marked = await field().getAttribute("aria-activedescendant");
    assert.equal(
      await frame()
        .locator(`#${marked ?? ""}`)
        .textContent(),
      "@src/garden.ts",
    );
    await keyboard.press("Tab");
    assert.equal(await field().inputValue(), "Count @src/garden.ts ");
    assert.equal(await options().count(), 0);
    await keyboard.type("with @");
    await options().filter({ hasText: "@general" }).waitFor();
    await workbench().screenshot("prompt box completion dark");
    await keyboard.press("Escape");
    assert.equal(await options().count(), 0);
    await field().fill("Count @src/garden.ts now\nDO say 5");
    await keyboard.press("Enter");
    const sent = JSON.stringify(await untilPrompt(talkID, "Count"));
    assert.match(sent, /"type":"file"[^}]*src\/garden\.ts|src\/garden\.ts[^}]*"type":"file"/);
    assert.match(sent, /roses = 12/);
    await server.client.waitUntilIdle(talkID);
  });

  it("runs a slash command with its arguments", async () => {
    await field().click();
    await keyboard.type("/sho");
    await options().filter({ hasText: "/shout" }).waitFor();
    await keyboard.press("Enter");
    assert.equal(await field().inputValue(), "/shout ");
    await keyboard.type("hooray");
    await keyboard.press("Enter");
    await untilPrompt(talkID, "Say hooray loudly");
    await waitUntil(async () => (await field().inputValue()) === "", "the box is empty");
    await server.client.waitUntilIdle(talkID);
  });

  it("sends a pasted picture, and allows removing one", async () => {
    const paste = (name: string, mime: string, base64: string): Promise<void> =>
      field().evaluate(
        (element, [fileName, type, data]) => {
          const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
          const clipboardData = new DataTransfer();
          clipboardData.items.add(new File([bytes], fileName, { type }));
          element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
        },
        [name, mime, base64] as const,
      );
    await paste("dot.png", "image/png", DOT);
    await paste("two.png", "image/png", DOT);
    await paste("a.zip", "application/zip", Buffer.from([80, 75, 0, 0]).toString("base64"));
    await status().getByText("“a.zip” was not attached").waitFor();
    await frame().getByRole("button", { name: "Remove two.png" }).click();
    await waitUntil(
      async () => (await frame().locator(".prompt-files li").count()) === 1,
      "one is left",
    );
    await keyboard.type("What is it?\nDO say 5");
    await workbench().screenshot("prompt box files dark");
    await keyboard.press("Enter");
    const sent = JSON.stringify(await untilPrompt(talkID, "What is it?"));
    assert.match(sent, /"mime":"image\/png"/);
    assert.match(sent, /"filename":"dot\.png"/);
    assert.doesNotMatch(sent, /two\.png/);
    await frame()
      .getByRole("img", { name: /dot\.png/ })
      .waitFor();
    await waitUntil(
      async () => (await frame().locator(".prompt-files li").count()) === 0,
      "it is gone with the prompt",
    );
    await server.client.waitUntilIdle(talkID);
  });

  it("sends a file from elsewhere as it is by then, and keeps the prompt if it is gone", async () => {
    const file = path.join(path.dirname(server.directories[0]!), "elsewhere.txt");
    const attached = frame().locator(".prompt-files li", { hasText: "elsewhere.txt" });
    writeFileSync(file, "as it was attached");
    await drop(file);
    await attached.waitFor();
    rmSync(file);
    await field().click();
    await keyboard.type("Read it now\nDO say 5");
    await keyboard.press("Enter");
    await status().getByText("“elsewhere.txt” could not be read.").waitFor();
    assert.equal(await field().inputValue(), "Read it now\nDO say 5");
    writeFileSync(file, "as it was sent");
    await keyboard.press("Enter");
    const sent = JSON.stringify(await untilPrompt(talkID, "Read it now"));
    assert.ok(sent.includes("as it was sent"), sent);
    await attached.waitFor({ state: "detached" });
    await server.client.waitUntilIdle(talkID);
  });

  it("attaches no folder, and nothing that only looks like a file", async () => {
    const pipe = path.join(path.dirname(server.directories[0]!), "pipe.txt");
    execFileSync("mkfifo", [pipe]);
    await drop(pipe);
    await status().getByText("“pipe.txt” was not attached: it is not a file.").waitFor();
    await drop(server.directories[0]!);
    await status().getByText("was not attached: it is a folder.").waitFor();
    assert.equal(await frame().locator(".prompt-files li").count(), 0);
  });

  it("adds the editor's selection, with its file and lines", async () => {
    await workbench().runCommand("Go to File...");
    await workbench().page.keyboard.insertText("garden.ts");
    await workbench()
      .quickPickRow(/garden\.ts/)
      .first()
      .click();
    await workbench().page.locator(".monaco-editor .view-line").first().click();
    await workbench().page.keyboard.press("Control+a");
    await workbench().runCommand("OpenCode: Attach Selection to Prompt");
    await waitUntil(
      async () =>
        (await field()
          .inputValue()
          .catch(() => "")) === "src/garden.ts:1\n```typescript\nexport const roses = 12;\n```\n",
      "the selection",
    );
    await field().fill("");
  });

  it("queues a prompt while the session is running, and stops the session", async () => {
    await server.client.promptAsync(workID, "Take your time\nDO slow 100 ;; forever");
    await workbench()
      .treeRow(new RegExp(`^${WORK}, working`))
      .waitFor();
    await writeTo(WORK);
    await frame()
      .locator(".prompt-notice", { hasText: "is running, so the prompt is queued" })
      .waitFor();
    await keyboard.type("Then say hello\nDO say 5");
    await workbench().screenshot("prompt box queued dark");
    await frame()
      .getByRole("button", { name: /^Queue/ })
      .click();
    await status().getByText("Queued until the running turn has ended.").waitFor();
    await workbench()
      .treeRow(/1 prompt queued/)
      .waitFor();
    await frame().getByRole("button", { name: /^Stop/ }).click();
    await poll("a session at rest", async () =>
      (await server.client.status())[workID] === undefined ? true : undefined,
    );
    await frame().getByRole("button", { name: /^Stop/ }).waitFor({ state: "hidden" });
  });

  it("sends with the picked agent and model", async () => {
    await field().click();
    await frame().locator("select option", { hasText: "plan" }).waitFor({ state: "attached" });
    await frame().getByRole("combobox", { name: "Agent" }).selectOption("plan");
    const swift = await frame()
      .locator("optgroup option", { hasText: /swift/i })
      .first()
      .getAttribute("value");
    await frame().getByRole("combobox", { name: "Model" }).selectOption(swift);
    await field().click();
    await keyboard.type("Plan the garden\nDO say 5");
    await keyboard.press("Enter");
    const sent = await untilPrompt(workID, "Plan the garden");
    assert.equal(at(sent, "info", "agent"), "plan");
    assert.equal(at(sent, "info", "model", "modelID"), "swift");
    await server.client.waitUntilIdle(workID);
  });

  it("keeps its files when closed", async () => {
    await writeTo(TALK);
    await field().evaluate((area, base64) => {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([bytes], "kept.png", { type: "image/png" }));
      area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    }, DOT);
    await frame().locator(".prompt-files li").waitFor();
    await workbench().runCommand("View: Close All Editors");
    await writeTo(TALK);
    await frame().locator(".prompt-files li", { hasText: "kept.png" }).waitFor();
    await frame()
      .getByRole("button", { name: /Remove kept\.png/ })
      .click();
    await waitUntil(
      async () => (await frame().locator(".prompt-files li").count()) === 0,
      "it is removed",
    );
  });

  it("keeps text, agent, model and large files when closed and across a window reload", async () => {
    await writeTo(TALK);
    await keyboard.type("Half a thought");
    await field().evaluate((area) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File(["x".repeat(2_000_000)], "large.txt"));
      area.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true }));
    });
    const large = frame().locator(".prompt-files li", { hasText: "large.txt (2 MB)" });
    await large.waitFor();
    await frame().getByRole("combobox", { name: "Agent" }).selectOption("plan");
    await quiet(1000);
    await workbench().runCommand("View: Close All Editors");
    await writeTo(TALK);
    await waitUntil(async () => (await field().inputValue()) === "Half a thought", "the draft");
    await workbench().reload();
    await field().waitFor();
    await waitUntil(async () => (await field().inputValue()) === "Half a thought", "the draft");
    await waitUntil(
      async () => (await frame().getByRole("combobox", { name: "Agent" }).inputValue()) === "plan",
      "the agent",
    );
    await large.waitFor();
    await frame().getByRole("button", { name: "Remove large.txt" }).click();
    await large.waitFor({ state: "detached" });
    await workbench().openSideBar();
  });

  it("is also readable in a light theme", async () => {
    await workbench().useTheme("light");
    await field().waitFor();
    await workbench().screenshot("prompt box light");
  });

  it("shows in the side bar what is written on the page, and the other way round", async () => {
    await writeTo(TALK);
    await workbench().expandView("Active Session");
    const pages = workbench().page.locator("iframe.webview.ready:visible");
    await waitUntil(async () => (await pages.count()) === 2, "two pages");
    const box = (at: number): Locator =>
      pages
        .nth(at)
        .contentFrame()
        .frameLocator("#active-frame")
        .getByRole("textbox", { name: "Prompt" });
    for (const [writer, reader] of [
      [box(0), box(1)],
      [box(1), box(0)],
    ] as const) {
      await writer.fill("");
      await waitUntil(async () => (await reader.inputValue()) === "", "an empty draft");
      await writer.pressSequentially("Same thought");
      await waitUntil(async () => (await reader.inputValue()) === "Same thought", "the draft");
      assert.equal(await writer.inputValue(), "Same thought");
    }
    await workbench().screenshot("prompt boxes of one session");
    await box(0).fill("");
  });

  it("contacts no other machine and logs no errors of its own", () => {
    assert.deepEqual(workbench().outsideRequests, []);
    assert.deepEqual(workbench().pageErrors, []);
  });
});
