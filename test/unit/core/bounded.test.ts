import assert from "node:assert/strict";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { redacted } from "../../../src/core/log.ts";
import { bounded, MAX_TITLE_CHARACTERS } from "../../../src/core/limits.ts";
import { errorOfHead } from "../../../src/server/http.ts";
import { titleOf } from "../../../src/server/narrow.ts";
import { errorOfStatus } from "../../../src/sources/kubernetes/kubeErrors.ts";
import { cleanTitle } from "../../../src/viewModels/text/format.ts";

const MEGABYTE = 1024 * 1024;
const TEXTS = 20;
const TEXT_MEGABYTES = 2;

describe("a text that is cut at a limit", () => {
  let collect: () => void;

  before(() => {
    setFlagsFromString("--expose-gc");
    collect = runInNewContext("gc") as () => void;
  });

  /** Megabytes that remain in use for as long as the results are kept. */
  function retainedMB(keep: (text: string) => unknown): number {
    // Once before, so that nothing that is made only once counts.
    const kept: unknown[] = [keep(longText(0))];
    collect();
    const before = process.memoryUsage().heapUsed;
    for (let at = 1; at <= TEXTS; at++) kept.push(keep(longText(at)));
    collect();
    const after = process.memoryUsage().heapUsed;
    assert.equal(kept.length, TEXTS + 1);
    return (after - before) / MEGABYTE;
  }

  /** As it comes out of an answer. */
  function longText(at: number): string {
    const text = `${String(at)} ${"a word ".repeat((TEXT_MEGABYTES * MEGABYTE) / 7)}`;
    return JSON.parse(JSON.stringify(text)) as string;
  }

  it("would keep the whole text in memory as a plain slice", () => {
    const mb = retainedMB((text) => text.slice(0, MAX_TITLE_CHARACTERS));
    assert.ok(mb > (TEXTS * TEXT_MEGABYTES) / 2, `${mb.toFixed(1)} MB`);
  });

  const cuts: Readonly<Record<string, (text: string) => unknown>> = {
    "a bounded text": (text) => bounded(text, 1_000),
    "a bounded text as the key of a map": (text) => new Map([[bounded(text, 100), true]]),
    "a session's title": (text) => titleOf(text),
    "a row's title": (text) => cleanTitle(text),
    "a row's title with a control character": (text) => cleanTitle(`\u0007${text}`),
    "a server's refusal": (text) =>
      errorOfHead({ status: 500, header: () => null }, { message: text })?.message,
    "a cluster's refusal": (text) => errorOfStatus(500, { message: text }).message,
    "a line of the log": (text) => redacted(text),
  };
  for (const [what, cut] of Object.entries(cuts)) {
    it(`frees the rest of it: ${what}`, () => {
      const mb = retainedMB(cut);
      assert.ok(mb < TEXT_MEGABYTES, `${mb.toFixed(1)} MB`);
    });
  }

  it("is the same as a slice, even between the halves of a character", () => {
    const text = '\ud83d\ude00\u0000"\\\u2028é'.repeat(3);
    for (let length = 0; length <= text.length; length++) {
      assert.equal(bounded(text, length), text.slice(0, length));
    }
  });
});
