import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * Compares text with the file beside the test. `UPDATE_GOLDEN=1` writes the file instead; review the diff
 * before committing it.
 */
export function assertGolden(name: string, text: string): void {
  const file = fileURLToPath(new URL(`../unit/viewModels/golden/${name}.txt`, import.meta.url));
  if (process.env["UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  assert.ok(existsSync(file), `golden file ${name}.txt is missing: run with UPDATE_GOLDEN=1`);
  assert.equal(text, readFileSync(file, "utf8"));
}
