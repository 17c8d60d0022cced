import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AxeResults } from "axe-core";
import type { Frame, Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Checks a page with axe-core, also the names of controls against their labels. */
export async function assertAccessible(page: Page | Frame, what: string): Promise<void> {
  // Evaluated, not loaded: the page's content policy allows no other script.
  if (!(await page.evaluate<boolean>("'axe' in window"))) await page.evaluate(AXE);
  // Reporting the rules that pass takes most of the time, and nobody reads those reports.
  const violations = await page.evaluate<AxeResults["violations"]>(
    `axe.run({
      resultTypes: ["violations"],
      rules: { "label-content-name-mismatch": { enabled: true } },
    }).then(({ violations }) => violations)`,
  );
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary ?? ""}`),
  );
  assert.equal(found.length, 0, `${what}: ${found.join("\n")}`);
}
