/**
 * Shows the extension's webview pages in a plain browser: the built script and styles under the real page's
 * content policy, with a stub of VS Code's API and the colours of its themes. As a program it takes a
 * picture of every scenario; requires a build:
 * `node --import tsx test/support/vscode/webviewHarness.ts [--only normal,odd] [--themes dark,light]`.
 */
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import type { ConsoleMessage, Page, Request } from "playwright-core";

import type { FromPage, ToSession, ToUsage, WebviewPageName } from "../../../src/protocol/page.ts";
import {
  type BreakdownModel,
  breakdownModel,
} from "../../../src/viewModels/breakdown/breakdown.ts";
import type { SessionTab } from "../../../src/viewModels/conversation/sessionPlace.ts";
import { webviewHTML } from "../../../src/views/pages/webviewPage.ts";
import { NOW_MS, REF, type ScenarioName, SCENARIOS } from "../seed/breakdownScenarios.ts";
import { endAll } from "../cleanup.mjs";
import { waitMs } from "../patience.mjs";
import { projectRoot, scratchDir } from "../project.mjs";
import { sharedBrowser } from "../vscodeHost.mjs";
import { WEBVIEW_THEMES, type WebviewThemeName } from "./webviewThemes.ts";

/** A running harness: a browser and a loopback server. */
export interface WebviewHarness {
  /** Opens the webview in a theme; resolves once it has sent `ready`. */
  open(options?: HarnessOptions): Promise<WebviewInBrowser>;
  /** The same for a usage page. */
  openUsage(
    page: Exclude<WebviewPageName, "session">,
    options?: HarnessOptions,
  ): Promise<WebviewInBrowser<ToUsage>>;
  stop(): Promise<void>;
}

interface HarnessOptions {
  readonly theme?: WebviewThemeName;
  readonly width?: number;
  readonly height?: number;
  /** The state that VS Code saved for the page. */
  readonly savedState?: object;
  /** The session page's tab; charts by default. */
  readonly tab?: SessionTab;
}

/** One webview in the browser, and the host's side of it. */
export interface WebviewInBrowser<To = ToSession> {
  readonly page: Page;
  send(message: To): Promise<void>;
  /** The webview's messages, oldest first. */
  sentMessages(): Promise<readonly FromPage[]>;
  /** The state it currently has VS Code save. */
  savedState(): Promise<unknown>;
  setTheme(theme: WebviewThemeName): Promise<void>;
  /** Content policy violations, errors and console messages so far. */
  readonly problems: readonly string[];
  close(): Promise<void>;
}

declare global {
  interface Window {
    messagesToHost: unknown[];
    savedByHost: unknown;
  }
}

const NONCE = "harness";

/** The stub of VS Code's API. It needs no nonce, because the browser runs it as an init script. */
function stubVSCode(): void {
  if (location.hash === "") return;
  const { savedState } = JSON.parse(decodeURIComponent(location.hash.slice(1))) as {
    savedState?: unknown;
  };
  window.messagesToHost = [];
  window.savedByHost = savedState;
  Object.assign(window, {
    acquireVsCodeApi: () => ({
      postMessage: (message: unknown) => window.messagesToHost.push(message),
      getState: () => window.savedByHost,
      setState: (state: unknown) => {
        window.savedByHost = structuredClone(state);
      },
    }),
  });
}

/** Applies a theme like VS Code: colours on the root element, the kind on the body. */
function applyTheme(theme: { bodyClass: string; colours: Record<string, string> }): void {
  const { style } = document.documentElement;
  style.cssText = "";
  for (const [name, value] of Object.entries(theme.colours)) {
    style.setProperty(`--vscode-${name}`, value);
  }
  document.body.className = theme.bodyClass;
  const [kind = ""] = theme.bodyClass.split(" ");
  document.body.setAttribute("data-vscode-theme-kind", kind);
}

/**
 * Starts the harness. Throws if there is no Chromium or no build. A webview's initial data is in its page's
 * address, where the browser's side of the harness reads it.
 */
