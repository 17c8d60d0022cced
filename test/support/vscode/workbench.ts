import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { BrowserContext, ConsoleMessage, FrameLocator, Locator, Page } from "playwright-core";
import { evidenceTaken, offerEvidence, tailOf } from "../evidence.mjs";
import { poll } from "../opencode/client.ts";
import { scratchDir } from "../project.mjs";
import {
  copyExtension,
  installExtension,
  isOfMachine,
  linkExtension,
  runCommand,
  sharedBrowser,
  startServer,
  workbenchUrl,
  FINDABLE_ROWS,
} from "../vscodeHost.mjs";
import type { VscodeServer } from "../vscodeHost.mjs";
import { patientMs, waitMs } from "../patience.mjs";

/** Time limit of one step of an action that is retried. */
const STEP = { timeout: patientMs(5000) };

/** Where {@link Workbench.screenshot} saves its pictures. */
export const screenshotsDir = path.join(scratchDir, "screenshots");

export type Theme = "dark" | "light" | "highContrastDark" | "highContrastLight";

const themeNames: Readonly<Record<Theme, string>> = {
  dark: "Dark Modern",
  light: "Light Modern",
  highContrastDark: "Default High Contrast",
  highContrastLight: "Default High Contrast Light",
};

const UNTRUSTED_SETTINGS = {
  "security.workspace.trust.enabled": true,
  "security.workspace.trust.startupPrompt": "never",
};

export interface WorkbenchOptions {
  /** User settings, e.g. `opencodeSessions.servers`. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Default `dark`. */
  readonly theme?: Theme;
  /** The workspace folder; an empty one by default. */
  readonly folder?: string;
  /** Environment of the extension host; not VSCODE_* or ELECTRON_*, which VS Code hides. */
  readonly env?: Readonly<Record<string, string>>;
  /** Installs this package instead of the working copy. */
  readonly vsix?: string;
  /** The display language, as VS Code names it; English by default. VS Code's own texts stay English. */
  readonly language?: string;
  /** A working copy other than this project. */
  readonly extensionRoot?: string;
  /** Folders of other extensions to install as well. */
  readonly besides?: readonly string[];
  /** Leaves out VS Code's chat and the built-in extensions that no test needs, which take seconds to start. */
  readonly fewBuiltIns?: boolean;
  /** Leaves folders untrusted until someone trusts them, without asking at startup; by default all are trusted. */
  readonly workspaceTrust?: boolean;
  /** Default 1280 × 800. */
  readonly viewport?: { readonly width: number; readonly height: number };
}

/** A visible row of a tree view. */
export interface TreeRow {
  readonly label: string;
  readonly description: string;
  /** 1 is the outermost. */
  readonly level: number;
  /** Undefined for a row without children. */
  readonly isExpanded: boolean | undefined;
  readonly isSelected: boolean;
  /** What a screen reader says. */
  readonly accessibleName: string;
}

/**
 * A real VS Code with the extension installed, in a headless browser. What a user sees and clicks is found by name,
 * not by selector. Everything it starts ends with {@link close}, or with the program.
 */
export class Workbench {
  readonly page: Page;
  readonly server: VscodeServer;
  /** Errors of the page that VS Code did not catch. */
  readonly pageErrors: readonly string[];
  /** Requests to hosts other than loopback; there should be none. */
  readonly outsideRequests: readonly string[];
  readonly #temporaryDir: string;
  readonly #forgetEvidence: () => void;
  #settings: Readonly<Record<string, unknown>>;

  private constructor(parts: {
    page: Page;
    server: VscodeServer;
    temporaryDir: string;
    settings: Readonly<Record<string, unknown>>;
  }) {
    this.page = parts.page;
    this.server = parts.server;
    this.#temporaryDir = parts.temporaryDir;
    this.#settings = parts.settings;
    this.pageErrors = recordPageErrors(parts.page);
    this.outsideRequests = recordOutsideRequests(parts.page);
    this.#forgetEvidence = offerEvidence("the window", (fileBase) => this.#look(fileBase));
  }

