import assert from "node:assert/strict";
import { after, before, describe, it } from "mocha";
import type { FrameLocator, Locator } from "playwright-core";

import { pseudoTranslated } from "../support/messages.ts";
import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  PSEUDO_LOCALE,
  type PseudoExtension,
  pseudoExtension,
} from "../support/vscode/pseudoLocale.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { patientMs } from "../support/patience.mjs";

/** The test's own names have no Latin letters, so any plain Latin text is ours and untranslated. */
const TITLE = "Γράψε τα έγγραφα";
const CHILD = "Βρες το";
const SERVER = "Δοκιμή";

/** Never translated: names of models, agents, projects, files and places, file types, time zones, tools' parameters. */
const NAMES =
  /^(?:prompt|command)$|^Choose (?=Ναι|Όχι)|OpenCode|\bbash\b|\becho\b|scripted|[Ss]teady|@general subagent|build|general|\bapp\b|127\.0\.0\.1|https?:|CSV|JSON|PNG|UTC|AGENTS\.md|~?\/[\w./-]+/g;
/** Text that VS Code adds, which knows no pseudo-locale, and `Intl` output, which falls back to English. */
const VSCODE = /^Actions for |\bCtrl\+\w+|^Del$|^Cancel$|\b[A-Z][a-z]{2}, [A-Z][a-z]{2} \d/g;

/** What the model, its tools and commands of OpenCode say, in a conversation. */
const MODELS_WORDS = ".markdown, pre, .tool-name, .tool-title, .completions [role=option]";

describe("the display language", () => {
  let server: OpenCodeServer;
  let extension: PseudoExtension;

  before(async function () {
    extension = pseudoExtension();
    server = await startOpenCode({ permission: { bash: "ask" } });
    const { id } = await server.client.createSession({ title: TITLE });
    await server.client.prompt(id, `Ναι\nDO say 30 ;; task general ${CHILD} { say 20 } ;; say 40`);
  });
  after(async () => {
    await server.stop();
    extension.remove();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    language: PSEUDO_LOCALE,
    extensionRoot: extension.root,
    viewport: { width: 1500, height: 1000 },
    settings: {
      "opencodeSessions.servers": [{ url: server.url, name: SERVER }],
      "opencodeSessions.localDiscovery.enabled": false,
    },
  }));

  /** Opens a page by its command, and returns its document once it shows figures. */
  async function opened(command: string): Promise<FrameLocator> {
    await workbench().runCommand(`OpenCode: ${pseudoTranslated(command)}`);
    const frame = workbench().webview();
    await frame.locator("main .tile-value").first().waitFor();
    return frame;
  }

  it("applies to rows, their tooltips and menus, and to the status bar", async function () {
    await workbench().openSideBar();
    const row = workbench().treeRow(new RegExp(`^${TITLE}`));
    await row.waitFor();
    await workbench().toggleRow(new RegExp(`^${TITLE}`));
    await workbench().clickRow(new RegExp(`^${TITLE}`));
    await assertTranslated("rows", workbench().view().locator(".monaco-list-rows"));
    await assertTranslated(
      "the status bar",
      workbench().page.locator('.statusbar-item[id^="opencode-sessions"]'),
    );
    const { page } = workbench();
    const tooltip = await workbench().readTooltip(
      row.locator(".label-name"),
      TITLE,
      async (place) => await place.evaluateAll(textsIn, undefined),
    );
    assertNonePlain("the tooltip", tooltip);
    await page.mouse.move(900, 500);
    await row.click({ button: "right" });
    const menu = page.locator(".monaco-menu").first();
    await menu.waitFor();
    await assertTranslated("the menu", menu);
    await workbench().page.keyboard.press("Escape");
  });

  it("applies to a breakdown, on every tab", async function () {
    const frame = await opened("Show Token Breakdown");
    for (const tab of ["charts", "children", "messages"]) {
      await frame.locator(`#tab-${tab}`).click();
      await assertTranslated(tab, frame.locator("body"));
    }
    assert.equal(await frame.locator("html").getAttribute("lang"), "qps-Ploc");
  });

  it("applies to a conversation, its prompt box and cards, and to what needs attention", async function () {
    await workbench().runCommand(`OpenCode: ${pseudoTranslated("Open Conversation")}`);
    const page = workbench().webview();
    await page.locator(".row.answer").last().waitFor();
    await page.locator("#tab-conversation").click();
    for (const summary of await page.locator("summary").all()) await summary.click();
    await assertTranslated("the conversation", page.locator("body"), MODELS_WORDS);
    const field = page.locator(".prompt-text");
    await field.fill("/");
    await page.locator(".completions:visible").waitFor();
    await assertTranslated("the prompt box", page.locator(".dock"), MODELS_WORDS);
    await field.fill("Ναι\nDO bash echo ;; ask Τι; | Ναι | Όχι ;; say 5");
    await field.press("Enter");
    const card = page.locator(".request");
    await card.filter({ hasText: "echo" }).waitFor();
    await assertTranslated("a permission", page.locator("body"), MODELS_WORDS);
    await workbench().openSideBar();
    const attention = workbench().view(pseudoTranslated("Needs Attention"));
    await attention.getByRole("treeitem").first().waitFor();
    await assertTranslated("what needs attention", attention.locator(".monaco-list-rows"));
    await card.getByRole("button", { name: pseudoTranslated("Always Allow…") }).click();
    await assertTranslated("a wider permission", page.locator("body"), MODELS_WORDS);
    await card.getByRole("button", { name: pseudoTranslated("Back") }).click();
    await card.getByRole("button", { name: pseudoTranslated("Reject…") }).click();
    await assertTranslated("a rejection", page.locator("body"), MODELS_WORDS);
    await card.getByRole("button", { name: pseudoTranslated("Back") }).click();
    await card.getByRole("button", { name: pseudoTranslated("Allow Once") }).click();
    await card.filter({ hasText: "Τι;" }).waitFor();
    await card.getByRole("button", { name: pseudoTranslated("Answer"), exact: true }).click();
    await assertTranslated("a question", page.locator("body"), MODELS_WORDS);
    await card.getByRole("button", { name: pseudoTranslated("Decline") }).click();
    await card.waitFor({ state: "detached" });
    for (const { id } of await server.client.sessions()) await server.client.waitUntilIdle(id);
    await page.locator("#tab-changes").click();
    await assertTranslated("changes", page.locator("body"), MODELS_WORDS);
  });

  it("applies to usage, as charts and as tables", async function () {
    const frame = await opened("Open Usage");
    await assertTranslated("charts", frame.locator("body"));
    const table = pseudoTranslated("Table");
    const toggles = frame.locator(".card-header vscode-button:visible", { hasText: table });
    for (let left = await toggles.count(); left > 0; left--) await toggles.first().click();
    await assertTranslated("tables", frame.locator("body"));
  });

  it("applies to a dialog and a quick pick", async function () {
    await workbench().runCommand(`OpenCode: ${pseudoTranslated("Compact Session…")}`);
    await workbench().dialog.waitFor();
    await assertTranslated(
      "the dialog",
      workbench().dialog.locator(".dialog-message-container, .dialog-buttons"),
    );
    await workbench().page.keyboard.press("Escape");
    await workbench().runCommand(`OpenCode: ${pseudoTranslated("Sort Sessions By…")}`);
    await workbench().quickPickRow(pseudoTranslated("Most expensive first")).waitFor();
    assert.deepEqual(untranslated(await workbench().quickPickRows()), []);
    await workbench().page.keyboard.press("Escape");
  });

  it("applies to a command that failed", async function () {
    await workbench().runCommand(`OpenCode: ${pseudoTranslated("Rename Session…")}`);
    // Not the palette, which may still be closing.
    await poll("the input with the title", async () => {
      const value = await workbench()
        .quickInput.inputValue({ timeout: patientMs(1000) })
        .catch(() => "");
      return value === TITLE ? true : undefined;
    });
    await server.stop();
    await workbench().answer("Νέο");
    const toast = workbench().page.locator(".notification-toast", {
      hasText: pseudoTranslated("Rename Session").slice(1, -1),
    });
    await toast.waitFor();
  });

  it("is found missing from an untranslated text", () => {
    assert.deepEqual(untranslated(["[Šéššîöñ]", `Session ${TITLE}`, "OpenCode 12k"]), [
      `Session ${TITLE}`,
    ]);
  });
});

