import assert from "node:assert/strict";
import path from "node:path";
import { after, before, describe, it } from "mocha";
import type { Page } from "playwright-core";

import { filesChanged } from "../../src/viewModels/documents/filesChanged.ts";
import { scratchDir } from "../support/project.mjs";
import {
  CONVERSATION,
  CONVERSATION_REF,
  REQUEST_CARDS,
  conversationState,
} from "../support/seed/conversationScenarios.ts";
import type { PromptOffers } from "../../src/viewModels/conversation/completion.ts";
import type { PromptBoxState } from "../../src/viewModels/conversation/promptBox.ts";
import { assertAccessible } from "../support/vscode/axe.ts";
import { hostConversation } from "../support/vscode/conversationHost.ts";
import { usageModelOf, usagePageOf } from "../support/seed/usageScenarios.ts";
import {
  scenarioModel,
  startWebviewHarness,
  type WebviewHarness,
  type WebviewInBrowser,
} from "../support/vscode/webviewHarness.ts";
import { WEBVIEW_THEMES, type WebviewThemeName } from "../support/vscode/webviewThemes.ts";

const THEMES = Object.keys(WEBVIEW_THEMES) as WebviewThemeName[];

/** Checks every page and tab with axe-core, in each VS Code theme. */
describe("accessible pages", () => {
  let harness: WebviewHarness;

  before(async () => {
    harness = await startWebviewHarness();
  });

  after(() => harness.stop());

  async function openConversation(
    options: {
      readonly theme?: WebviewThemeName;
      readonly width?: number;
      readonly height?: number;
    } = {},
  ): Promise<WebviewInBrowser> {
    const view = await harness.open({ ...options, tab: "conversation" });
    const host = await hostConversation(view, conversationState(), CONVERSATION_REF, Date.now());
    await host.serve(CONVERSATION);
    return view;
  }

  it("fit without scrolling sideways at 200 % zoom, and hide nothing that has the focus", async () => {
    // At that zoom, a window of 1100 × 900 px.
    const zoomed = { width: 550, height: 450 };
    const assertUsable = async (page: Page, what: string): Promise<void> => {
      assert.equal(await widthBeyond(page), 0, what);
      await page.screenshot({ path: pictureOf(`zoomed-${what}`) });
      assert.deepEqual(await hiddenByFocus(page), [], what);
    };
    const view = await harness.open(zoomed);
    await view.send({ type: "snapshot", model: scenarioModel("normal") });
    for (const tab of ["charts", "messages", "children"]) {
      await view.page.locator(`#tab-${tab}`).click();
      await assertUsable(view.page, tab);
    }
    await view.close();
    const conversation = await openConversation(zoomed);
    await assertUsable(conversation.page, "conversation");
    const said = { kind: "requests", requests: REQUEST_CARDS } as const;
    await conversation.send({ type: "requests", said });
    await assertUsable(conversation.page, "cards");
    await conversation.close();
    const low = await openConversation({ width: 250, height: 120 });
    const { y = 0 } = (await low.page.locator(".dock").boundingBox()) ?? {};
    assert.ok(y >= 76, `only ${y} of 120 px are left for the conversation`);
    const last = await low.page.getByText("Done.", { exact: true }).boundingBox();
    assert.ok(last !== null && last.y >= 0 && last.y + last.height <= y, "the end is not seen");
    await assertUsable(low.page, "low");
    await low.send({ type: "prompt", said: { kind: "state", state: PROMPT_STATE } });
    const field = low.page.getByRole("textbox", { name: "Prompt" });
    await field.fill("Why?");
    const written = await field.boundingBox();
    assert.ok(written !== null && written.y >= 0 && written.y + written.height <= 120, "the text");
    await assertUsable(low.page, "low-prompt");
    await low.send({ type: "requests", said });
    await assertUsable(low.page, "low-cards");
    await low.close();
    const usage = await harness.openUsage("usagePanel", zoomed);
    await usage.send({ type: "snapshot", model: usagePageOf(usageModelOf()) });
    assert.equal(await widthBeyond(usage.page), 0, "usage");
    await usage.close();
  });

  it("don't animate when reduced motion is requested", async () => {
    for (const [reducedMotion, isStill] of [
      ["no-preference", false],
      ["reduce", true],
    ] as const) {
      const view = await harness.open();
      await view.page.emulateMedia({ reducedMotion });
      await view.send({ type: "snapshot", model: scenarioModel("live") });
      await view.page.locator("#tab-charts").click();
      const moving = await view.page.evaluate(
        () =>
          [document, ...[...document.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot)]
            .flatMap((root) => root?.getAnimations() ?? [])
            .filter(({ playState }) => playState === "running").length,
      );
      assert.equal(moving === 0, isStill, `${reducedMotion}: ${String(moving)} things move`);
      await view.close();
    }
  });

  it("make everything reachable by the Tab key, and the tabs by the arrow keys", async () => {
    const view = await harness.open();
    await view.send({ type: "snapshot", model: scenarioModel("normal") });
    await view.page.locator("#tab-charts").focus();
    for (const tab of ["charts", "messages", "children"]) {
      assert.equal(await view.page.locator(`#tab-${tab}`).getAttribute("aria-selected"), "true");
      assert.deepEqual(await unreachableControls(view.page), [], tab);
      await view.page.locator(`#tab-${tab}`).focus();
      await view.page.keyboard.press("ArrowRight");
    }
    await view.close();
    const conversation = await openConversation();
    assert.deepEqual(await unreachableControls(conversation.page), [], "conversation");
    await conversation.close();
    const usage = await harness.openUsage("usagePanel");
    await usage.send({ type: "snapshot", model: usagePageOf(usageModelOf()) });
    assert.deepEqual(await unreachableControls(usage.page), [], "usage");
    await usage.close();
  });

  it("announce nothing on their own while figures arrive", async () => {
    const view = await harness.open();
    const model = scenarioModel("live");
    await view.send({ type: "snapshot", model });
    await view.page.locator("#tab-charts").click();
    const spoken = await view.page.evaluate(() => {
      const regions = document.querySelectorAll("[aria-live], [role=status], [role=alert], output");
      const changes: string[] = [];
      Object.assign(window, { changes });
      const watch = new MutationObserver((records) => {
        for (const { target } of records) changes.push(target.textContent ?? "");
      });
      for (const region of regions)
        watch.observe(region, { childList: true, characterData: true, subtree: true });
      return regions.length;
    });
    assert.ok(spoken > 0, "there is nothing that could speak");
    for (const scenario of ["normal", "live", "normal", "live"] as const) {
      await view.send({ type: "snapshot", model: scenarioModel(scenario) });
    }
    assert.deepEqual(await view.page.evaluate("window.changes"), []);
    await view.page.getByRole("button", { name: "Zoom In" }).click();
    const words = view.page.locator(".range-line [role=status]");
    await words.filter({ hasText: /^Messages \d+–\d+ of \d+/ }).waitFor({ state: "attached" });
    assert.equal((await view.page.evaluate<string[]>("window.changes")).length, 1);
    await view.close();
  });

  for (const theme of THEMES) {
    it(`have no violations in a breakdown, on any tab: ${theme}`, async () => {
      for (const scenario of ["normal", "live", "lost"] as const) {
        const view = await harness.open({ theme });
        const { page } = view;
        await view.send({ type: "snapshot", model: scenarioModel(scenario) });
        for (const tab of ["charts", "messages", "children"]) {
          await page.locator(`#tab-${tab}`).click();
          await assertAccessible(page, `${scenario}, ${tab}`);
        }
        await view.close();
      }
    });

    it(`have no violations in a conversation and its changes: ${theme}`, async () => {
      for (const width of [1100, 250]) {
        const view = await openConversation({ theme, width });
        for (const summary of await view.page.locator("summary").all()) await summary.click();
        await assertAccessible(view.page, `conversation, ${String(width)} px`);
        assert.equal(await widthBeyond(view.page), 0, `${String(width)} px`);
        await view.page.screenshot({
          path: path.join(scratchDir, `conversation-${theme}-${String(width)}.png`),
          fullPage: true,
        });
        await view.page.locator("#tab-changes").click();
        const files = filesChanged(CONVERSATION, undefined);
        await view.send({ type: "changes", files });
        await assertAccessible(view.page, `changes, ${String(width)} px`);
        await view.close();
      }
    });

    it(`have no violations in permission and question cards, at any step: ${theme}`, async () => {
      for (const width of [1100, 250]) {
        const view = await openConversation({ theme, width });
        const { page } = view;
        const said = { kind: "requests", requests: REQUEST_CARDS } as const;
        await view.send({ type: "requests", said });
        await assertAccessible(page, `cards, ${String(width)} px`);
        await page.screenshot({ path: pictureOf(`cards-${theme}-${String(width)}`) });
        await page.locator(".is-shielded").waitFor({ state: "detached" });
        await page.getByRole("button", { name: "Always Allow…" }).click();
        await assertAccessible(page, `always, ${String(width)} px`);
        await page.getByRole("button", { name: "Back" }).click();
        await page.getByRole("button", { name: "Reject…" }).click();
        await page.getByRole("button", { name: "Answer" }).focus();
        await page.keyboard.press("Enter");
        await assertAccessible(page, `reject, and answers that are missing, ${String(width)} px`);
        assert.deepEqual(await unreachableControls(page), [], `${String(width)} px`);
        assert.equal(await widthBeyond(page), 0, `${String(width)} px`);
        await page.screenshot({ path: pictureOf(`cards-steps-${theme}-${String(width)}`) });
        await view.close();
      }
    });

    it(`have no violations in a prompt box with everything around its text: ${theme}`, async () => {
      for (const width of [1100, 250]) {
        const view = await openConversation({ theme, width });
        const { page } = view;
        await view.send({ type: "prompt", said: { kind: "state", state: PROMPT_STATE } });
        await view.send({ type: "prompt", said: { kind: "offers", offers: PROMPT_OFFERS } });
        const field = page.getByRole("textbox", { name: "Prompt" });
        await field.fill("/re");
        await page.getByRole("listbox").waitFor();
        await page.keyboard.press("ArrowDown");
        const marked = await field.getAttribute("aria-activedescendant");
        assert.equal(
          await page.locator(".completions [aria-selected=true]").getAttribute("id"),
          marked,
        );
        await assertAccessible(page, `completion, ${String(width)} px`);
        await page.screenshot({ path: pictureOf(`prompt-completion-${theme}-${String(width)}`) });
        await field.fill("Why?\n".repeat(6));
        await view.send({
          type: "prompt",
          said: { kind: "note", message: "“a.zip” was not attached: it is too large." },
        });
        await assertAccessible(page, `prompt, ${String(width)} px`);
        assert.equal(await widthBeyond(page), 0, `${String(width)} px`);
        await page.screenshot({ path: pictureOf(`prompt-${theme}-${String(width)}`) });
        const last = await page.locator(".row").last().boundingBox();
        const dock = await page.locator(".dock").boundingBox();
        assert.ok(last !== null && dock !== null && last.y + last.height <= dock.y + 1, "covered");
        assert.ok(dock.height < 600, `the box is ${String(dock.height)} px high`);
        await view.close();
      }
    });

    it(`have no violations in the usage panel, as charts and as tables: ${theme}`, async () => {
      const { drill } = usageModelOf().trend.buckets.at(-2)!;
      const model = usageModelOf({ compareA: "ses_2_0", composition: "ses_2_0", drill });
      const view = await harness.openUsage("usagePanel", { theme });
      const { page } = view;
      await view.send({ type: "snapshot", model: usagePageOf(model) });
      await assertAccessible(page, "charts");
      const toggles = page.locator(".card-header vscode-button", { hasText: "Table" });
      for (let left = await toggles.count(); left > 0; left--) await toggles.first().click();
      await assertAccessible(page, "tables");
      await view.close();
    });

    it(`have no violations in the usage view: ${theme}`, async () => {
      const model = usageModelOf({}, undefined, { page: "view" });
      const view = await harness.openUsage("usageView", { theme, width: 250 });
      await view.send({ type: "snapshot", model: usagePageOf(model, "view") });
      await assertAccessible(view.page, "view");
      await view.close();
    });
  }
});

