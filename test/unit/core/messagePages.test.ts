import assert from "node:assert/strict";
import { ServerError } from "../../../src/core/errors.ts";
import type { MessagePage } from "../../../src/core/state/message.ts";
import { allMessages, pageQuery } from "../../../src/core/state/messagePages.ts";
import { failed, ok, type Result } from "../../../src/core/result.ts";
import { sumTotals } from "../../../src/server/sumTotals.ts";
import { someTokens } from "../../support/seed/builders.ts";
import { aCountedAnswer } from "../../support/seed/ledger.ts";

const page = (id: string, olderCursor?: string): Result<MessagePage> =>
  ok({ messages: [aCountedAnswer(id, { costUSD: 1, tokens: someTokens({}) })], olderCursor });

describe("the messages of a session, page by page", () => {
  const read = async (pages: Readonly<Record<string, Result<MessagePage>>>) => {
    const asked: (string | undefined)[] = [];
    const pageBefore = (before: string | undefined): Promise<Result<MessagePage>> => {
      asked.push(before);
      assert.ok(asked.length < 10, "asked for ever");
      return Promise.resolve(pages[before ?? ""] ?? failed(new ServerError("notFound", "none")));
    };
    return { all: await allMessages(pageBefore), asked, pageBefore };
  };

  it("are complete, oldest first", async () => {
    const { all, asked } = await read({ "": page("m3", "b"), b: page("m2", "a"), a: page("m1") });
    assert.deepEqual(all.ok && all.value.map(({ id }) => id), ["m1", "m2", "m3"]);
    assert.deepEqual(asked, [undefined, "b", "a"]);
  });

  it("end when a server repeats a page", async () => {
    for (const again of ["a", "b"]) {
      const pages = { "": page("m3", "b"), b: page("m2", "a"), a: page("m1", again) };
      const { all, asked } = await read(pages);
      assert.deepEqual(all.ok && all.value.map(({ id }) => id), ["m1", "m2", "m3"]);
      assert.equal(asked.length, 3);
      let count = 0;
      const totals = await sumTotals((before) => {
        assert.ok(++count < 10, "asked for ever");
        return Promise.resolve(pages[(before ?? "") as keyof typeof pages]);
      });
      assert.equal(totals.ok && totals.value.costUSD, 3);
    }
  });

  it("fail as a whole if a page cannot be read", async () => {
    const { all, asked } = await read({ "": page("m3", "gone") });
    assert.equal(all.ok ? undefined : all.error.reason, "notFound");
    assert.equal(asked.length, 2);
  });

  it("are first requested without a cursor", () => {
    assert.deepEqual(pageQuery(5, undefined), { limit: 5 });
    assert.deepEqual(pageQuery(5, "x"), { limit: 5, before: "x" });
  });
});
