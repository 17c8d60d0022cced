import assert from "node:assert/strict";

import {
  documentAddress,
  type DocumentTarget,
  parseDocumentQuery,
} from "../../../src/viewModels/documents/documentTarget.ts";
import { todoDocument } from "../../../src/viewModels/documents/todoDocument.ts";

const ref = { serverID: "http://127.0.0.1:4096", sessionID: "ses_1" };

describe("the address of a document", () => {
  const targets: readonly DocumentTarget[] = [
    { kind: "transcript", ref },
    { kind: "todo", ref: { serverID: "managed", sessionID: "a&b=c" } },
    { kind: "before", ref, messageID: "msg_1", file: "src/a b&c.ts" },
    { kind: "after", ref, messageID: undefined, file: "ü/€.txt" },
  ];

  it("encodes what it shows, with any characters in names", () => {
    for (const target of targets) {
      assert.deepEqual(parseDocumentQuery(documentAddress(target, "A/B?#x").query), target);
    }
  });

  it("ends with a name that a tab can show", () => {
    assert.deepEqual(
      targets.map((target) => documentAddress(target, "Fix a/b\nnow").path),
      ["/Fix a∕b now.md", "/To Do: Fix a∕b now.md", "/src/a b&c.ts", "/ü/€.txt"],
    );
  });

  it("begins with exactly one slash, whatever root a file path has", () => {
    for (const file of ["/etc/passwd", "//host/share", "\\\\host\\share", "/"]) {
      const { path } = documentAddress({ kind: "after", ref, messageID: undefined, file }, "x");
      assert.match(path, /^\/(?![\\/])/, file);
    }
  });

  it("is invalid if a required part is missing", () => {
    const queries = [
      "",
      "kind=transcript",
      "kind=other&serverID=s&sessionID=t",
      "kind=before&serverID=s&sessionID=t",
    ];
    for (const query of queries) assert.equal(parseDocumentQuery(query), undefined, query);
  });
});

describe("the to-do document", () => {
  it("ticks finished items and marks those in progress", () => {
    const text = String(
      todoDocument("Fix", [
        { content: "Reproduce", status: "completed" },
        { content: "Find\nthe cause", status: "in_progress" },
        { content: "Write", status: "pending" },
        { content: "Dance", status: "cancelled" },
      ]),
    );
    assert.equal(
      text,
      "# To do: Fix\n\n1 of 3 done\n\n- [x] Reproduce\n- [ ] **Find the cause** (in progress)\n- [ ] Write\n- [x] ~~Dance~~ (cancelled)\n",
    );
  });

  it("says if there is no list", () => {
    assert.match(String(todoDocument("Fix", [])), /has no to-do list/);
  });
});
