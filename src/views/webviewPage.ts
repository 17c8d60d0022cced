import { PAGE_ATTRIBUTE, type WebviewPageName } from "../protocol/page.ts";

/** What a webview's page is made of. */
export interface WebviewPage {
  readonly page: WebviewPageName;
  readonly title: string;
  /** Where the webview's own files come from: `webview.cspSource`. */
  readonly cspSource: string;
  /** Random, new for each page. */
  readonly nonce: string;
  readonly scriptURL: string;
  readonly styleURL: string;
}

/**
 * The page of a webview. Its policy lets nothing in but our own script, by its nonce, and our own files:
 * no remote content, no inline script. Inline styles are allowed because the toolkit's elements set them.
 */
export function webviewHTML(page: WebviewPage): string {
  const { cspSource, nonce } = page;
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${cspSource} 'unsafe-inline'`,
    `img-src ${cspSource} data:`,
    `font-src ${cspSource}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${escapeHTML(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1.0">
<title>${escapeHTML(page.title)}</title>
<link rel="stylesheet" href="${escapeHTML(page.styleURL)}">
</head>
<body ${PAGE_ATTRIBUTE}="${page.page}">
<script nonce="${nonce}" src="${escapeHTML(page.scriptURL)}"></script>
</body>
</html>
`;
}

function escapeHTML(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
