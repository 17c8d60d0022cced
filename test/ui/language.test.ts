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

/** Never translated: names of models, agents, projects, files and places, file types, time zones. */
const NAMES =
  /OpenCode|scripted|[Ss]teady|@general subagent|build|general|\bapp\b|127\.0\.0\.1|https?:|CSV|JSON|PNG|UTC|AGENTS\.md|~?\/[\w./-]+/g;
/** Text that VS Code adds, which knows no pseudo-locale, and `Intl` output, which falls back to English. */
const VSCODE = /^Actions for |\bCtrl\+\w+|^Del$|^Cancel$|\b[A-Z][a-z]{2}, [A-Z][a-z]{2} \d/g;

describe("the display language", () => {
  let server: OpenCodeServer;
  let extension: PseudoExtension;

  before(async function () {
    extension = pseudoExtension();
    server = await startOpenCode();
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
      async (place) => await place.evaluateAll(textsIn),
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

async function assertTranslated(what: string, place: Locator): Promise<void> {
  await place.first().waitFor({ state: "attached" });
  assertNonePlain(what, await place.evaluateAll(textsIn));
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
function textsIn(places: readonly Element[]): string[] {
  const texts: string[] = [];
  for (const place of places) {
    const walker = document.createTreeWalker(place, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    for (let node: Node | null = place; node !== null; node = walker.nextNode()) {
      const element = node instanceof Element ? node : node.parentElement;
      if (element?.closest("script, style") !== null || !element.checkVisibility()) continue;
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
