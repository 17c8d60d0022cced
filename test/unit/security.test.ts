import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { at, stringOf } from "../support/json.ts";

let folders: readonly string[] | undefined;

/** The folders of the packages whose code is in the bundles, from the build itself. */
function shippedFolders(): readonly string[] {
  folders ??= execFileSync(process.execPath, ["esbuild.mjs", "--packages"], { cwd: root })
    .toString()
    .trim()
    .split("\n");
  return folders;
}

function nameOf(folder: string): string {
  return folder.slice(folder.lastIndexOf("node_modules/") + "node_modules/".length);
}

function readJSON(file: string): unknown {
  return JSON.parse(readFileSync(new URL(file, root), "utf8"));
}

const root = new URL("../../", import.meta.url);

describe("the promises in SECURITY.md", () => {
  const page = readFileSync(new URL("SECURITY.md", root), "utf8");
  /** Each file, with one title or several after it. */
  const lists = [...page.matchAll(/`(test\/[^`]+)`((?:,?\s+“[^”]+”)+)/g)];
  const named = lists.flatMap(([, file = "", titles = ""]) =>
    [...titles.matchAll(/“([^”]+)”/g)].map(([, title = ""]) => ({
      file,
      title: title.replace(/\s+/g, " "),
    })),
  );

  it("name their tests in a checkable form", () => {
    assert.ok(named.length > 15);
    assert.equal(lists.length, page.match(/`test\//g)?.length);
    const others = lists.reduce((rest, [list]) => rest.replace(list, ""), page);
    assert.deepEqual(others.match(/^ *“[^”]+”/gm), null, "a title without its file");
  });

  it("names each package whose code is in the bundles", () => {
    const [, section = ""] = page.split("## What ships");
    const list = /^`(?:[^`]+`,?\s+`?)+$/m.exec(section)?.[0] ?? "";
    const listed = [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
    assert.deepEqual(listed, [...new Set(shippedFolders().map(nameOf))].sort());
  });

  it("pins each of them, with a checksum and without an install script", () => {
    const lock = readJSON("package-lock.json");
    const unpinned = shippedFolders().filter((folder) => {
      const entry = at(lock, "packages", folder);
      const isExact = /^\d+\.\d+\.\d+/.test(stringOf(at(entry, "version")));
      const hasSum = stringOf(at(entry, "integrity")).startsWith("sha512-");
      return !isExact || !hasSum || at(entry, "hasInstallScript") !== undefined;
    });
    assert.deepEqual(unpinned, []);
    const { devDependencies = {} } = readJSON("package.json") as {
      devDependencies?: Record<string, string>;
    };
    const inexact = Object.entries(devDependencies).filter(([, version]) => !/^\d/.test(version));
    assert.deepEqual(inexact, []);
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
