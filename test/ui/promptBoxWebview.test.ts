import assert from "node:assert/strict";
import { after, afterEach, before, beforeEach, describe, it } from "mocha";
import type { Locator, Page } from "playwright-core";

import type { FromPromptBox, ToPromptBox } from "../../src/protocol/promptBox.ts";
import type { PromptBoxState } from "../../src/viewModels/conversation/promptBox.ts";
import { CONVERSATION_REF, conversationState } from "../support/seed/conversationScenarios.ts";
import { hostConversation } from "../support/vscode/conversationHost.ts";
import {
  startWebviewHarness,
  type WebviewHarness,
  type WebviewInBrowser,
} from "../support/vscode/webviewHarness.ts";
import { quiet } from "../support/patience.mjs";

const READY: PromptBoxState = {
  notice: { kind: "ready", text: "" },
  isRunning: false,
  agent: { defaultName: "build", defaultKey: "build", chosen: undefined, chosenName: "" },
  model: { defaultName: "Sonnet", defaultKey: "acme/sonnet", chosen: undefined, chosenName: "" },
  hints: [],
  files: [],
};

/** The built prompt box without its extension, under the content policy of the real page. */
describe("prompt box webview", () => {
  let harness: WebviewHarness;
  let view: WebviewInBrowser;
  let page: Page;
  let field: Locator;

  before(async () => {
    harness = await startWebviewHarness();
  });

  after(() => harness.stop());

  beforeEach(async () => {
    view = await harness.open({ tab: "conversation" });
    await hostConversation(view, conversationState(), CONVERSATION_REF, Date.now());
    ({ page } = view);
    field = page.getByRole("textbox", { name: "Prompt" });
    await say({ kind: "state", state: READY });
  });

  afterEach(async () => {
    const { problems } = view;
    await view.close();
    assert.deepEqual(problems, [], "the page complained");
  });

  const say = (said: ToPromptBox): Promise<void> => view.send({ type: "prompt", said });
  async function asked(kind: FromPromptBox["kind"]): Promise<readonly FromPromptBox[]> {
    const said = await view.sentMessages();
    return said.flatMap((message) =>
      message.type === "prompt" && message.asked.kind === kind ? [message.asked] : [],
    );
  }

  it("sends a text once, and keeps it if it couldn't be sent", async () => {
    await field.fill("Hello");
    await page.keyboard.press("Enter");
    await page.keyboard.press("Enter");
    await page.keyboard.type("more");
    assert.deepEqual(await asked("send"), [{ kind: "send", text: "Hello" }]);
    assert.equal(await field.inputValue(), "Hello");
    await say({ kind: "outcome", isSent: false, message: "Not sent: the server is busy" });
    assert.equal(
      await page.locator(".prompt-status[role=status]").textContent(),
      "Not sent: the server is busy",
    );
    assert.equal(await field.inputValue(), "Hello");
    await page.keyboard.type(" again");
    await page.keyboard.press("Enter");
    assert.deepEqual((await asked("send")).at(-1), { kind: "send", text: "Hello again" });
    await say({ kind: "outcome", isSent: true, message: "" });
    assert.equal(await field.inputValue(), "");
    // A sent prompt is not a draft.
    await quiet(400);
    assert.doesNotMatch(JSON.stringify((await asked("wrote")).at(-1) ?? {}), /again/);
  });

  it("offers to steer when the running turn can take the prompt", async () => {
    const steer = page.locator("vscode-button", { hasText: "Steer" });
    const notice = {
      kind: "queued",
      text: "This session is running, so the prompt is queued",
    } as const;
    await say({ kind: "state", state: { ...READY, notice } });
    await field.fill("Hello");
    assert.ok(await steer.isHidden());
    await say({ kind: "state", state: { ...READY, notice: { ...notice, canSteer: true } } });
    await page.locator("vscode-button", { hasText: "Queue" }).click();
    assert.deepEqual((await asked("send")).at(-1), { kind: "send", text: "Hello" });
    await say({ kind: "outcome", isSent: false, message: "" });
    await steer.click();
    const steered = { kind: "send", text: "Hello", delivery: "steer" };
    assert.deepEqual((await asked("send")).at(-1), steered);
    await say({ kind: "outcome", isSent: false, message: "" });
    await field.press("Control+Enter");
    assert.deepEqual((await asked("send")).slice(2), [steered]);
  });

  it("leaves a composition alone: its keys, and what changes while it lasts", async () => {
    const input = await page.context().newCDPSession(page);
    const compose = (text: string): Promise<unknown> =>
      input.send("Input.imeSetComposition", {
        text,
        selectionStart: text.length,
        selectionEnd: text.length,
      });
    /** A key as an input method passes it on: without text of its own. */
    const press = (key: string): Promise<unknown> =>
      input.send("Input.dispatchKeyEvent", {
        type: "rawKeyDown",
        key,
        code: key,
        windowsVirtualKeyCode: 229,
      });
    await field.focus();
    await compose("に");
    await compose("にほ");
    await say({ kind: "insert", text: "@a.ts " });
    await say({ kind: "follow", text: "from the side bar" });
    await say({ kind: "state", state: { ...READY, isRunning: true } });
    for (const key of ["Enter", "ArrowUp", "ArrowDown", "Escape"]) await press(key);
    assert.equal(await field.inputValue(), "にほ");
    await compose("日本");
    assert.equal(await field.inputValue(), "日本");
    await press("Enter");
    await input.send("Input.insertText", { text: "日本" });
    assert.equal(await field.inputValue(), "日本 @a.ts ");
    assert.deepEqual([...(await asked("send")), ...(await asked("history"))], []);
    await page.keyboard.press("Shift+Enter");
    assert.equal(await field.inputValue(), "日本 @a.ts \n");
    await page.keyboard.press("Enter");
    assert.deepEqual(await asked("send"), [{ kind: "send", text: "日本 @a.ts \n" }]);
    await say({ kind: "outcome", isSent: true, message: "" });
    await input.detach();
  });

  it("sends nothing while sending is refused, and says why", async () => {
    const text = "“Fix” cannot be reached: its server “box” is not connected.";
    await say({ kind: "state", state: { ...READY, notice: { kind: "refused", text } } });
    await field.fill("Hello");
    const send = page.locator("vscode-button", { hasText: "Send" });
    assert.equal(await send.getAttribute("title"), text);
    assert.ok(await send.evaluate((button) => button.hasAttribute("disabled")));
    await page.locator(".prompt-notice", { hasText: text }).waitFor();
    await page.keyboard.press("Enter");
    // Heard again, but seen once.
    const status = page.locator(".prompt-status");
    assert.equal(await status.textContent(), text);
    assert.ok((await status.boundingBox())!.height <= 1);
    assert.deepEqual(await asked("send"), []);
    assert.equal(await field.inputValue(), "Hello");
  });

  it("leaves most of a low view to the conversation until a prompt is written", async () => {
    await page.setViewportSize({ width: 250, height: 142 });
    const buttons = page.locator(".prompt-bar");
    await buttons.waitFor({ state: "hidden" });
    assert.ok((await page.locator(".dock").boundingBox())!.height < 142 / 2);
    await field.focus();
    await buttons.waitFor();
  });

  it("reports drafts to its host, after a pause or when the focus leaves", async () => {
    await field.fill("Half a");
    await page.keyboard.type(" thought");
    await field.blur();
    assert.deepEqual((await asked("wrote")).at(-1), { kind: "wrote", text: "Half a thought" });
  });

  it("attaches dropped files by URI, and appears only on the conversation tab", async () => {
    await field.evaluate((element) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData("text/uri-list", "# two\r\nfile:///code/a.ts\r\nfile:///code/b.ts");
      const options = { dataTransfer, bubbles: true, cancelable: true };
      element.dispatchEvent(new DragEvent("drop", options));
    });
    assert.deepEqual(await asked("attachURIs"), [
      { kind: "attachURIs", uris: ["file:///code/a.ts", "file:///code/b.ts"] },
    ]);
    await say({ kind: "write", text: "See", isFocused: true });
    await say({ kind: "insert", text: "@a.ts " });
    assert.equal(await field.inputValue(), "See @a.ts ");
    const room = (): Promise<string> => page.evaluate(() => document.body.style.paddingBottom);
    assert.notEqual(await room(), "0px");
    await page.locator("#tab-changes").click();
    await field.waitFor({ state: "hidden" });
    assert.equal(await room(), "0px");
  });
});
