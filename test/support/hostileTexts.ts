import assert from "node:assert/strict";
import type { Page } from "playwright-core";

/** Fails if part of a page contains elements created from a text, or if a text ran as script. */
export async function assertHarmless(page: Page, part: string, name: string): Promise<void> {
  const made = await page
    .locator(
      `${part} :is(img, script, iframe, object, embed, form, style, link, base, svg, math, video, audio, [href], [src], [style*=url], [onerror], [onclick], [onload])`,
    )
    .count();
  assert.equal(made, 0, `${name} made elements of its own`);
  assert.equal(await page.evaluate(() => "wasHarmed" in window), false, name);
}

/** Texts a hostile server or model might write, keyed by attack. Their scripts set `window.wasHarmed`. */
export function hostileTexts(): Readonly<Record<string, string>> {
  const attack = "window.wasHarmed = true";
  return {
    HTML: `<script>${attack}</script><img src=x onerror="${attack}"><iframe srcdoc="<script>parent.wasHarmed=1</script>"></iframe><svg onload="${attack}"><style>*{display:none}</style><base href="https://example.com/"><form action="https://example.com"><input></form><a href="javascript:${attack}">x</a>`,
    "links and images": `[a](javascript:${attack}) [b](command:workbench.action.quit) [c](vscode://x/y) ![d](https://example.com/d.png) ![e](data:text/html,<script>${attack}</script>) <https://example.com> [f]: javascript:${attack}\n\n[f]`,
    "markup that breaks out of attributes": `[x](https://example.com/"onclick="${attack}) \`\`\`"><img src=x onerror=${attack}>\ncode\n\`\`\` [y](https://example.com "t" onmouseover="${attack}")`,
    "code that names a language it is not": `\`\`\`js" onload="${attack}\n<b>x</b>\n\`\`\`\n\n\`\`\`html\n<script>${attack}</script>\n\`\`\``,
    "control characters and escapes":
      "\u001b[31mred\u001b]8;;https://example.com\u0007link\u001b]8;;\u0007 \u0000 \u202egnirts \ufeff \ud800",
    "deep nesting": `${">".repeat(3000)} deep\n${"- ".repeat(500)}item\n${"*".repeat(5000)}\n${"[".repeat(5000)}`,
    "a table that is broken": `|a|b|\n|-|\n|${"x|".repeat(2000)}\n`,
    "10 MB": "word <b>x</b> ".repeat(800_000),
  };
}
