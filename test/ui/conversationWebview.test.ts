import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "mocha";
import type { Page } from "playwright-core";

import type { Message, MessagePart } from "../../src/core/state/message.ts";
import type { State } from "../../src/core/state/state.ts";
import { aServer, aSession, stateWith } from "../support/seed/builders.ts";
import { hostileTexts, assertHarmless } from "../support/hostileTexts.ts";
import { anAnswer, aPrompt, aTool } from "../support/seed/messages.ts";
import { hostConversation, type ConversationHost } from "../support/vscode/conversationHost.ts";
import {
  startWebviewHarness,
  type WebviewHarness,
  type WebviewInBrowser,
} from "../support/vscode/webviewHarness.ts";
import { untilCount } from "../support/vscode/untilCount.ts";
import { waitUntil } from "../support/vscode/paintedChart.ts";
import { quiet } from "../support/patience.mjs";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "ses_1" };
const NOW_MS = Date.UTC(2026, 10, 23, 12);

/** The built conversation without its extension, under the content policy of the real page. */
describe("conversation webview", () => {
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

  async function show(
    messages: readonly Message[],
    kept?: object,
  ): Promise<{ readonly page: Page; readonly host: ConversationHost }> {
    view = await harness.open({
      tab: "conversation",
      ...(kept === undefined ? {} : { savedState: kept }),
    });
    const host = await hostConversation(view, stateOf(messages), ref, NOW_MS);
    await host.serve(messages);
    return { page: view.page, host };
  }

  /** Closes the page and asserts that it reported no problems. */
  async function assertQuiet(name: string): Promise<void> {
    const problems = view?.problems;
    await view?.close();
    assert.deepEqual(problems, [], name);
  }

  const long = Array.from({ length: 2500 }, (_, at) => [
    aPrompt(`p${at}`, `Prompt ${at}`),
    anAnswer(`a${at}`, [
      { kind: "text", id: `t${at}`, text: answerText(at), isSynthetic: false },
      aTool(`tool${at}`, { title: `Run ${at}`, output: `output-${at}` }),
    ]),
  ]).flat();

  it("draws only the nearby ones of 5,000 messages, and any other when it is navigated to", async () => {
    const { page, host } = await show(long);
    await untilCount(page.locator(".row"), 5000);
    const drawn = await page.locator(".row .message").count();
    assert.ok(drawn > 4 && drawn < 80, `${drawn} are drawn`);
    await page.getByText("Prompt 2499", { exact: true }).waitFor();
    await page.evaluate(() => {
      document.documentElement.scrollTop = 0;
    });
    await host.serve();
    await page.getByText("Prompt 0", { exact: true }).waitFor();
    assert.ok((await page.locator(".row .message").count()) < 80, "what is far was taken away");
    await view?.send({ type: "show", tab: "conversation", messageID: "p1200" });
    await host.serve();
    const box = await page.locator("[data-message=p1200]").boundingBox();
    assert.ok(box !== null && box.y >= 0 && box.y < 120, `it is at ${String(box?.y)}`);
  });

  it("keeps the button that compacts in sight, wherever the conversation is read", async () => {
    const { page, host } = await show(long);
    const compact = page.getByRole("button", { name: "Compact…" });
    await untilCount(compact, 1);
    assert.ok(((await compact.boundingBox())?.y ?? 1e6) < 120, "at the end");
    await page.evaluate(() => {
      document.documentElement.scrollTop = 40_000;
    });
    await host.serve();
    assert.ok(((await compact.boundingBox())?.y ?? 1e6) < 120, "in the middle");
    await compact.click();
    const sent = (await view?.sentMessages()) ?? [];
    const commands = sent.filter(({ type }) => type === "command");
    assert.deepEqual(commands, [{ type: "command", command: "compact" }]);
    await page.locator("#tab-changes").click();
    await untilCount(compact, 1);
  });

  it("goes from prompt to prompt on Alt+Up and Alt+Down, and keeps the keys from VS Code", async () => {
    const { page, host } = await show(long, keptAt("p600"));
    await noteKeysThatLeave(page);
    const focused = async (id: string): Promise<void> => {
      await host.serve();
      await page.locator(`[data-message=${id}]:focus`).waitFor();
      // The browser would scroll smoothly.
      await quiet(500);
      const box = await page.locator(`[data-message=${id}]`).boundingBox();
      assert.ok(box !== null && box.y >= 0 && box.y < 120, `it is at ${String(box?.y)}`);
    };
    await page.getByText("Prompt 600", { exact: true }).waitFor();
    await page.keyboard.press("Alt+ArrowUp");
    await focused("p599");
    await page.getByRole("textbox", { name: "Prompt" }).focus();
    await page.keyboard.press("Alt+ArrowDown");
    await focused("p600");
    assert.equal(await keyThatLeft(page), "Alt");
    await page.locator("#tab-changes").click();
    await page.keyboard.press("Alt+ArrowUp");
    assert.equal(await keyThatLeft(page), "ArrowUp");
  });

  it("finds text that isn't drawn, opens what contains it, and moves between matches", async () => {
    const { page, host } = await show(long);
    await page.getByRole("searchbox").fill("output-77");
    await host.serve();
    await page.getByText("11", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await host.serve();
    await page.getByText("11 of 11").waitFor();
    await page.locator("[data-message=a779] pre", { hasText: "output-779" }).waitFor();
    await page.keyboard.press("Shift+Enter");
    await host.serve();
    await page.getByText("10 of 11").waitFor();
    await page.locator("[data-message=a778] pre", { hasText: "output-778" }).waitFor();
    const marks = await page.evaluate(() => CSS.highlights.get("found")?.size ?? 0);
    assert.ok(marks > 0, "nothing is marked");
    await page.getByRole("searchbox").fill("no such word");
    await host.serve();
    await page.getByText("No results").waitFor();
  });

  it("searches for a word that is being composed, without taking its keys", async () => {
    const { page, host } = await show(long);
    const input = await page.context().newCDPSession(page);
    await page.getByRole("searchbox").focus();
    await input.send("Input.imeSetComposition", {
      text: "output-77",
      selectionStart: 9,
      selectionEnd: 9,
    });
    await host.serve();
    await page.getByText("11", { exact: true }).waitFor();
    await input.send("Input.dispatchKeyEvent", {
      type: "rawKeyDown",
      key: "Enter",
      code: "Enter",
      windowsVirtualKeyCode: 229,
    });
    assert.equal(await page.getByRole("searchbox").inputValue(), "output-77");
    assert.equal(await page.locator(".find-count").textContent(), "11");
    await input.send("Input.insertText", { text: "output-77" });
    await page.keyboard.press("Enter");
    await page.getByText("11 of 11").waitFor();
    await input.detach();
  });

  it("searches by Ctrl+F, keeps the key from VS Code there, and returns the focus on Escape", async () => {
    const { page, host } = await show(long);
    await noteKeysThatLeave(page);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute("aria-label"));
    await page.getByRole("textbox", { name: "Prompt" }).focus();
    await page.keyboard.press("Control+f");
    assert.equal(await focused(), "Find in conversation");
    assert.equal(await keyThatLeft(page), "Control");
    await page.keyboard.press("Escape");
    assert.equal(await focused(), "Prompt");
    await page.keyboard.press("Control+f");
    await page.keyboard.type("output-77");
    await host.serve();
    await page.getByText("11", { exact: true }).waitFor();
    await page.keyboard.press("Enter");
    await host.serve();
    await page.keyboard.press("Escape");
    await page.locator("[data-message=a779]:focus").waitFor();
    await page.locator("#tab-changes").click();
    await page.keyboard.press("Control+f");
    assert.equal(await keyThatLeft(page), "f");
  });

  it("returns to where the user was reading", async () => {
    const { page } = await show(long, keptAt("p600"));
    await page.getByText("Prompt 600", { exact: true }).waitFor();
    const box = await page.locator("[data-message=p600]").boundingBox();
    assert.ok(box !== null && box.y >= 0 && box.y < 120, `it is at ${String(box?.y)}`);
    assert.ok(await page.getByRole("button", { name: "Jump to End" }).isVisible());
  });

  it("is still at its end after visiting another tab", async () => {
    const { page, host } = await show(long);
    const belowEnd = (): Promise<number> =>
      page.evaluate(() => {
        const { scrollHeight, scrollTop } = document.documentElement;
        return scrollHeight - scrollTop - window.innerHeight;
      });
    for (let times = 0; times < 5; times++) {
      // The tabs are visible at the end too, so the click doesn't scroll.
      await page.locator("#tab-changes").click();
      await host.serve();
      await page.locator(".conversation").waitFor({ state: "hidden" });
      await quiet(50 * times);
      await page.locator("#tab-conversation").click();
      await host.serve();
      await quiet(500);
      assert.ok((await belowEnd()) < 60, `${await belowEnd()} px below`);
    }
  });

  it("leaves a reader alone who scrolls up before it has scrolled to its end", async () => {
    const { page, host } = await show(long);
    await page.locator("#tab-changes").click();
    await host.serve();
    await page.locator(".conversation").waitFor({ state: "hidden" });
    // The page's frames are held, so that the reader is always in time.
    const { held, top } = await page.evaluate(async () => {
      const onFrame = window.requestAnimationFrame.bind(window);
      const frame = (): Promise<unknown> => new Promise(onFrame);
      const waiting: FrameRequestCallback[] = [];
      window.requestAnimationFrame = (run) => waiting.push(run);
      const runWaiting = (): void => {
        for (const run of waiting.splice(0)) run(performance.now());
      };
      document.querySelector<HTMLElement>("#tab-conversation")?.click();
      while (document.querySelector<HTMLElement>(".dock")?.hidden !== false) {
        await frame();
        runWaiting();
      }
      // What follows sizes has run; what was asked for the next frame has not.
      await frame();
      document.documentElement.scrollTop = 3000;
      // The page hears of it at the beginning of a frame.
      await frame();
      await frame();
      const count = waiting.length;
      window.requestAnimationFrame = onFrame;
      runWaiting();
      await frame();
      await frame();
      return { held: count, top: document.documentElement.scrollTop };
    });
    assert.ok(held > 0, "nothing was about to scroll");
    assert.ok(top < 10_000, `it was scrolled to ${top}`);
    assert.ok(await page.getByRole("button", { name: "Jump to End" }).isVisible());
  });

  it("has no empty lines and no hidden tab, and covers its text, in a narrow side bar", async () => {
    const { page, host } = await show(long, keptAt("p600"));
    await page.setViewportSize({ width: 250, height: 700 });
    await host.serve();
    const bodyBelowHead = await page.locator("[data-message=p600]").evaluate((row) => {
      const top = row.querySelector(".message-head")?.getBoundingClientRect().top ?? 0;
      return (row.querySelector(".message-body")?.getBoundingClientRect().top ?? 0) - top;
    });
    assert.ok(bodyBelowHead < 30, `the text is ${bodyBelowHead} px below the top of its head`);
    const toEnd = page.getByRole("button", { name: "Jump to End" });
    const { backgroundColor } = await toEnd.evaluate((button) => {
      const { backgroundColor } = getComputedStyle(button);
      return { backgroundColor };
    });
    assert.match(backgroundColor, /^rgb\(/, "the text below the button shows through");
    await page.locator("#tab-changes").evaluate((tab) => {
      if (tab instanceof HTMLElement) tab.click();
    });
    await waitUntil(async () => {
      const tab = await page.locator("#tab-changes").boundingBox();
      return tab !== null && tab.x >= 0 && tab.x + tab.width <= 250;
    }, "the selected tab is in view");
  });

  it("covers no figures with the buttons of the message under the pointer", async () => {
    const { page } = await show(long);
    const row = page.locator(".row.answer", { has: page.locator(".message") }).last();
    await row.hover();
    const actions = await row.locator(".message-actions").boundingBox();
    const figures = await row.locator(".message-figures").boundingBox();
    assert.ok(actions !== null && figures !== null && figures.width > 20);
    assert.ok(actions.x + actions.width <= figures.x, "the buttons are over the figures");
  });

  it("keeps its blocks and what the user unfolded while an answer grows", async () => {
    const start = [
      aPrompt("p", "Go"),
      growing("# One\n\nFirst.\n\n```ts\nconst a = 1;\n```\n\nLa"),
    ];
    const { page, host } = await show(start);
    await page.locator(".thought summary").click();
    await page.locator("pre").evaluate((code) => {
      code.setAttribute("data-kept", "yes");
    });
    await host.serve([
      start[0]!,
      growing("# One\n\nFirst.\n\n```ts\nconst a = 1;\n```\n\nLast **word**"),
    ]);
    await page.locator(".markdown strong", { hasText: "word" }).waitFor();
    assert.equal(await page.locator("pre[data-kept=yes] .hljs-keyword").textContent(), "const");
    assert.equal(await page.locator(".thought").getAttribute("open"), "");
  });

  it("colours the code and diffs of a tool call once it is opened", async () => {
    const { page } = await show([
      aPrompt("p", "Go"),
      anAnswer("a", [
        aTool("write", {
          input: { filePath: "a.ts", content: "const a = '<b>';\nlet b;\n" },
          output: "--- a.ts\n+++ a.ts\n@@ -1 +1 @@\n-let a;\n+const a = 1;\n",
        }),
      ]),
    ]);
    assert.equal(await page.locator(".tool-body .hljs").count(), 0);
    await page.locator(".tool summary").click();
    await page.locator(".tool-body .hljs").first().waitFor();
    const coloured = (kind: string) => page.locator(`.tool-body .hljs-${kind}`).allTextContents();
    assert.deepEqual(await coloured("string"), ['"a.ts"', "'<b>'"]);
    assert.deepEqual(await coloured("keyword"), ["const", "let"]);
    assert.deepEqual(await coloured("deletion"), ["-let a;"]);
    assert.deepEqual(await coloured("addition"), ["+const a = 1;"]);
  });

  it("announces an answer once, when it is complete", async () => {
    const prompt = aPrompt("p", "Go");
    const { page, host } = await show([prompt, growing("Half")]);
    const spoken = page.locator(".conversation [aria-live=polite].visually-hidden");
    assert.equal(await spoken.textContent(), "");
    await host.serve([prompt, anAnswer("a", "Half and whole.")]);
    assert.match((await spoken.textContent()) ?? "", /: Half and whole\.$/);
  });

  it("asks its host for links, copies, diffs and sub-sessions, and opens nothing itself", async () => {
    const { page } = await show([
      { ...aPrompt("p", "Go"), diffs: [{ file: "a.ts", additions: 1, deletions: 0, patch: "" }] },
      anAnswer("a", [
        { kind: "text", id: "t", text: "See [docs](https://example.com/x).", isSynthetic: false },
        aTool("tool", { tool: "task", childSessionID: "ses_2" }),
      ]),
    ]);
    const last = async () => (await view?.sentMessages())?.at(-1);
    await page.getByRole("link", { name: "docs" }).click();
    assert.deepEqual(await last(), { type: "openLink", href: "https://example.com/x" });
    await page.getByRole("button", { name: "a.ts" }).click();
    assert.deepEqual(await last(), { type: "openFileDiffs", messageID: "p", files: ["a.ts"] });
    await page.getByRole("button", { name: "Open Sub-session" }).click();
    assert.deepEqual(await last(), { type: "openSession", sessionID: "ses_2" });
    await page.locator("[data-message=a]").hover();
    await page.locator("[data-message=a]").getByRole("button", { name: "Copy" }).click();
    assert.deepEqual(await last(), {
      type: "copyText",
      text: "See [docs](https://example.com/x).",
    });
    await page.locator("[data-message=p]").getByRole("button", { name: "Fork from Here" }).focus();
    await page.keyboard.press("Enter");
    assert.deepEqual(await last(), { type: "command", command: "fork", messageID: "p" });
  });

  it("draws a valid picture, and only names an invalid one", async () => {
    const dot =
      "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    const file = (filename: string, data: string): MessagePart => ({
      kind: "file",
      id: filename,
      filename,
      mime: "image/png",
      pictureURL: `data:image/png;base64,${data}`,
    });
    const parts = [file("dot.png", dot), file("torn.png", "AAAA")];
    const { page } = await show([aPrompt("p", "", { parts })]);
    const picture = page.getByRole("img", { name: "File: dot.png" });
    await picture.waitFor();
    assert.ok(await picture.evaluate((drawn: HTMLImageElement) => drawn.naturalWidth === 1));
    await page.getByText("File: torn.png").waitFor();
    await untilCount(page.getByRole("img"), 1);
  });

  it("is unharmed by hostile Markdown, HTML, links, escapes, nesting and 10 MB", async function () {
    for (const [name, text] of Object.entries(hostileTexts())) {
      const { page, host } = await show([
        aPrompt("p", text),
        anAnswer("a", [
          { kind: "reasoning", id: "r", text },
          { kind: "text", id: "t", text, isSynthetic: false },
          aTool("tool", { title: text.slice(0, 1000), output: text, input: { command: text } }),
          aTool("bad", { status: "error", error: text, output: undefined }),
        ]),
        anAnswer("b", "", { error: text, parts: [] }),
      ]);
      for (const summary of await page.locator("summary").all()) await summary.click();
      await assertHarmless(page, ".conversation", name);
      await view?.send({ type: "show", tab: "conversation", messageID: "b" });
      await host.serve();
      await page.locator("[data-message=b] .message-error").waitFor();
      await assertQuiet(name);
    }
  });
});

