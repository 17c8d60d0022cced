import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { KnownPrices } from "../../../src/history/knownPrices.ts";
import { aModel } from "../../support/builders.ts";
import { temporaryFolder } from "../../support/ledger.ts";

const PRICE = { input: 3, output: 15, cacheRead: 0.3, cacheWrite: 3.75 };

describe("known list prices", () => {
  it("outlive the catalogue that told them", async () => {
    const folder = temporaryFolder();
    const prices = await KnownPrices.open(folder);
    assert.equal(
      await prices.learn([aModel(), aModel({ modelID: "free", price: undefined })]),
      true,
    );
    assert.equal(await prices.learn([aModel()]), false);
    assert.equal(await prices.learn([aModel({ price: undefined })]), false);
    const again = await KnownPrices.open(folder);
    assert.deepEqual([...again.table], [["acme/sonnet", PRICE]]);
    assert.equal(await again.learn([aModel({ price: { ...PRICE, input: 4 } })]), true);
    assert.equal((await KnownPrices.open(folder)).table.get("acme/sonnet")?.input, 4);
  });

  it("are those of all windows", async () => {
    const folder = temporaryFolder();
    const [first, second] = [await KnownPrices.open(folder), await KnownPrices.open(folder)];
    await first.learn([aModel({ modelID: "a" })]);
    await second.learn([aModel({ modelID: "b" })]);
    assert.deepEqual([...second.table.keys()].sort(), ["acme/a", "acme/b"]);
    const all = (await KnownPrices.open(folder)).table;
    assert.deepEqual([...all.keys()].sort(), ["acme/a", "acme/b"]);
  });

  it("begin anew with a file that cannot be understood", async () => {
    for (const text of [
      "",
      "{",
      "[]",
      '{"version":1,"prices":{"a/b":{"input":-1}}}',
      '{"version":9}',
    ]) {
      const folder = temporaryFolder();
      writeFileSync(path.join(folder, "prices.json"), text);
      const prices = await KnownPrices.open(folder);
      assert.equal(prices.table.size, 0, text);
      assert.equal(await prices.learn([aModel()]), true);
    }
  });
});