/** How many pixels a page is wider than its window. */
async function widthBeyond(page: Page): Promise<number> {
  return page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
}

function pictureOf(name: string): string {
  return path.join(scratchDir, `${name}.png`);
}

/** A running session with attached files and many notices to show. */
const PROMPT_STATE: PromptBoxState = {
  notice: { kind: "queued", text: "This session is running, so the prompt is queued" },
  isRunning: true,
  agent: { defaultName: "build", defaultKey: "build", chosen: "plan", chosenName: "plan" },
  model: {
    defaultName: "A model with a name that is long",
    defaultKey: "acme/long",
    chosen: undefined,
    chosenName: "",
  },
  hints: [
    { text: "Similar tasks: ~$0.40 (12 samples)", tooltip: "12 sessions" },
    { text: "$1.80 left for today", tooltip: "Budget for today: 82% used" },
  ],
  files: [
    { id: 1, name: "screenshot.png", size: "120 kB" },
    { id: 2, name: "a file with quite a long name that is cut somewhere.md", size: "2 kB" },
  ],
};

const PROMPT_OFFERS: PromptOffers = {
  agents: [
    { name: "plan", description: "", isPrimary: true },
    { name: "general", description: "Looks for things", isPrimary: false },
  ],
  models: [{ key: "acme/swift", name: "Swift", provider: "acme" }],
  commands: [
    { name: "review", description: "Reviews what was changed since the last commit, in detail" },
    { name: "release", description: "" },
  ],
};

