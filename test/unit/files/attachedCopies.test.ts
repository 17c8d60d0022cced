import assert from "node:assert/strict";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { AttachedCopies } from "../../../src/files/attachedCopies.ts";

describe("copies of attached files", () => {
  let folder: string;
  let copies: AttachedCopies;

  beforeEach(() => {
    folder = path.join(mkdtempSync(path.join(tmpdir(), "attached-")), "copies");
    copies = new AttachedCopies(folder);
  });

  afterEach(() => {
    rmSync(path.dirname(folder), { recursive: true });
  });

  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

  it("are for their user alone, and are deleted with their prompt", async () => {
    const [one, two] = [await copies.keep(bytes("one")), await copies.keep(bytes("two"))];
    assert.equal(readFileSync(fileURLToPath(one), "utf8"), "one");
    if (process.platform !== "win32") {
      assert.equal(statSync(fileURLToPath(one)).mode & 0o077, 0);
      assert.equal(statSync(folder).mode & 0o077, 0);
    }
    await copies.drop([one]);
    await copies.drop([one]);
    assert.deepEqual(readdirSync(folder), [path.basename(two)]);
  });

  it("are all that is deleted: a file that is attached by its path stays", async () => {
    const copy = fileURLToPath(await copies.keep(bytes("copy")));
    const below = path.join(path.dirname(folder), path.basename(copy));
    await copies.drop([
      pathToFileURL(below).href,
      `${pathToFileURL(folder).href}/../copies`,
      `${pathToFileURL(folder).href}x/${path.basename(copy)}`,
      "vscode-remote://ssh/copy",
    ]);
    assert.ok(existsSync(copy));
  });

  it("go after a month if their prompt was forgotten", async () => {
    const old = fileURLToPath(await copies.keep(bytes("old")));
    const month = Date.now() / 1000 - 31 * 24 * 3600;
    utimesSync(old, month, month);
    const young = await copies.keep(bytes("young"));
    assert.deepEqual(readdirSync(folder), [path.basename(young)]);
  });
});
