/**
 * `npm run manifest`: generates src/agents/answerSchemas.json from src/core/agents/publicAPI.ts, and the parts of package.json, package.nls.json, docs/commands.md, docs/settings.md
 * and src/platform/commandIDs.ts that come from the tables of commands (src/commands/commandTable.ts) and
 * settings (src/platform/settings.ts).
 */
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { format } from "prettier";
import { register } from "tsx/esm/api";
import { projectRoot } from "../support/project.mjs";

register();
const { commandsPage, generate, settingsPage } = await import("../support/manifest.ts");
const { answerSchemas } = await import("../support/answerSchemas.ts");

const file = (name) => path.join(projectRoot, name);
const read = (name) => JSON.parse(readFileSync(file(name), "utf8"));
const writeJSON = (name, value) => writeFileSync(file(name), `${JSON.stringify(value, null, 2)}\n`);

const { manifest, strings, commandIDs } = generate(read("package.json"), read("package.nls.json"));
writeJSON("package.json", manifest);
writeJSON("package.nls.json", strings);
writeFileSync(file("docs/commands.md"), commandsPage());
writeFileSync(file("docs/settings.md"), settingsPage());
writeFileSync(file("src/platform/commandIDs.ts"), commandIDs);
writeFileSync(
  file("src/agents/answerSchemas.json"),
  await format(JSON.stringify(answerSchemas()), { parser: "json", printWidth: 100 }),
);