  /** Starts VS Code and resolves when its window is drawn; the extension activates a moment later. */
  static async open(options: WorkbenchOptions = {}): Promise<Workbench> {
    const temporaryDir = mkdtempSync(path.join(tmpdir(), "workbench-"));
    const extensionsDir = path.join(temporaryDir, "extensions");
    const folder = options.folder ?? path.join(temporaryDir, "workspace");
    mkdirSync(folder, { recursive: true });
    const settings = {
      ...FINDABLE_ROWS,
      "workbench.colorTheme": themeNames[options.theme ?? "dark"],
      ...(options.fewBuiltIns === true ? { "chat.disableAIFeatures": true } : {}),
      ...(options.workspaceTrust === true ? UNTRUSTED_SETTINGS : {}),
      ...options.settings,
    };
    let server: VscodeServer | undefined;
    let context: BrowserContext | undefined;
    try {
      if (options.vsix === undefined) copyExtension(extensionsDir, options.extensionRoot);
      else installExtension(extensionsDir, options.vsix);
      for (const folder of options.besides ?? []) linkExtension(extensionsDir, folder);
      server = await startServer({
        extensionsDir,
        settings,
        env: { ...options.env },
        fewBuiltIns: options.fewBuiltIns ?? false,
        workspaceTrust: options.workspaceTrust ?? false,
      });
      context = await (
        await sharedBrowser()
      ).newContext({
        viewport: options.viewport ?? { width: 1280, height: 800 },
        permissions: ["clipboard-read", "clipboard-write"],
      });
      context.setDefaultTimeout(waitMs);
      // tsx names functions through a helper that does not exist in a page.
      await context.addInitScript("globalThis.__name = (made) => made;");
      await context.addInitScript(recordToasts);
      await context.addInitScript(recordFocus);
      if (options.language !== undefined) {
        const name = JSON.stringify(options.language);
        await context.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${name};`);
      }
      const page = await context.newPage();
      const workbench = new Workbench({ page, server, temporaryDir, settings });
      await page.goto(workbenchUrl(server, { folder }));
      await workbench.#drawn();
      return workbench;
    } catch (error) {
      await context?.close();
      await server?.stop();
      rmSync(temporaryDir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Opens another window on another folder: a second extension host that shares the user's storage. */
  async openWindow(folder: string): Promise<Page> {
    mkdirSync(folder, { recursive: true });
    const page = await this.page.context().newPage();
    await page.goto(workbenchUrl(this.server, { folder }));
    await page.locator(".statusbar .statusbar-item").first().waitFor();
    return page;
  }

  /** Reloads the window by VS Code's own command: the extension host restarts, and VS Code restores what was open. */
  async reload(): Promise<void> {
    const loaded = this.page.waitForEvent("domcontentloaded");
    await this.runCommand("Developer: Reload Window");
    await loaded;
    await this.#drawn();
  }

  /**
   * Merges settings into the present ones. VS Code notices those of the machine within a second. Others go through
   * the settings editor: VS Code doesn't always notice a changed user file, but it does notice that one was saved.
   */
  async changeSettings(settings: Readonly<Record<string, unknown>>): Promise<void> {
    this.#settings = { ...this.#settings, ...settings };
    this.server.writeSettings(this.#settings);
    if (Object.keys(settings).every(isOfMachine)) return;
    await this.runCommand("Preferences: Open User Settings (JSON)");
    const editor = this.page.locator('.monaco-editor[data-uri$="/User/settings.json"]');
    await editor.locator(".view-line").first().waitFor();
    await editor.locator(".view-line").first().click();
    await this.page.keyboard.press("Control+End");
    await this.page.keyboard.insertText(" ");
    await this.page.keyboard.press("Control+s");
    await this.page.locator(".monaco-modal-editor-block .codicon-close").last().click();
    await editor.waitFor({ state: "detached" });
  }

  /** Switches the colour theme while the window runs. */
  async useTheme(theme: Theme): Promise<void> {
    await this.changeSettings({ "workbench.colorTheme": themeNames[theme] });
    const kind = {
      dark: "vs-dark",
      light: "vs",
      highContrastDark: "hc-black",
      highContrastLight: "hc-light",
    }[theme];
    await this.page.locator(`.monaco-workbench.${kind}`).waitFor();
  }

  /** Shows the extension's views in the side bar, as soon as VS Code has registered them. */
  async openSideBar(): Promise<void> {
    await this.#activityIcon().waitFor();
    // Not by the icon: while VS Code is still restoring the window, a click would hide the views again.
    await this.runCommand("View: Show OpenCode");
    await this.page.locator(".sidebar .pane").first().waitFor();
  }

  /** The number on the activity bar's OpenCode icon, or an empty string. */
  async activityBadge(): Promise<string> {
    const icon = this.#activityIcon();
    const badge = icon.locator(".badge-content");
    return (await badge.count()) === 0 ? "" : ((await badge.first().textContent()) ?? "");
  }

  #activityIcon(): Locator {
    const label = this.page.locator('.action-label[aria-label^="OpenCode"]');
    return this.page.locator(".activitybar .action-item", { has: label }).first();
  }

  /** A view of the side bar by its title; by default the sessions, at the top. */
  view(title = "Sessions"): Locator {
    const panes = this.page.locator(".sidebar .pane");
    if (title === "Sessions") return panes.first();
    // The label of a focused view begins with how to get help.
    return panes.filter({ has: this.page.locator(`.pane-header[aria-label*="${title}"]`) }).first();
  }

  /** Expands a collapsed view. A click is lost if a busy window moves its views at that moment, so it is repeated. */
  async expandView(title: string): Promise<void> {
    const header = this.view(title).locator(".pane-header").first();
    await poll(
      `the view ${title} is open`,
      async () => {
        if ((await header.getAttribute("aria-expanded")) === "true") return true;
        await header.click();
        return undefined;
      },
      { everyMs: 500 },
    );
  }

  /** A row of a view's tree by its accessible name: label, description and more. */
  treeRow(name: string | RegExp, view?: string): Locator {
    return this.view(view).getByRole("treeitem", { name }).first();
  }

  /** The rows of a view that are currently drawn; a long tree draws only the visible ones. */
  async treeRows(view?: string): Promise<TreeRow[]> {
    const items = await this.view(view)
      .locator("[role=treeitem]")
      .evaluateAll((elements) =>
        elements.map((element) => ({
          top: element.getBoundingClientRect().top,
          label: element.querySelector(".label-name")?.textContent ?? "",
          description: element.querySelector(".label-description")?.textContent ?? "",
          level: Number(element.getAttribute("aria-level")),
          expanded: element.getAttribute("aria-expanded"),
          selected: element.getAttribute("aria-selected"),
          accessibleName: element.getAttribute("aria-label") ?? "",
        })),
      );
    return items
      .sort((a, b) => a.top - b.top)
      .map(({ label, description, level, expanded, selected, accessibleName }) => ({
        label,
        description,
        level,
        isExpanded: expanded === null ? undefined : expanded === "true",
        isSelected: selected === "true",
        accessibleName,
      }));
  }

  /** Expands or collapses a row with children. */
  async toggleRow(name: string | RegExp, view?: string): Promise<void> {
    await this.#leaveTooltips();
    await this.treeRow(name, view).locator(".monaco-tl-twistie").click();
  }

  /** Clicks a row, which selects it and runs its command. */
  async clickRow(
    name: string | RegExp,
    view?: string,
    modifiers: readonly ("Control" | "Shift")[] = [],
  ): Promise<void> {
    await this.#leaveTooltips();
    await this.treeRow(name, view).click({ modifiers: [...modifiers] });
  }

  /** Clicks a button that a row shows while the mouse is over it. */
  async clickRowAction(
    name: string | RegExp,
    action: string | RegExp,
    view?: string,
  ): Promise<void> {
    const row = this.treeRow(name, view);
    await this.#untilRowIsKnown(async () => {
      await row.hover(STEP);
      await row.getByRole("button", { name: action }).first().click(STEP);
    });
  }

  /** Clicks an entry of a row's context menu; of a submenu when both are given. */
  async chooseFromRowMenu(
    name: string | RegExp,
    entry: string | readonly [submenu: string, entry: string],
    view?: string,
  ): Promise<void> {
    await this.#untilRowIsKnown(async () => {
      await this.treeRow(name, view).click({ button: "right", ...STEP });
      const item = (label: string) =>
        this.page
          .getByRole("menuitem")
          .filter({ has: this.page.getByText(label, { exact: true }) })
          .first();
      const path = typeof entry === "string" ? [entry] : entry;
      if (path.length > 1) await item(path[0]).hover(STEP);
      const last = item(path.at(-1)!);
      await last.waitFor(STEP);
      await clickUntilGone(last);
    });
  }

  /** The entries of a row's context menu, from top to bottom, without those of submenus. */
  async rowMenu(name: string | RegExp, view?: string): Promise<string[]> {
    await this.#leaveTooltips();
    await this.treeRow(name, view).click({ button: "right" });
    const items = this.page.locator(".context-view [role=menuitem], .monaco-menu [role=menuitem]");
    await items.first().waitFor();
    return await items.evaluateAll((elements) =>
      elements.map((element) => element.querySelector(".action-label")?.textContent ?? ""),
    );
  }

  /** Closes an open tooltip, which would cover other rows. Every click on a row begins with this. */
  async #leaveTooltips(): Promise<void> {
    const tooltip = this.page.locator(".workbench-hover:visible").first();
    if ((await tooltip.count()) === 0) return;
    await this.page.mouse.move(700, 400);
    await tooltip.waitFor({ state: "hidden" });
  }

  /** Retries, as the user is asked to, if VS Code was redrawing the row at the moment of the click. */
  async #untilRowIsKnown(act: () => Promise<void>): Promise<void> {
    const refusal = this.toast("This row was just redrawn");
    for (let attempt = 0; attempt < 3; attempt++) {
      await persist(this.page, async () => {
        await this.#leaveTooltips();
        await act();
      });
      const isLost = await refusal.waitFor({ timeout: patientMs(250) }).then(
        () => true,
        () => false,
      );
      if (!isLost) return;
      await refusal.hover();
      await refusal.getByRole("button", { name: /^Clear Notification/ }).click();
      await refusal.waitFor({ state: "hidden" });
    }
  }

  /**
   * Hovers over something and reads its tooltip, which contains `text`. VS Code closes a tooltip when it redraws the
   * target, so this hovers again, also if that happens while the tooltip is read.
   */
  async readTooltip<T>(
    target: Locator,
    text: string | RegExp,
    read: (tooltip: Locator) => Promise<T>,
  ): Promise<T> {
    const tooltip = this.page.locator(".monaco-hover:visible", { hasText: text }).last();
    const found: T[] = [];
    await persist(this.page, async () => {
      await this.page.mouse.move(640, 300);
      await target.hover(STEP);
      await tooltip.waitFor(STEP);
      found.push(await read(tooltip));
    });
    return found[0]!;
  }

  /** Clicks a button in the title of a side bar's view. */
  async clickViewAction(action: string | RegExp): Promise<void> {
    await this.#leaveTooltips();
    // A single view has no header of its own.
    const header = this.page.locator(".sidebar .pane-header:visible").first();
    const isAlone = (await header.count()) === 0;
    await (isAlone ? this.page.locator(".sidebar .composite.title") : header).first().hover();
    await this.page.locator(".sidebar").getByRole("button", { name: action }).first().click();
  }

  /** Runs a command from the palette by its full title, e.g. `OpenCode: Compact Session…`. */
  async runCommand(title: string): Promise<void> {
    await runCommand(this.page, title);
  }

  /** The input of the quick pick or input box that is open. */
  get quickInput(): Locator {
    return this.page
      .locator(
        '.quick-input-widget:visible input[type="text"], .quick-input-widget:visible input[type="password"]',
      )
      .first();
  }

  /** The accessible names of the rows of the open quick pick. */
  async quickPickRows(): Promise<string[]> {
    const rows = this.page.locator(".quick-input-list .monaco-list-row");
    await rows.first().waitFor();
    return await rows.evaluateAll((elements) =>
      elements.map((element) => element.getAttribute("aria-label") ?? ""),
    );
  }

  /** A row of the open quick pick. */
  quickPickRow(text: string | RegExp): Locator {
    return this.page.locator(".quick-input-list .monaco-list-row", { hasText: text }).first();
  }

  /** Picks a row of the quick pick. */
  async pick(text: string | RegExp): Promise<void> {
    await this.quickPickRow(text).click();
  }

  /** Fills the open input and confirms it, after waiting for a list that is about to close. */
  async answer(text: string): Promise<void> {
    await this.quickInput.waitFor();
    await this.page.locator(".quick-input-list").waitFor({ state: "hidden" });
    await this.quickInput.fill(text);
    await this.quickInput.press("Enter");
  }

  /** Picks a row of the list that a command opens. If something else takes the focus, the list closes and is reopened. */
  async pickFrom(command: string, text: string | RegExp): Promise<void> {
    await persist(this.page, async () => {
      await this.runCommand(command);
      await this.quickPickRow(text).click(STEP);
    });
  }

  /**
   * Fills the input that a command opens and confirms it. If something closes the input, it is reopened; an `effect` shows
   * that it was not closed just before it was confirmed.
   */
  async answerTo(command: string, text: string, effect?: Locator): Promise<void> {
    await persist(this.page, async () => {
      await this.runCommand(command);
      await this.quickInput.waitFor(STEP);
      await this.page.locator(".quick-input-list").waitFor({ state: "hidden", ...STEP });
      await this.quickInput.fill(text, STEP);
      await this.quickInput.press("Enter", STEP);
      await effect?.waitFor(STEP);
    });
  }

  /**
   * Saves to a file through the open dialog, once that suggests a name of the same type: the previous file's dialog may
   * still be closing. A dialog that is still reading folders drops what is typed, so typing is repeated.
   */
  async saveAs(file: string): Promise<void> {
    await poll("the proposed name", async () => {
      const proposed = await this.quickInput
        .inputValue({ timeout: patientMs(1000) })
        .catch(() => "");
      return proposed.endsWith(path.extname(file)) || undefined;
    });
    const dialog = this.page.locator(".quick-input-widget:visible");
    await poll("the dialog to take the name", async () => {
      await this.quickInput.fill(file, { timeout: patientMs(1000) }).catch(() => undefined);
      await this.quickInput.press("Enter", { timeout: patientMs(1000) }).catch(() => undefined);
      return await dialog.waitFor({ state: "hidden", timeout: patientMs(2000) }).then(
        () => true,
        () => undefined,
      );
    });
  }

  /** The texts of all notifications since the window was loaded, one entry for each change. */
  toasts(): Promise<readonly string[]> {
    return this.page.evaluate(() => window.toastsSeen);
  }

  /** The text of a notification that has appeared since the window was loaded, even if VS Code has hidden it again. */
  async toasted(text: string | RegExp): Promise<string> {
    const isMeant = (seen: string): boolean =>
      typeof text === "string" ? seen.includes(text) : text.test(seen);
    return await poll(`the notification ${String(text)}`, async () =>
      (await this.toasts()).find(isMeant),
    );
  }

  /** A notification on the screen; VS Code hides it after a while. */
  toast(text: string | RegExp): Locator {
    return this.page.locator(".notification-toast", { hasText: text }).first();
  }

  /** Clicks a button of a toast, or of its entry in the notification center if VS Code has hidden the toast. */
  async clickToast(text: string | RegExp, button: string | RegExp): Promise<void> {
    // The whole name: "Show" is part of "Don't Show Again".
    const named = (holder: Locator): Locator =>
      holder.getByRole("button", { name: button, exact: true });
    const isClicked = await named(this.toast(text))
      .click()
      .then(
        () => true,
        () => false,
      );
    if (isClicked) return;
    await this.runCommand("Notifications: Show Notifications");
    const list = this.page.locator(".notifications-center .notification-list-item");
    await named(list.filter({ hasText: text }).first()).click();
  }

  /** The modal dialog. */
  get dialog(): Locator {
    return this.page.locator(".monaco-dialog-box");
  }

  /** Clicks a button of the modal dialog and waits until the dialog is closed. */
  async answerDialog(button: string | RegExp): Promise<void> {
    await clickUntilGone(this.dialog.getByRole("button", { name: button }));
  }

  /** An item of the status bar by its text. */
  statusBarItem(text: string | RegExp): Locator {
    return this.page.locator(".statusbar .statusbar-item", { hasText: text }).first();
  }

  /** The tab of an editor or panel. */
  tab(title: string | RegExp): Locator {
    return this.page.locator(".tabs-container .tab", { hasText: title }).first();
  }

  /** The document inside the visible webview. */
  webview(): FrameLocator {
    return this.page.frameLocator("iframe.webview.ready:visible").frameLocator("#active-frame");
  }

  /** The log channels of the extensions and the log of the extension host, concatenated. */
  readLogs(): string {
    return this.#logFiles(/exthost/)
      .map(readText)
      .join("\n");
  }

  /** Uncaught errors of the windows and their extension hosts, and extension hosts that died. */
  crashes(): readonly string[] {
    const entries = (files: RegExp, entry: RegExp): string[] =>
      this.#logFiles(files).flatMap((file) =>
        // An entry begins with its time; its stack follows on lines of their own.
        readText(file)
          .split(/\n(?=\d{4}-\d\d-\d\d )/)
          .filter((text) => entry.test(text)),
      );
    return [
      ...this.pageErrors,
      ...entries(/exthost\.log$/, /unhandled|promise not handled|\[error\][^]*opencode-sessions/i),
      ...entries(/remoteagent/, /Extension Host Process exited with code: (?!0,)/),
    ];
  }

  /** Absolute paths of the matching logs; each window that was opened has its own. */
  #logFiles(pattern: RegExp): readonly string[] {
    return readdirSync(this.server.logsDir, { recursive: true, encoding: "utf8" })
      .filter((file) => pattern.test(file) && file.endsWith(".log"))
      .sort()
      .map((file) => path.join(this.server.logsDir, file));
  }

  /** Takes a picture of the window into {@link screenshotsDir}; returns its path. */
  async screenshot(name: string): Promise<string> {
    mkdirSync(screenshotsDir, { recursive: true });
    const file = path.join(screenshotsDir, `${name.replaceAll(/[^\w.-]+/g, "-")}.png`);
    await this.page.screenshot({ path: file });
    return file;
  }

  /** Saves a picture of each window; returns the text they show and the ends of the logs. */
  async #look(fileBase: string): Promise<string> {
    const pages = this.page.context().pages();
    const windows = pages.map(async (page, index) => {
      const file = `${fileBase}-window-${String(index + 1)}.png`;
      await page.screenshot({ path: file }).catch(() => undefined);
      const text = await page.locator("body").innerText();
      const focus = await page.evaluate(() => window.focusLog.join("\n"));
      return `picture: ${file}\n${text.replaceAll(/\n\s*\n/g, "\n")}\n${focus}`;
    });
    const texts = await Promise.allSettled(windows);
    return [
      ...texts.map((each) => (each.status === "fulfilled" ? each.value : String(each.reason))),
      ...this.pageErrors.map((error) => `error of the page: ${error}`),
      // Only the extension's own and the host's: other extensions log so much that it would crowd out the rest.
      ...this.#logFiles(/opencode-sessions|remoteexthost\.log$/i).map(
        (file) => `--- ${path.relative(this.server.logsDir, file)}\n${tailOf(readText(file))}`,
      ),
    ].join("\n");
  }

  async #drawn(): Promise<void> {
    await this.page.locator(".monaco-workbench").waitFor();
    await this.page.locator(".statusbar .statusbar-item").first().waitFor();
  }

  /** Closes the windows, ends VS Code and removes its folders. */
  async close(): Promise<void> {
    await evidenceTaken();
    this.#forgetEvidence();
    await this.page.context().close();
    await this.server.stop();
    rmSync(this.#temporaryDir, { recursive: true, force: true });
  }
}

/**
 * A workbench for the tests of the surrounding `describe`: opened before the first, closed after the last. `options` is
 * called when it is opened, so it may refer to servers that a `before` hook has started.
 */
export function useWorkbench(
  options: () => WorkbenchOptions | Promise<WorkbenchOptions> = () => ({}),
): () => Workbench {
  let workbench: Workbench | undefined;
  before(async function () {
    workbench = await Workbench.open({ fewBuiltIns: true, ...(await options()) });
  });
  after(async function () {
    const crashes = workbench?.crashes() ?? [];
    await workbench?.close();
    if (crashes.length === 0) return;
    // Marked like an uncaught error, because the product itself broke: the file isn't run again.
    throw Object.assign(new Error(`crashed: ${crashes.join("\n")}`), { uncaught: true });
  });
  return () => {
    if (workbench === undefined) throw new Error("The workbench is open only while tests run.");
    return workbench;
  };
}

declare global {
  interface Window {
    /** The texts of all notifications so far, one entry for each change. */
    toastsSeen: string[];
    /** What had the focus last, with the time. */
    focusLog: string[];
  }
}

/** Runs in the window from its start. */
function recordFocus(): void {
  window.focusLog = [];
  const note = (what: string, target: EventTarget | null): void => {
    if (!(target instanceof Element)) return;
    const label = target.getAttribute("aria-label") ?? "";
    const line = `${new Date().toISOString()} ${what} ${target.tagName} ${target.className} ${label}`;
    window.focusLog = [...window.focusLog.slice(-19), line.slice(0, 160)];
  };
  document.addEventListener("focusin", ({ target }) => {
    note("focus", target);
  });
  document.addEventListener("focusout", ({ target }) => {
    note("blur", target);
  });
}

/** Runs in the window from its start. */
function recordToasts(): void {
  window.toastsSeen = [];
  const look = (): void => {
    for (const toast of document.querySelectorAll<HTMLElement>(".notification-toast")) {
      const text = toast.innerText;
      if (text !== "" && !window.toastsSeen.includes(text)) window.toastsSeen.push(text);
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}

/**
 * Repeats an action, made of steps that time out soon, until it succeeds: clicks and keys are lost while VS Code
 * redraws a window.
 */
async function persist(page: Page, act: () => Promise<void>): Promise<void> {
  const endMs = performance.now() + waitMs;
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      if (performance.now() > endMs) throw error;
      await page.keyboard.press("Escape");
    }
  }
}

function readText(file: string): string {
  return readFileSync(file, "utf8");
}

/** Clicks until the button is gone: a menu or dialog that has just appeared ignores clicks. */
async function clickUntilGone(button: Locator): Promise<void> {
  await button.waitFor();
  for (let attempt = 0; attempt < 10 && (await button.isVisible()); attempt++) {
    await button.click({ timeout: patientMs(1000) }).catch(() => undefined);
    await button.waitFor({ state: "hidden", timeout: patientMs(500) }).catch(() => undefined);
  }
}

function recordPageErrors(page: Page): readonly string[] {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.stack ?? error.message));
  page.on("console", (message: ConsoleMessage) => {
    if (message.type() === "error" && /unhandled|uncaught/i.test(message.text())) {
      errors.push(message.text());
    }
  });
  return errors;
}

function recordOutsideRequests(page: Page): readonly string[] {
  const requests: string[] = [];
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isHttp = url.protocol === "http:" || url.protocol === "https:";
    // The webview's own resources, served by its service worker.
    const isWebviewResource = url.hostname.endsWith(".vscode-cdn.net");
    if (isHttp && url.hostname !== "127.0.0.1" && !isWebviewResource) requests.push(request.url());
  });
  return requests;
}
