import DOMPurify from "dompurify";
import { Marked, type Token } from "marked";

import { element } from "../dom.ts";
import { highlighted } from "./highlight.ts";

/** A text in Markdown on the page. */
export interface MarkdownView {
  readonly element: HTMLElement;
  draw(text: string): void;
}

/** The attribute of a link that says where it leads. There is no `href`: VS Code would open that by itself. */
export const LINK_ATTRIBUTE = "data-href";

/** Says which link within an element was clicked, or entered with the keyboard. */
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

const markdown = new Marked({
  gfm: true,
  // What a person typed on a line of its own stays there.
  breaks: true,
  renderer: {
    // HTML of a model or a repository is shown, never made.
    html: ({ text }) => escapeHTML(text),
    link({ href, tokens }) {
      return linkHTML(href, this.parser.parseInline(tokens));
    },
    // Nothing is fetched: an image is a link to it.
    image: ({ href, text }) => linkHTML(href, escapeHTML(text === "" ? href : text)),
    checkbox: ({ checked }) => (checked ? "☑ " : "☐ "),
    code: ({ text, lang }) => {
      const code = highlighted(text, lang);
      return `<pre tabindex="0"><code class="hljs">${code ?? escapeHTML(text)}</code></pre>`;
    },
  },
});

/**
 * Makes a view of Markdown. A text that grows is drawn block by block: blocks that are as they were stay the same
 * elements. What is made passes a list of allowed tags and attributes.
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
        // Nested deeper than can be read: nobody wrote that to be seen as lists and quotes.
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

/** A text as it is. */
function plain(text: string): Token {
  return { type: "code", raw: text, text };
}

function rendered(token: Token): DocumentFragment {
  try {
    return sanitized(token);
  } catch {
    return sanitized(plain(token.raw));
  }
}

function sanitized(token: Token): DocumentFragment {
  return DOMPurify.sanitize(markdown.parser([token]), {
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

function escapeHTML(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