function stateOf(messages: readonly Message[]): State {
  return stateWith(
    aServer({
      sessions: [aSession({ id: "ses_1", title: "Fix the test" })],
      live: () => [
        {
          type: "messages.loaded",
          serverID,
          sessionID: "ses_1",
          messages,
          isComplete: true,
          error: undefined,
        },
      ],
    }),
  );
}

/** VS Code listens for keys on the window, after the page. */
async function noteKeysThatLeave(page: Page): Promise<void> {
  await page.evaluate(() => {
    addEventListener("keydown", ({ key }) => {
      document.body.setAttribute("data-left", key);
    });
  });
}

async function keyThatLeft(page: Page): Promise<string | null> {
  return page.locator("body").getAttribute("data-left");
}

/** What VS Code saved for a page that was scrolled to a message. */
function keptAt(messageID: string): object {
  return {
    version: 1,
    ref,
    tab: "conversation",
    messageID,
    hiddenKinds: [],
    scope: "own",
    order: "newest",
    page: 0,
    scrollTop: 0,
    tableScrollTop: 0,
  };
}

function growing(text: string): Message {
  return anAnswer(
    "a",
    [
      { kind: "reasoning", id: "r", text: "A thought" },
      { kind: "text", id: "t", text, isSynthetic: false },
    ],
    { completedMs: undefined },
  );
}

function answerText(at: number): string {
  const lines = Array.from({ length: (at % 7) + 1 }, (_, line) => `Line ${line} of answer ${at}.`);
  return lines.join("\n\n");
}
