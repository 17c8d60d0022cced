/**
 * The display language: what is said in it, and how it writes numbers. English until `setLanguage` is called, as it
 * stays in the command line and for agents. The window and each page call it before any other module is evaluated, so
 * that constants of modules may hold messages.
 */
import * as l10n from "@vscode/l10n";

/** Translations by their English texts. */
export type Messages = Readonly<Record<string, string>>;

/** With the numbers it has written: Intl takes a third of the time of a row, which says its cost twice. */
interface NumberFormat {
  readonly intl: Intl.NumberFormat;
  readonly written: Map<number, string>;
}
const MOST_WRITTEN = 10_000;

const ENGLISH = "en-US";

let tag = ENGLISH;
let messages: Messages | undefined;
let pluralRules = new Intl.PluralRules(ENGLISH);
let numberFormats = new WeakMap<Intl.NumberFormatOptions, NumberFormat>();
/** Messages taken apart at their placeholders, by what calls give. */
let templates = new Map<string | TemplateStringsArray, readonly (string | number)[]>();
/** Small numbers as they are written, and whether they take the message about one: rows are full of them. */
let counts: { readonly written: string; readonly isOne: boolean }[] = [];
const MOST_COUNTS = 1_000;
const PLAIN: Intl.NumberFormatOptions = {};
const WHOLE: Intl.NumberFormatOptions = { maximumFractionDigits: 0 };

/**
 * Sets the display language: its tag, as `vscode.env.language` has it, for numbers, and its translations, where there
 * are any, for texts.
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
 * A message in the display language: `t("Loading…")`, `t("{0} of {1}", used, limit)`, or a template, of which the
 * values are placeholders. The English text is the key: it has to stand in the call as a literal.
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

/** Texts, and numbers that say which value comes there. A row of the tree is made of ten messages: a split costs. */
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

/** Tag of the display language, fit for Intl. */
export function languageTag(): string {
  return tag;
}

/** The translations in use, to be handed to a page; undefined where texts are English. */
export function translations(): Messages | undefined {
  return messages;
}

/** A number as the display language writes it. `options` are constants: what is made of them is kept. */
export function formatNumber(value: number, options = PLAIN): string {
  let format = numberFormats.get(options);
  if (format === undefined) {
    format = { intl: new Intl.NumberFormat(tag, options), written: new Map() };
    numberFormats.set(options, format);
  }
  const { intl, written } = format;
  let text = written.get(value);
  if (text === undefined) {
    if (written.size >= MOST_WRITTEN) written.clear();
    text = intl.format(value);
    written.set(value, text);
  }
  return text;
}

const DATE_PARTS = ["weekday", "day", "month", "year"] as const;

/** A date in UTC as the display language writes it; in English the day comes before the month: `Tue 3 Nov 2026`. */
export function formatDate(date: Date, options: Intl.DateTimeFormatOptions): string {
  if (Number.isNaN(date.getTime())) return "";
  const format = new Intl.DateTimeFormat(tag, { ...options, timeZone: "UTC" });
  if (tag !== ENGLISH) return format.format(date);
  const parts = new Map(format.formatToParts(date).map(({ type, value }) => [type, value]));
  return DATE_PARTS.flatMap((part) => parts.get(part) ?? []).join(" ");
}

/**
 * A message about a number of things, `plural(2, "{0} answer", "{0} answers")`: `{0}` becomes the number, `{1}` and up
 * the values after the messages. Languages with more forms than two use the second for all but one.
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
