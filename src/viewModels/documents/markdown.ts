/**
 * Makes any text harmless inside Markdown: every ASCII punctuation character is escaped, so no markup,
 * HTML, link or table survives, and line breaks become spaces.
 */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[!-/:-@[-`{-~]/g, "\\$&");
}

/** One line of text that reads the same in an editor and as Markdown: escapes only what would become markup. */
export function readableMarkdown(text: string): string {
  return text.replace(/\s+/g, " ").replace(/[\\`*<>[\]|]/g, "\\$&");
}

/**
 * Markdown of a document, in which every text is escaped that isn't marked as Markdown. Made by `markup`; documents that
 * VS Code renders are of this type, so none can be a plain string.
 */
export class Markdown {
  readonly #text: string;

  private constructor(text: string) {
    this.#text = text;
  }

  /** See {@link markup}. */
  static readonly of = (
    pieces: TemplateStringsArray,
    ...values: readonly (string | number | Markdown)[]
  ): Markdown => {
    const texts = values.map((value) =>
      value instanceof Markdown ? value.#text : readableMarkdown(String(value)),
    );
    return new Markdown(String.raw({ raw: pieces }, ...texts));
  };

  static join(parts: readonly Markdown[], separator: string): Markdown {
    return new Markdown(parts.map((part) => part.#text).join(separator));
  }

  /** A text in code style, without the characters that would end it or its cell in a table. */
  static code(text: string): Markdown {
    return new Markdown(`\`${text.replace(/[`|\s]+/g, " ")}\``);
  }

  /** A line that a model wrote as Markdown, or one between fences that it cannot close. */
  static readonly asWritten = (line: string): Markdown => new Markdown(line);

  toString(): string {
    return this.#text;
  }
}

/** A tagged template with our own markup, into which other texts go escaped: markup`# ${title}`. */
export const markup = Markdown.of;
