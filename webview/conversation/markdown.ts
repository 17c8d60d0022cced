import DOMPurify from "dompurify";
import { Marked, type Token } from "marked";

import { escapeHTML } from "../../src/core/plainText.ts";
import { element } from "../dom.ts";
import type { highlighted as Highlighted } from "./highlight.ts";

/** Markdown rendered on the page. */
export interface MarkdownView {
  readonly element: HTMLElement;
  draw(text: string): void;
}

/** The attribute with a link's target. There is no `href`, because VS Code would open it automatically. */
export const LINK_ATTRIBUTE = "data-href";

/** Reports which link within an element was activated, by click or keyboard. */
export function listenForLinks(within: HTMLElement, onLink: (href: string) => void): void {
  const follow = (target: EventTarget | null): void => {
    if (!(target instanceof Element)) return;
    const href = target.closest(`[${LINK_ATTRIBUTE}]`)?.getAttribute(LINK_ATTRIBUTE) ?? "";
    if (href !== "") onLink(href);
  };
  within.addEventListener("click", ({ target }) => {
    follow(target);
  });
  within.addEventListener("keydown", ({ key, target }) => {
    if (key === "Enter") follow(target);
  });
}

const ALLOWED_TAGS = [
  ...["a", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li"],
  ...["ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul"],
];
const ALLOWED_ATTR = ["class", "start", "align", "role", "tabindex", "title", LINK_ATTRIBUTE];

/** Begins the class that names the language of a block of code. */
const LANGUAGE_PREFIX = "language-";

const markdown = new Marked({
  gfm: true,
  // Line breaks the user typed are kept.
  breaks: true,
  renderer: {
    // HTML from a model or a repository is shown as text, never rendered.
    html: ({ text }) => escapeHTML(text),
    link({ href, tokens }) {
      return linkHTML(href, this.parser.parseInline(tokens));
    },
    // Nothing is fetched: an image becomes a link to it.
    image: ({ href, text }) => linkHTML(href, escapeHTML(text === "" ? href : text)),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    code: ({ text, lang }) => {
      const [language = ""] = (lang ?? "").trim().split(/\s/, 1);
      const name = language === "" ? "" : ` ${LANGUAGE_PREFIX}${escapeHTML(language)}`;
      return `<pre tabindex="0"><code class="hljs${name}">${escapeHTML(text)}</code></pre>`;
    },
  },
});

/**
 * Creates a Markdown view. Growing text is drawn block by block: unchanged blocks keep their elements.
 * The generated HTML is filtered by an allow list of tags and attributes.
 */
export function createMarkdownView(): MarkdownView {
  const holder = element("div", { class: "markdown" });
  let blocks: { readonly raw: string; readonly block: HTMLElement }[] = [];
  return {
    element: holder,
    draw: (text) => {
      let tokens: readonly Token[];
      try {
        tokens = markdown.lexer(text);
      } catch {
        // Nested too deeply to parse: nobody meant that to be rendered as lists and quotes.
        tokens = [plain(text)];
      }
      const next: typeof blocks = [];
      for (const [at, token] of tokens.entries()) {
        const known = blocks[at];
        if (known?.raw === token.raw) {
          next.push(known);
          continue;
        }
        const block = known?.block ?? element("div", { class: "markdown-block" });
        block.replaceChildren(rendered(token));
        if (known === undefined) holder.append(block);
        next.push({ raw: token.raw, block });
      }
      for (const { block } of blocks.slice(tokens.length)) block.remove();
      blocks = next;
    },
  };
}

/** Creates code that is coloured, at once or soon, if its language is known and it is short enough. */
export function createCode(text: string, language: string): HTMLElement {
  const code = element("code", {}, text);
  colour(code, language);
  return code;
}

/** Undefined until its script has come: a page shows its first messages without waiting for their colours. */
let highlighted: typeof Highlighted | undefined;
/** Code that waits for it, with its language. */
const uncoloured = new Map<HTMLElement, string>();

function colour(code: HTMLElement, language: string): void {
  if (highlighted === undefined) {
    if (uncoloured.size === 0) void loadColours();
    uncoloured.set(code, language);
    return;
  }
  const html = highlighted(code.textContent, language);
  if (html === undefined) return;
  code.classList.add("hljs");
  code.replaceChildren(sanitized(html));
}

async function loadColours(): Promise<void> {
  // The page is drawn first.
  await new Promise(requestAnimationFrame);
  ({ highlighted } = await import("./highlight.ts"));
  for (const [code, language] of uncoloured) colour(code, language);
  uncoloured.clear();
}

/** Text without any formatting. */
function plain(text: string): Token {
  return { type: "code", raw: text, text };
}

function rendered(token: Token): DocumentFragment {
  const fragment = sanitized(htmlOf(token));
  for (const code of fragment.querySelectorAll<HTMLElement>(`code[class*="${LANGUAGE_PREFIX}"]`)) {
    const name = [...code.classList].find((each) => each.startsWith(LANGUAGE_PREFIX));
    if (name !== undefined) colour(code, name.slice(LANGUAGE_PREFIX.length));
  }
  return fragment;
}

function htmlOf(token: Token): string {
  try {
    return markdown.parser([token]);
  } catch {
    return markdown.parser([plain(token.raw)]);
  }
}

function sanitized(html: string): DocumentFragment {
  return DOMPurify.sanitize(html, {
    ALLOWED_TAGS,
    ALLOWED_ATTR,
    ALLOW_ARIA_ATTR: false,
    ALLOW_DATA_ATTR: false,
    RETURN_DOM_FRAGMENT: true,
  });
}

function linkHTML(href: string, inner: string): string {
  const target = escapeHTML(href);
  return `<a role="link" tabindex="0" title="${target}" ${LINK_ATTRIBUTE}="${target}">${inner}</a>`;
}
