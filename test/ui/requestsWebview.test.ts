import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "mocha";
import type { Page } from "playwright-core";

import type { Question } from "../../src/core/state/request.ts";
import type { FromPage } from "../../src/protocol/page.ts";
import type { RequestModel } from "../../src/viewModels/conversation/requests.ts";
import { assertHarmless, hostileTexts } from "../support/hostileTexts.ts";
import { CONVERSATION_REF, conversationState } from "../support/seed/conversationScenarios.ts";
import { hostConversation } from "../support/vscode/conversationHost.ts";
import {
  startWebviewHarness,
  type WebviewHarness,
  type WebviewInBrowser,
} from "../support/vscode/webviewHarness.ts";
import { untilCount } from "../support/vscode/untilCount.ts";
import { quiet } from "../support/patience.mjs";

const aCard = (requestID: string, overrides: object = {}): RequestModel => ({
  sessionID: "ses_1",
  requestID,
  from: undefined,
  headline: `bash: ${requestID}`,
  kind: "permission",
  tool: "bash",
  about: [{ name: "command", text: requestID }],
  diff: [],
  isCut: false,
  always: undefined,
  ...overrides,
});

const aQuestion = (text: string): Question => ({
  key: text,
  header: text,
  text,
  options: [{ value: text, label: text, description: text }],
  type: "choice",
  isMultiple: false,
  allowsCustom: true,
  isRequired: true,
  url: text,
  when: undefined,
});

/** The built cards of a page without its extension. */
describe("cards of requests that wait for an answer", () => {
  let harness: WebviewHarness;
  let view: WebviewInBrowser;

  before(async () => {
    harness = await startWebviewHarness();
  });
  after(() => harness.stop());
  afterEach(async () => {
    const { problems } = view;
    await view.close();
    assert.deepEqual(problems, [], "the page complained");
  });

  async function open(...requests: readonly RequestModel[]): Promise<Page> {
    view = await harness.open({ tab: "conversation" });
    const host = await hostConversation(view, conversationState([]), CONVERSATION_REF, Date.now());
    await host.serve([]);
    await show(...requests);
    return view.page;
  }
  const show = (...requests: readonly RequestModel[]): Promise<void> =>
    view.send({ type: "requests", said: { kind: "requests", requests } });
  const answers = async (): Promise<readonly FromPage[]> =>
    (await view.sentMessages()).filter(({ type }) => type === "answer");

  it("offer no way to allow what they can't show in full", async () => {
    const page = await open(aCard("long", { isCut: true, always: "All of it" }));
    await page.getByText("it can only be rejected here").waitFor();
    assert.equal(await page.getByRole("button", { name: /Allow/ }).count(), 0);
    await untilCount(page.getByRole("button", { name: "Reject…" }), 1);
  });

  it("are unharmed by hostile texts in any part", async () => {
    const page = await open(aCard("a"));
    // The card's model limits the length of each text.
    const { "10 MB": tooLong, ...texts } = hostileTexts();
    for (const [name, text] of Object.entries({
      ...texts,
      long: tooLong?.slice(0, 20_000) ?? "",
    })) {
      await show(
        aCard("a", {
          from: text,
          headline: text,
          tool: text,
          about: [{ name: "command", text }],
          diff: [{ kind: "added", text }],
          always: text,
        }),
        {
          sessionID: "ses_1",
          requestID: "b",
          from: text,
          headline: text,
          kind: "question",
          questions: [aQuestion(text)],
        },
      );
      await page.locator("[data-request=b]").waitFor();
      await assertHarmless(page, "[data-request]", name);
    }
  });

  it("ignore clicks for a moment when another card appears under the pointer", async () => {
    const page = await open(aCard("a"));
    await quiet(600);
    const box = await page.getByRole("button", { name: "Allow Once" }).boundingBox();
    assert.ok(box !== null);
    await show(aCard("a"), aCard("b"));
    await page.mouse.click(box.x + 5, box.y + 5);
    assert.deepEqual(await answers(), []);
    await quiet(600);
    await page.locator("[data-request=b]").getByRole("button", { name: "Allow Once" }).click();
    const [answer] = await answers();
    assert.ok(answer?.type === "answer");
    assert.equal(answer.answer.requestID, "b");
  });

  it("pass the focus to the next card, then to the prompt, when the focused one is answered", async () => {
    const page = await open(aCard("a"), aCard("b"));
    const focused = (): Promise<string> =>
      page.evaluate(
        () =>
          document.activeElement?.closest("[data-request]")?.getAttribute("data-request") ??
          document.activeElement?.tagName ??
          "",
      );
    await page.locator("[data-request=a]").getByRole("button", { name: "Reject…" }).focus();
    await show(aCard("b"));
    assert.equal(await focused(), "b");
    await show();
    assert.equal(await focused(), "TEXTAREA");
  });

  it("keep the focus while an answer is under way, and give it back to the button when it fails", async () => {
    const page = await open(aCard("a"), aCard("b"));
    const focused = (): Promise<string> =>
      page.evaluate(async () => {
        // A control that is disabled loses the focus when the page is drawn.
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        const card = document.activeElement?.closest("[data-request]");
        const at = document.activeElement?.matches("button") === true ? "button" : "card";
        return card === null || card === undefined
          ? (document.activeElement?.tagName ?? "")
          : `${at} ${card.getAttribute("data-request") ?? ""}`;
      });
    const once = page.locator("[data-request=a]").getByRole("button", { name: "Allow Once" });
    await once.focus();
    await page.keyboard.press("Enter");
    assert.equal(await focused(), "card a");
    await view.send({
      type: "requests",
      said: { kind: "failed", requestID: "a", reason: "The server is away." },
    });
    assert.equal(await focused(), "button a");
    await page.keyboard.press("Enter");
    await show(aCard("b"));
    assert.equal(await focused(), "card b");
    await page.locator("[data-request=b]").getByRole("button", { name: "Allow Once" }).focus();
    await page.keyboard.press("Enter");
    await show();
    assert.equal(await focused(), "TEXTAREA");
    assert.equal((await answers()).length, 3);
  });

  it("take the focus when navigated to, also from another tab", async () => {
    const page = await open(aCard("a"), aCard("b"));
    await page.locator("#tab-changes").click();
    await view.send({ type: "show", tab: "conversation" });
    await view.send({ type: "requests", said: { kind: "focus", requestID: "b" } });
    await page.locator("[data-request=b] .request-title:focus").waitFor();
  });

  it("show a failure, keep what was typed, and allow another try", async () => {
    const page = await open(aCard("a", { from: "Clean up" }));
    await quiet(600);
    await page.getByRole("button", { name: "Reject…" }).click();
    await page.getByRole("textbox", { name: /What should it do instead/ }).fill("Not now");
    await page.getByRole("button", { name: "Reject", exact: true }).click();
    await view.send({
      type: "requests",
      said: { kind: "failed", requestID: "a", reason: "The server is away." },
    });
    await page.getByText("The server is away.").waitFor();
    // Renaming a sub-session in the meantime doesn't reset the card.
    await show(aCard("a", { from: "Clean up the folder" }));
    await page.getByRole("button", { name: "Reject", exact: true }).click();
    assert.deepEqual(
      (await answers()).map((said) => said.type === "answer" && said.answer),
      Array.from({ length: 2 }, () => ({
        kind: "permission",
        reply: "reject",
        reason: "Not now",
        sessionID: "ses_1",
        requestID: "a",
      })),
    );
  });
});