/**
 * Visible, usable controls that the Tab key never reaches. Of tabs, only the selected one counts, and of radio buttons any
 * one of a group: the arrow keys move between the others.
 */
async function unreachableControls(page: Page): Promise<readonly string[]> {
  await page.evaluate(() => {
    const controls = document.querySelectorAll<HTMLElement>(
      "button, a[href], input, select, textarea, [tabindex], vscode-button, vscode-dropdown, vscode-panel-tab, vscode-checkbox",
    );
    for (const control of controls) {
      const isUsable =
        control.checkVisibility({ visibilityProperty: true }) &&
        !control.hasAttribute("disabled") &&
        control.getAttribute("tabindex") !== "-1" &&
        (!control.matches("[role=tab]") || control.getAttribute("aria-selected") === "true");
      if (isUsable) control.dataset["unreached"] = "";
    }
    document.addEventListener("focusin", (event) => {
      for (const passed of event.composedPath()) {
        if (passed instanceof HTMLElement) delete passed.dataset["unreached"];
        if (!(passed instanceof HTMLInputElement) || passed.type !== "radio") continue;
        for (const other of document.getElementsByName(passed.name)) {
          delete other.dataset["unreached"];
        }
      }
    });
  });
  const count = await page.locator("[data-unreached]").count();
  assert.ok(count > 3, `${String(count)} things to reach`);
  await page.locator("body").click({ position: { x: 1, y: 1 } });
  const left = page.locator("[data-unreached]:not([disabled])");
  // More than there were: messages are drawn, with their controls, as the focus comes near.
  for (let presses = 0; presses < 10 * count && (await left.count()) > 0; presses++) {
    await page.keyboard.press("Tab");
  }
  return left.evaluateAll((all) => all.map(({ outerHTML }) => outerHTML.slice(0, 160)));
}