/** Checks all texts of a place but those within elements of `others`, a selector. */
async function assertTranslated(what: string, place: Locator, others?: string): Promise<void> {
  await place.first().waitFor({ state: "attached" });
  assertNonePlain(what, await place.evaluateAll(textsIn, others));
}

function assertNonePlain(what: string, texts: readonly string[]): void {
  assert.ok(texts.length > 0, `${what} says nothing`);
  const plain = untranslated(texts);
  assert.equal(plain.length, 0, `${what}: ${plain.join(" | ")}`);
}

const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();

/** The texts that contain a plain Latin word that isn't a name. */
function untranslated(texts: readonly string[]): string[] {
  const isPlain = (text: string): boolean =>
    /[A-Za-z]{3}/.test(text.replace(timeZone, "").replace(NAMES, "").replace(VSCODE, ""));
  return [...new Set(texts.filter(isPlain))];
}

/** The texts, labels and titles in elements that are visible or read aloud. */
function textsIn(places: readonly Element[], others = "script, style"): string[] {
  const texts: string[] = [];
  for (const place of places) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node: Node | null = place; node !== null; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (element?.closest("script, style") !== null || !element.checkVisibility()) continue;
      if (element.closest(others) !== null) continue;
      if (node !== element) texts.push((node.textContent ?? "").trim());
      else {
        for (const name of ["aria-label", "title", "aria-description", "placeholder"]) {
          texts.push(element.getAttribute(name) ?? "");
        }
      }
    }
  }
  return texts.filter((text) => text !== "");
}
