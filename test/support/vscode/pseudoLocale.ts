import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { pseudoTranslated } from "../messages.ts";
import { projectRoot } from "../project.mjs";

/** The language tag of the pseudo-locale. */
export const PSEUDO_LOCALE = "qps-ploc";

/** A copy of the built extension with one more language: the pseudo-locale. The caller removes it. */
export interface PseudoExtension {
  readonly root: string;
  remove(): void;
}

/** Copies what a package would contain, and adds pseudo-translations of all messages. */
export function pseudoExtension(): PseudoExtension {
  const root = mkdtempSync(path.join(tmpdir(), "pseudo-"));
  for (const name of ["package.json", "package.nls.json", "dist", "media"]) {
    cpSync(path.join(projectRoot, name), path.join(root, name), { recursive: true });
  }
  mkdirSync(path.join(root, "l10n"));
  translate("l10n/bundle.l10n.json", path.join(root, `l10n/bundle.l10n.${PSEUDO_LOCALE}.json`));
  translate("package.nls.json", path.join(root, `package.nls.${PSEUDO_LOCALE}.json`));
  return {
    root,
    remove: () => {
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function translate(english: string, to: string): void {
  const texts = JSON.parse(readFileSync(path.join(projectRoot, english), "utf8")) as Readonly<
    Record<string, string>
  >;
  const translated = Object.entries(texts).map(([key, text]) => [
    key,
    /^OpenCode(?: Sessions)?$/.test(text) ? text : pseudoTranslated(text),
  ]);
  writeFileSync(to, JSON.stringify(Object.fromEntries(translated)));
}