export async function startWebviewHarness(): Promise<WebviewHarness> {
  const dist = path.join(projectRoot, "dist");
  const files = new Map<string, { readonly type: string; readonly body: Buffer }>(
    readdirSync(dist).flatMap((name) => {
      const type = /^webview[\w-]*\.js$/.test(name) ? "text/javascript" : "text/css";
      if (type === "text/css" && name !== "webview.css") return [];
      return [[`/${name}`, { type, body: readFileSync(path.join(dist, name)) }] as const];
    }),
  );
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? "");
    if (file !== undefined) {
      response.writeHead(200, { "content-type": file.type }).end(file.body);
    } else if (request.url?.startsWith("/?") === true) {
      const html = webviewHTML({
        page: pageOf(request.url.slice(2)),
        title: "Session",
        cspSource: "'self'",
        nonce: NONCE,
        fileURL: (name) => `/${name}`,
      });
      response.writeHead(200, { "content-type": "text/html" }).end(html);
    } else response.writeHead(request.url === "/favicon.ico" ? 204 : 404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const url = `http://127.0.0.1:${address.port}/`;
  const context = await (await sharedBrowser()).newContext();
  context.setDefaultTimeout(waitMs);
  // tsx names functions through a helper that doesn't exist in a page.
  await context.addInitScript("globalThis.__name = (made) => made;");
  await context.addInitScript(stubVSCode);
  // The theme is applied before the webview's script runs, as in VS Code.
  await context.addInitScript(`(${String(stubTheme)})(${String(applyTheme)})`);
  /** Pages no longer in use: reusing one opens the next webview faster than a new page would. */
  const idle: Page[] = [];
  const openPage = async <To>(
    name: WebviewPageName,
    { theme = "dark", width = 1100, height = 900, savedState }: HarnessOptions = {},
  ): Promise<WebviewInBrowser<To>> => {
    const page = idle.pop() ?? (await context.newPage());
    await page.setViewportSize({ width, height });
    const problems: string[] = [];
    const onConsole = (message: ConsoleMessage): unknown => problems.push(message.text());
    const onError = (error: Error): unknown => problems.push(error.message);
    const onRequest = (request: Request): void => {
      if (!request.url().startsWith(url)) problems.push(`asked for ${request.url()}`);
    };
    page.on("console", onConsole).on("pageerror", onError).on("request", onRequest);
    const start = JSON.stringify({ savedState, theme: WEBVIEW_THEMES[theme] });
    await page.goto(`${url}?${name}#${encodeURIComponent(start)}`);
    await page.waitForFunction(() =>
      window.messagesToHost.some((sentMessages) =>
        JSON.stringify(sentMessages).includes('"ready"'),
      ),
    );
    return {
      page,
      problems,
      send: async (message) => {
        await page.evaluate((data: unknown) => {
          window.postMessage(data, "*");
        }, message as unknown);
        await page.evaluate(
          () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
        );
      },
      // How the host handles these messages is tested where it parses them.
      sentMessages: async () => (await page.evaluate(() => window.messagesToHost)) as FromPage[],
      savedState: () => page.evaluate(() => window.savedByHost),
      setTheme: async (name) => {
        await page.evaluate(applyTheme, WEBVIEW_THEMES[name]);
      },
      close: async () => {
        page.off("console", onConsole).off("pageerror", onError).off("request", onRequest);
        await page.goto("about:blank");
        await page.emulateMedia({ reducedMotion: null });
        await page.mouse.move(0, 0);
        idle.push(page);
      },
    };
  };
  return {
    open: async (options = {}) => {
      const view = await openPage<ToSession>("session", options);
      // Opens the charts, unless a test restores saved state.
      if (options.savedState === undefined)
        await view.send({ type: "show", tab: options.tab ?? "charts" });
      return view;
    },
    openUsage: (page, options) => openPage(page, options),
    stop: async () => {
      await context.close();
      server.close();
    },
  };
}

function pageOf(query: string): WebviewPageName {
  return query === "usagePanel" || query === "usageView" ? query : "session";
}

/** Applies the theme as soon as there is a body. */
function stubTheme(apply: (theme: unknown) => void): void {
  if (location.hash === "") return;
  const { theme } = JSON.parse(decodeURIComponent(location.hash.slice(1))) as { theme: unknown };
  const observer = new MutationObserver(() => {
    if (document.querySelector("body") === null) return;
    observer.disconnect();
    apply(theme);
  });
  observer.observe(document, { childList: true, subtree: true });
}

/** A scenario's snapshot, as received by the webview. */
export function scenarioModel(name: ScenarioName): BreakdownModel {
  const model = breakdownModel(SCENARIOS[name](), REF, NOW_MS);
  if (model === undefined) throw new Error(`scenario ${name} has no session`);
  return model;
}

const TABS = ["charts", "messages", "children"] as const;

/** Takes the pictures. */
async function takePictures(
  scenarios: readonly ScenarioName[],
  themes: readonly WebviewThemeName[],
  width: number,
): Promise<void> {
  const folder = path.join(scratchDir, "webview");
  mkdirSync(folder, { recursive: true });
  const harness = await startWebviewHarness();
  try {
    for (const theme of themes) {
      for (const name of scenarios) {
        const view = await harness.open({ theme, width });
        await view.send({ type: "snapshot", model: scenarioModel(name) });
        for (const tab of TABS) {
          await view.page.locator(`#tab-${tab}`).click();
          await view.page.mouse.move(0, 0);
          await view.page.waitForTimeout(150);
          const file = path.join(folder, `${name}-${tab}-${theme}.png`);
          await view.page.screenshot({ path: file, fullPage: true });
        }
        console.log(name, theme, view.problems);
        await view.close();
      }
    }
  } finally {
    await harness.stop();
    await endAll();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      only: { type: "string" },
      themes: { type: "string" },
      width: { type: "string", default: "1100" },
    },
  });
  const isScenario = (name: string): name is ScenarioName => name in SCENARIOS;
  const isTheme = (name: string): name is WebviewThemeName => name in WEBVIEW_THEMES;
  await takePictures(
    (values.only?.split(",") ?? Object.keys(SCENARIOS)).filter(isScenario),
    (values.themes?.split(",") ?? Object.keys(WEBVIEW_THEMES)).filter(isTheme),
    Number(values.width),
  );
}
