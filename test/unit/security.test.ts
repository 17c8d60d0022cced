import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);

describe("the promises in SECURITY.md", () => {
  const page = readFileSync(new URL("SECURITY.md", root), "utf8");
  const named = [...page.matchAll(/`(test\/[^`]+)`\s+“([^”]+)”/g)].map(
    ([, file = "", title = ""]) => ({ file, title: title.replace(/\s+/g, " ") }),
  );

  it("name their tests in a checkable form", () => {
    assert.ok(named.length > 15);
    assert.equal(named.length, page.match(/`test\//g)?.length);
  });

  for (const { file, title } of named) {
    it(`are verified by “${title}” in ${file}`, () => {
      const url = new URL(file, root);
      assert.ok(existsSync(url), `there is no ${file}`);
      const source = readFileSync(url, "utf8");
      const titles = ['"', "`"].map((quote) => `it(${quote}${title}`);
      assert.ok(
        titles.some((each) => source.includes(each)),
        `it has no such test`,
      );
    });
  }
});
