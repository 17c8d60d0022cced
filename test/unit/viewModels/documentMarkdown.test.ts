import assert from "node:assert/strict";
import { compatibilityReport } from "../../../src/viewModels/documents/compatibilityReport.ts";
import { Markdown, markup } from "../../../src/viewModels/documents/markdown.ts";
import { todoDocument } from "../../../src/viewModels/documents/todoDocument.ts";
import { aServer, stateWith } from "../../support/seed/builders.ts";

const HOSTILE =
  "x](http://a.test) [click](command:quit) <img src=x> `code` | **bold**\n\n# Heading";
const MARKUP = /(?<!\\)(\]\(|<img|\*\*bold|`code)|^# Heading/m;

describe("the Markdown of our documents", () => {
  it("contains texts from elsewhere as text, and no markup of theirs", () => {
    assert.match(HOSTILE, MARKUP);
    assert.doesNotMatch(String(markup`# ${HOSTILE}\n\n- **${HOSTILE}**`), MARKUP);
    assert.equal(String(markup`- ${markup`**${1}**`} ${"*"}`), "- **1** \\*");
    assert.equal(String(Markdown.code("a`b|c\nd")), "`a b c d`");
  });

  it("is without theirs in a compatibility report, whatever the server said", () => {
    const server = [...stateWith(aServer()).servers.values()][0]!;
    const subject = { extensionVersion: "0.1.0", editorVersion: "1.100.0", platform: HOSTILE };
    const check = { area: HOSTILE, isRequired: true, found: HOSTILE, status: "offered" } as const;
    const report = compatibilityReport(
      { ...server, version: HOSTILE },
      {
        basis: "probes",
        basisProblem: HOSTILE,
        checks: [{ ...check, wanted: [HOSTILE], missing: [HOSTILE] }],
      },
      subject,
    );
    // What was found is in code style, where nothing else is markup.
    assert.doesNotMatch(String(report).replaceAll(/ `[^`|]*` /g, ""), MARKUP);
  });

  it("is without theirs in a to-do list", () => {
    const entries = ["completed", "cancelled", "in_progress", "pending"].map((status) => ({
      status,
      content: HOSTILE,
    }));
    assert.doesNotMatch(String(todoDocument(HOSTILE, entries)), MARKUP);
  });
});
