import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";

const root = new URL("../../", import.meta.url);
const architecture = readFileSync(new URL("ARCHITECTURE.md", root), "utf8");

/** Folders in the table: the first cell of each row, if it is a path. */
const rows = [...architecture.matchAll(/^\| `((?:src|webview)[\w/.]*)`/gm)].map(
  ([, path]) => path!,
);

describe("ARCHITECTURE.md", () => {
  it("has a row for every entry of src and for the webview", () => {
    const rooms = readdirSync(new URL("src/", root), { withFileTypes: true }).map(
      ({ name }) => `src/${name}`,
    );
    assert.deepEqual([...rows].sort(), [...rooms, "webview"].sort());
  });

  it("names no file or folder that does not exist", () => {
    const named = [
      ...architecture.matchAll(
        /`((?:src|webview|test|commands|viewModels|platform|core|server|sources)\/[\w/.]+)`/g,
      ),
    ]
      .map(([, path]) => path!)
      .map((path) => (/^(src|webview|test)\//.test(path) ? path : `src/${path}`));
    assert.ok(named.length > 5);
    assert.deepEqual(
      named.filter((path) => !existsSync(new URL(path, root))),
      [],
    );
  });
});
