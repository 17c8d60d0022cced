/**
 * `npm run messages`: collects the user-visible messages of the sources in l10n/bundle.l10n.json, removes
 * those no longer used from the translations next to it, and prints what they lack.
 */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { register } from "tsx/esm/api";
import { projectRoot } from "../support/project.mjs";

register();
const { bundleText, extractMessages } = await import("../support/messages.ts");

const { messages, problems } = extractMessages();
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;

const folder = path.join(projectRoot, "l10n");
writeFileSync(path.join(folder, "bundle.l10n.json"), bundleText(messages));
for (const name of readdirSync(folder).filter((each) => /^bundle\.l10n\..+\.json$/.test(each))) {
  const translations = JSON.parse(readFileSync(path.join(folder, name), "utf8"));
  const kept = messages.filter((message) => message in translations);
  const written = Object.fromEntries(kept.map((message) => [message, translations[message]]));
  writeFileSync(path.join(folder, name), `${JSON.stringify(written, null, 2)}\n`);
  for (const message of messages) {
    if (!(message in translations)) console.log(`${name} lacks ${JSON.stringify(message)}`);
  }
}