/** Controls that are out of sight, or behind something else, when the Tab key has brought the focus to them. */
async function hiddenByFocus(page: Page): Promise<readonly string[]> {
  await page.locator("body").click({ position: { x: 1, y: 1 } });
  const seen = new Set<string>();
  const hidden = new Set<string>();
  for (let presses = 0; presses < 150; presses++) {
    await page.keyboard.press("Tab");
    const { name, isHidden } = await page.evaluate(async () => {
      await new Promise(requestAnimationFrame);
      const control = document.activeElement;
      if (control === null || control === document.body) return { name: "", isHidden: false };
      const box = control.getBoundingClientRect();
      const left = Math.max(0, box.left);
      const x = (left + Math.min(innerWidth, box.right)) / 2;
      // The middle of a control must be seen, and some part of what is higher than one.
      const ys =
        box.height <= 40
          ? [(box.top + box.bottom) / 2]
          : Array.from({ length: Math.floor(box.height / 5) }, (_, at) => box.top + at * 5);
      const isSeen = ys.some((y) => {
        const inFront = document.elementFromPoint(x, y);
        return inFront !== null && (control.contains(inFront) || inFront.contains(control));
      });
      return { name: control.outerHTML.slice(0, 160), isHidden: !isSeen };
    });
    if (isHidden) hidden.add(name);
    if (name === "" && seen.has(name)) break;
    seen.add(name);
  }
  assert.ok(seen.size > 3, `${String(seen.size)} things had the focus`);
  return [...hidden];
}
