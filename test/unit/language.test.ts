import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

import {
  formatNumber,
  languageTag,
  type Messages,
  plural,
  setLanguage,
  t,
} from "../../src/core/language.ts";
import { bundleText, extractMessages, kept, pseudoTranslated } from "../support/messages.ts";

function read(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), "utf8");
}

describe("the display language", () => {
  afterEach(() => {
    setLanguage("en", undefined);
  });

  it("shows messages in English and fills in their values", () => {
    assert.equal(t("Stale"), "Stale");
    assert.equal(t("{0} of {1}", 1, "two"), "1 of two");
    assert.equal(t`${1} of ${"two"}`, "1 of two");
    assert.equal(plural(1, "{0} answer", "{0} answers"), "1 answer");
    assert.equal(plural(1234, "{0} answer of {1}", "{0} answers of {1}", 5), "1,234 answers of 5");
  });

  it("looks up translations by their English text, and falls back to English", () => {
    setLanguage("fr", { "{0} of {1}": "{0} sur {1}", "{0} answer": "{0} réponse" });
    assert.equal(t`${1} of ${2}`, "1 sur 2");
    assert.equal(plural(0, "{0} answer", "{0} answers"), "0 réponse");
    assert.equal(t("Stale"), "Stale");
  });

  it("formats numbers for the display language, with or without translations", () => {
    setLanguage("de", undefined);
    assert.equal(formatNumber(1234.5), "1.234,5");
    assert.equal(plural(0, "{0} answer", "{0} answers"), "0 answers");
    assert.equal(languageTag(), "de");
  });

  it("formats numbers as in English if the language is invalid", () => {
    setLanguage("no language", { Stale: "Elats" });
    assert.equal(formatNumber(1234.5), "1,234.5");
    assert.equal(t("Stale"), "Elats");
  });
});

/** Keys that are missing or superfluous in a translation, or whose translation lost something. */
function faults(english: Messages, translated: Messages): readonly string[] {
  return [
    ...Object.keys(english)
      .filter((key) => !(key in translated))
      .map((key) => `lacks ${key}`),
    ...Object.keys(translated)
      .filter((key) => !(key in english))
      .map((key) => `stale: ${key}`),
    ...Object.entries(translated).flatMap(([key, text]) =>
      text.trim() === "" || String(kept(text)) !== String(kept(english[key] ?? text))
        ? [`other placeholders: ${key}`]
        : [],
    ),
  ];
}

describe("Simplified Chinese", () => {
  for (const [english, chinese] of [
    ["l10n/bundle.l10n.json", "l10n/bundle.l10n.zh-cn.json"],
    ["package.nls.json", "package.nls.zh-cn.json"],
  ] as const) {
    it(`translates all of ${english} in ${chinese}, with the same placeholders, links and code`, () => {
      const parse = (name: string): Messages => JSON.parse(read(name)) as Messages;
      assert.deepEqual(faults(parse(english), parse(chinese)), []);
    });
  }

  it("is complete only with exactly the English keys and every placeholder", () => {
    assert.deepEqual(faults({ a: "a {0}", b: "b" }, { a: "A", c: "C" }), [
      "lacks b",
      "stale: c",
      "other placeholders: a",
    ]);
  });
});

describe("the messages", () => {
  it("are all in l10n/bundle.l10n.json (otherwise run `npm run messages`)", () => {
    const { messages, problems } = extractMessages();
    assert.deepEqual(problems, []);
    assert.equal(read("l10n/bundle.l10n.json"), bundleText(messages));
  });

  it("have plain letters in the pseudo-locale only in OpenCode, placeholders, icons, links and code", () => {
    assert.equal(
      pseudoTranslated("Run `npm ci` $(sync) {0} [here](command:x.y)"),
      "[Ŕûñ `npm ci` $(sync) {0} [ĥéŕé](command:x.y)]",
    );
  });
});
