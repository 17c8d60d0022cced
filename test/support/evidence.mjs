/**
 * Evidence of test failures: each running resource (windows, servers, the provider) registers how to capture
 * its state, and each failure writes all of it to a file, with screenshots alongside.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Folder for this run's evidence. If unset, nothing is kept. */
export const EVIDENCE_VARIABLE = "OPENCODE_SESSIONS_TEST_EVIDENCE";

/** A window that doesn't respond must not delay the tests that follow. */
const LIMIT_MS = 20_000;

/** @typedef {(fileBase: string) => string | Promise<string>} Look returns text; pictures go to `fileBase*` */

/** @type {Map<symbol, { name: string, look: Look }>} */
const sources = new Map();
let pending = Promise.resolve();

/**
 * Registers a source of evidence, captured whenever a test fails until it is removed.
 *
 * @param {string} name
 * @param {Look} look
 * @returns {() => void} removes the source
 */
export function offerEvidence(name, look) {
  const key = Symbol(name);
  sources.set(key, { name, look });
  return () => sources.delete(key);
}

/**
 * Captures all sources at once. Before shutting down a source, wait for {@link evidenceTaken}.
 *
 * @param {{ title: string, message: string }} failure
 */
export function takeEvidence({ title, message }) {
  const folder = process.env[EVIDENCE_VARIABLE];
  if (!folder) return;
  const looks = [...sources.values()];
  pending = pending.then(async () => {
    mkdirSync(folder, { recursive: true });
    const base = path.join(folder, evidenceName(title));
    const texts = await Promise.all(
      looks.map(async ({ name, look }, index) => {
        const text = await withinLimit(() => look(`${base}-${index + 1}`));
        return `--- ${name}\n${text.trimEnd()}`;
      }),
    );
    writeFileSync(`${base}.txt`, [title, message, ...texts, ""].join("\n"));
  });
}

/** Resolves when the evidence of all failures so far is on disk. */
export async function evidenceTaken() {
  await pending;
}

/** The name of a test's evidence file, without the extension. */
export function evidenceName(title) {
  return title.replaceAll(/[^\w.-]+/g, "-").slice(0, 120);
}

/** The last lines of a log. */
export function tailOf(text, lines = 40) {
  return text.trimEnd().split("\n").slice(-lines).join("\n");
}

async function withinLimit(look) {
  let timer;
  const late = new Promise((resolve) => {
    timer = setTimeout(
      () => resolve(`could not be captured within ${LIMIT_MS / 1000} s`),
      LIMIT_MS,
    );
  });
  const seen = Promise.resolve()
    .then(look)
    .catch((error) => `could not be captured: ${error?.message ?? error}`);
  const text = await Promise.race([seen, late]);
  clearTimeout(timer);
  return String(text);
}
