import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";

import {
  makePrivateFolder,
  replaceUserFile,
  writePrivateFile,
} from "../../../src/files/writeFile.ts";
import { temporaryFolder } from "../../support/seed/ledger.ts";

const modeOf = (file: string): string => (statSync(file).mode & 0o777).toString(8);

describe("writing files", function () {
  if (process.platform === "win32") this.pending = true;

  it("makes our folders and files readable only by their user", async () => {
    const folder = path.join(temporaryFolder(), "a", "b");
    await makePrivateFolder(folder);
    const file = path.join(folder, "file.json");
    await writePrivateFile(file, "{}");
    assert.deepEqual([path.dirname(folder), folder, file].map(modeOf), ["700", "700", "600"]);
  });

  it("revokes access that an earlier version left open to others", async () => {
    const folder = path.join(temporaryFolder(), "open");
    mkdirSync(folder, { mode: 0o755 });
    const file = path.join(folder, "file");
    writeFileSync(file, "old", { mode: 0o644 });
    await makePrivateFolder(folder);
    assert.equal(modeOf(folder), "700");
    await writePrivateFile(file, "new");
    assert.equal(modeOf(file), "600");
    assert.deepEqual(readdirSync(folder), ["file"], "no temporary file is left");
  });

  it("keeps the mode of the user's own file and the symbolic link to it", async () => {
    const folder = temporaryFolder();
    const target = path.join(folder, "dotfiles.json");
    writeFileSync(target, "old", { mode: 0o600 });
    const link = path.join(folder, "opencode.json");
    symlinkSync("dotfiles.json", link);
    await replaceUserFile(link, "new");
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.equal(readFileSync(target, "utf8"), "new");
    assert.equal(modeOf(target), "600");
    chmodSync(target, 0o664);
    await replaceUserFile(target, "newer");
    assert.equal(modeOf(target), "664", "not narrowed by the umask");
  });

  it("creates the target of a dangling link", async () => {
    const folder = temporaryFolder();
    const link = path.join(folder, "link");
    symlinkSync("missing", link);
    await replaceUserFile(link, "text");
    assert.ok(lstatSync(link).isSymbolicLink());
    assert.equal(readFileSync(path.join(folder, "missing"), "utf8"), "text");
  });
});
