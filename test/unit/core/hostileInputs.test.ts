import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { patientMs } from "../../support/patience.mjs";

const PROGRAM = fileURLToPath(new URL("../../support/hostileInputs.ts", import.meta.url));

/** Linear work takes a few seconds here; quadratic work on a megabyte takes 15 minutes. */
const BUDGET_MS = patientMs(90_000);

describe("texts and documents from hostile servers", () => {
  it("are worked on in linear time, however long and deep they are", async function () {
    const { output, error } = await new Promise<{ output: string; error: Error | null }>(
      (resolve) => {
        const args = ["--import", import.meta.resolve("tsx"), PROGRAM];
        execFile(process.execPath, args, { timeout: BUDGET_MS }, (error, stdout, stderr) => {
          resolve({ output: stdout + stderr, error });
        });
      },
    );
    const last = output.trim().split("\n").at(-1) ?? "";
    assert.equal(error, null, `it ended after: ${last}`);
    assert.match(last, /^done \d{3}$/);
  });
});
