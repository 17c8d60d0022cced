/**
 * The display language: its messages and number formats. English until `setLanguage` is called; the command line and
 * the agents never call it. The window and each page call it before any other module is evaluated, so module-level
 * constants may hold messages.
 */
import * as l10n from "@vscode/l10n";

/** Translations, keyed by English text. */
export type Messages = Readonly<Record<string, string>>;

/** Caches formatted numbers: Intl took a third of the time to build a row, which shows its cost twice. */
interface NumberFormat {
  readonly intl: Intl.NumberFormat;
  readonly written: Map<number, string>;
}
const MAX_FORMATTED = 10_000;

const ENGLISH = "en-US";

let tag = ENGLISH;
let messages: Messages | undefined;
let pluralRules = new Intl.PluralRules(ENGLISH);
let numberFormats = new WeakMap<Intl.NumberFormatOptions, NumberFormat>();
/** Messages split at their placeholders, keyed by the argument passed to `t`. */
let templates = new Map<string | TemplateStringsArray, readonly (string | number)[]>();
/** Small numbers, formatted, and whether they take the singular message: rows are full of them. */
let counts: { readonly written: string; readonly isOne: boolean }[] = [];
const MOST_COUNTS = 1_000;
const PLAIN: Intl.NumberFormatOptions = {};
const WHOLE: Intl.NumberFormatOptions = { maximumFractionDigits: 0 };

/**
 * Sets the display language: its tag (as in `vscode.env.language`) for number formats, and its translations, if any,
 * for messages.
 */
export function setLanguage(language: string, translations: Messages | undefined): void {
  tag = language === "en" ? ENGLISH : knownTag(language);
  messages = translations;
  l10n.config({ contents: { ...translations } });
  pluralRules = new Intl.PluralRules(translations === undefined ? ENGLISH : tag);
  numberFormats = new WeakMap();
  counts = [];
  templates = new Map();
}

/**
 * A message in the display language: `t("Loading…")`, `t("{0} of {1}", used, limit)`, or a tagged template, whose
 * values become the placeholders. The English text is the key, so it has to be a literal in the call.
 */
export function t(
  message: string | TemplateStringsArray,
  ...values: readonly (string | number)[]
): string {
  let template = templates.get(message);
  if (template === undefined) {
    template = templateOf(message);
    templates.set(message, template);
  }
  let text = "";
  for (const piece of template) {
    text += typeof piece === "string" ? piece : String(values[piece] ?? `{${piece}}`);
  }
  return text;
}

const PLACEHOLDER = /\{(\d{1,2})\}/;

/** Text pieces, and indices of the values to insert. Cached by `t`: a tree row has ten messages to split. */
function templateOf(message: string | TemplateStringsArray): readonly (string | number)[] {
  const english =
    typeof message === "string"
      ? message
      : message.reduce((text, piece, at) => `${text}{${at - 1}}${piece}`);
  return l10n
    .t(english)
    .split(PLACEHOLDER)
    .map((piece, at) => (at % 2 === 0 ? piece : Number(piece)))
    .filter((piece) => piece !== "");
}

/** Tag of the display language, valid for Intl. */
export function languageTag(): string {
  return tag;
}

/** The translations in use, to pass to a page; undefined for English. */
export function translations(): Messages | undefined {
  return messages;
}

/** Formats a number for the display language. `options` must be a constant: formatters are cached by identity. */
export function formatNumber(value: number, options = PLAIN): string {
  let format = numberFormats.get(options);
  if (format === undefined) {
    format = { intl: new Intl.NumberFormat(tag, options), written: new Map() };
    numberFormats.set(options, format);
  }
  const { intl, written } = format;
  let text = written.get(value);
  if (text === undefined) {
    if (written.size >= MAX_FORMATTED) written.clear();
    text = intl.format(value);
    written.set(value, text);
  }
  return text;
}

const DATE_PARTS = ["weekday", "day", "month", "year"] as const;

/** Formats a UTC date for the display language; in English the day comes before the month: `Tue 3 Nov 2026`. */
export function formatDate(date: Date, options: Intl.DateTimeFormatOptions): string {
  if (Number.isNaN(date.getTime())) return "";
  const format = new Intl.DateTimeFormat(tag, { ...options, timeZone: "UTC" });
  if (tag !== ENGLISH) return format.format(date);
  const parts = new Map(format.formatToParts(date).map(({ type, value }) => [type, value]));
  return DATE_PARTS.flatMap((part) => parts.get(part) ?? []).join(" ");
}

/**
 * A message with a count: `plural(2, "{0} answer", "{0} answers")`. `{0}` becomes the count, `{1}` and up the values
 * after the messages. Languages with more than two plural forms use the second for everything but "one".
 */
export function plural(
  count: number,
  one: string,
  other: string,
  ...values: readonly (string | number)[]
): string {
  const { written, isOne } = counted(count);
  return t(isOne ? one : other, written, ...values);
}

function counted(count: number): (typeof counts)[number] {
  const known = counts[count];
  if (known !== undefined) return known;
  const made = {
    written: formatNumber(count, WHOLE),
    isOne: pluralRules.select(count) === "one",
  };
  if (Number.isInteger(count) && count >= 0 && count < MOST_COUNTS) counts[count] = made;
  return made;
}

function knownTag(language: string): string {
  try {
    return new Intl.Locale(language).toString();
  } catch {
    return ENGLISH;
  }
}
