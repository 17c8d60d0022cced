/**
 * The end of `npm test`: failures with their evidence, tests that only passed when repeated, skipped tests,
 * the table, and the counts. Seeing only the end of the output is enough to know the cause.
 */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { evidenceName } from "./evidence.mjs";
import { evidenceFolder } from "./jobs.mjs";
import { countOutcomes, firstLine } from "./suiteReporter.mjs";

/** The maximum number of lines for the evidence of all failures. */
const EVIDENCE_LINES = 100;

/**
 * @param {readonly import("./jobs.mjs").JobResult[]} results
 * @param {{ evidenceDir: string, durationMs: number }} run
 * @returns {string[]} lines; the last is `N passed, N failed`
 */
export function reportOf(results, { evidenceDir, durationMs }) {
  const all = results.flatMap(({ job, outcomes }) => outcomes.map((each) => ({ job, ...each })));
  const total = countOutcomes(all);
  const flaky = all.filter((each) => each.flaky !== undefined);
  const skipped = all.filter(({ state }) => state === "skipped");
  return [
    ...section("Skipped", skipped, ({ title, message }) => `  ${title}: ${message}`),
    ...section(
      "Passed only on a rerun",
      flaky,
      (each) => `  flaky ${nameOf(each)}: ${firstLine(each.flaky)}`,
    ),
    ...failuresOf(
      all.filter(({ state }) => state === "failed"),
      evidenceDir,
    ),
    ...tableOf(results, durationMs),
    `${total.passed} passed, ${total.failed} failed`,
  ];
}

function section(heading, items, lineOf) {
  return items.length === 0 ? [] : ["", heading, ...items.map(lineOf)];
}

function failuresOf(failed, evidenceDir) {
  if (failed.length === 0) return [];
  const list = failed
    .slice(0, EVIDENCE_LINES / 2)
    .map((each) => `  ✗ ${nameOf(each)}: ${firstLine(each.message)}`);
  if (list.length < failed.length) list.push(`  … and ${failed.length - list.length} more`);
  const room = Math.max(10, Math.floor((EVIDENCE_LINES - list.length) / failed.length));
  const lines = failed.flatMap((each) => [
    "",
    `✗ ${nameOf(each)}`,
    ...detailsOf(each, evidenceDir, room),
  ]);
  const shown = lines.slice(0, EVIDENCE_LINES - list.length);
  const rest = lines.length > shown.length ? [`… the rest is in ${evidenceDir}`] : [];
  return ["", "Failed", ...list, ...shown, ...rest];
}

/** The evidence of the last attempt, with its middle cut. */
function detailsOf({ job, title, message = "" }, evidenceDir, room) {
  const files = [3, 2, 1].map((attempt) =>
    path.join(evidenceFolder(evidenceDir, job.name, attempt), `${evidenceName(title)}.txt`),
  );
  const file = files.find(existsSync);
  const text = file ? readFileSync(file, "utf8") : message;
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => `    ${line.slice(0, 300)}`);
  if (lines.length <= room) return lines;
  const head = Math.ceil(room / 2);
  return [...lines.slice(0, head), "    …", ...lines.slice(lines.length - (room - head) + 1)];
}

function tableOf(results, durationMs) {
  const row = (name, ...figures) =>
    `  ${name.padEnd(12)}${figures.map((figure) => String(figure).padStart(10)).join("")}`;
  const seconds = (ms) => `${(ms / 1000).toFixed(1)} s`;
  const suites = [...new Set(results.map(({ job }) => job.suite))];
  const rows = suites.map((suite) => {
    const own = results.filter(({ job }) => job.suite === suite);
    const outcomes = own.flatMap((result) => result.outcomes);
    const { passed, failed, skipped } = countOutcomes(outcomes);
    const flaky = outcomes.filter((each) => each.flaky !== undefined).length;
    const tookMs = own.reduce((sum, result) => sum + result.durationMs, 0);
    return row(suite, passed, failed, skipped, flaky, seconds(tookMs));
  });
  const head = row("", "passed", "failed", "skipped", "flaky", "time");
  return ["", head, ...rows, row("in all", "", "", "", "", seconds(durationMs)), ""];
}

function nameOf({ file, job, title }) {
  return `${file || job.name} › ${title}`;
}
