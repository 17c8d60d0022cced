import { languageTag, translations } from "../../core/language.ts";
import { escapeHTML } from "../../core/plainText.ts";
import {
  MESSAGES_ATTRIBUTE,
  PAGE_ATTRIBUTE,
  TAB_ATTRIBUTE,
  type WebviewPageName,
} from "../../protocol/page.ts";
import type { SessionTab } from "../../viewModels/conversation/sessionPlace.ts";

/** The ingredients of a webview's page. */
export interface WebviewPage {
  readonly page: WebviewPageName;
  /** The initial tab of a session's page, unless VS Code kept another one. */
  readonly tab?: SessionTab | undefined;
  readonly title: string;
  /** The origin of the webview's own files: `webview.cspSource`. */
  readonly cspSource: string;
  /** Random, new for each page. */
  readonly nonce: string;
  /** The URL of a file in `dist`. */
  readonly fileURL: (name: string) => string;
}

/** What the script imports at once, and what it imports to draw charts: fetched along with it, not after it. */
const SHARED = "webview-chunk.js";
const CHARTS = "webview-charts.js";

/**
 * A webview's HTML, with the display language's messages. Its content security policy only allows our script,
 * by its nonce, and our own files: no remote content and no inline scripts. Inline styles are allowed because
 * the toolkit's elements set them.
 */
export function webviewHTML(page: WebviewPage): string {
  const { cspSource, nonce } = page;
  const url = (name: string): string => escapeHTML(page.fileURL(name));
  const hasCharts = page.page !== "session" || page.tab === "charts";
  const preloads = (hasCharts ? [SHARED, CHARTS] : [SHARED]).map(
    (name) => `<link rel="modulepreload" nonce="${nonce}" href="${url(name)}">\n`,
  );
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'unsafe-inline'`,
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const messages = translations();
  const language =
    messages === undefined
      ? ""
      : ` ${MESSAGES_ATTRIBUTE}="${escapeHTML(JSON.stringify(messages))}"`;
  return `<!DOCTYPE html>
<html lang="${escapeHTML(languageTag())}">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHTML(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>${escapeHTML(page.title)}</title>
<link rel="stylesheet" href="${url("webview.css")}">
${preloads.join("")}</head>
<body ${PAGE_ATTRIBUTE}="${page.page}" ${TAB_ATTRIBUTE}="${page.tab ?? ""}"${language}>
<script type="module" nonce="${nonce}" src="${url("webview.js")}"></script>
</body>
</html>
`;
}
