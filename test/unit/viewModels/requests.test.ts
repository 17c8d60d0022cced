import assert from "node:assert/strict";

import type { PendingRequest, Question } from "../../../src/core/state/request.ts";
import { type RequestModel, requestModels } from "../../../src/viewModels/conversation/requests.ts";
import { aPermission, aServer, aSession, stateWith } from "../../support/seed/builders.ts";

const serverID = "http://127.0.0.1:4096";
const ref = { serverID, sessionID: "ses_1" };

function modelsOf(...requests: readonly PendingRequest[]): readonly RequestModel[] {
  const state = stateWith(
    aServer({
      sessions: [
        aSession({ id: "ses_1", title: "Publish" }),
        aSession({ id: "ses_2", title: "Clean up", parentID: "ses_1" }),
        aSession({ id: "ses_3", title: "Elsewhere" }),
      ],
      requests,
    }),
  );
  return requestModels(state, ref);
}

const aQuestion = (text: string, options: Question["options"] = []): Question => ({
  key: "0",
  header: "",
  text,
  options,
  type: "choice",
  isMultiple: false,
  allowsCustom: true,
  isRequired: true,
  url: undefined,
  when: undefined,
});

describe("the request cards on a session's page", () => {
  it("cover the session and its descendants, oldest first, each with its requester", () => {
    const models = modelsOf(
      aPermission("ses_1", { id: "later", askedMs: 3 }),
      aPermission("ses_2", { id: "first", askedMs: 1 }),
      aPermission("ses_3", { id: "other", askedMs: 2 }),
    );
    assert.deepEqual(
      models.map(({ requestID, from }) => [requestID, from]),
      [
        ["first", "Clean up"],
        ["later", undefined],
      ],
    );
  });

  it("show a complete permission: command, patterns, file, whole diff, and what «always» covers", () => {
    const diff = "--- a\n+++ b\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n";
    const [model] = modelsOf(
      aPermission("ses_1", {
        permission: "bash",
        command: "npm test",
        patterns: ["npm test", "npm *"],
        always: ["npm *"],
        filePath: "src/a.ts",
        diff,
      }),
    );
    assert.ok(model?.kind === "permission");
    assert.deepEqual(model.about, [
      { name: "command", text: "npm test" },
      { name: "pattern", text: "npm *" },
      { name: "file", text: "src/a.ts" },
    ]);
    assert.deepEqual(model.diff, [
      { kind: "same", text: "@@ -1,2 +1,2 @@" },
      { kind: "same", text: " same" },
      { kind: "removed", text: "-old" },
      { kind: "added", text: "+new" },
    ]);
    assert.match(model.always ?? "", /Always Allow covers “bash” for npm \*/);
    const [once] = modelsOf(aPermission("ses_1", { id: "b", always: [] }));
    assert.ok(once?.kind === "permission");
    assert.equal(once.always, undefined);
  });

  it("name every file in a multi-file patch, and do not mistake the names for changes", () => {
    const gone = "diff --git a/gone.ts b/gone.ts\ndeleted file mode 100644\n";
    const changed = (name: string): string =>
      `diff --git a/${name} b/${name}\n--- a/${name}\n+++ b/${name}\n@@ -1 +1 @@\n-1\n+2\n`;
    const diff = `${gone}${changed("a.ts")}${changed("b.ts")}`;
    const [model] = modelsOf(aPermission("ses_1", { diff }));
    assert.ok(model?.kind === "permission");
    assert.equal(model.diff.map(({ text }) => `${text}\n`).join(""), diff);
    assert.deepEqual(
      model.diff.filter(({ kind }) => kind !== "same").map(({ text }) => text),
      ["-1", "+2", "-1", "+2"],
    );
  });

  it("make invisible characters visible, and limit the length of texts", () => {
    const command = `echo ok\u202e; rm -rf ~\u0000 ${"x".repeat(1_000_000)}`;
    const [model] = modelsOf(aPermission("ses_1", { id: "a", command, patterns: [] }));
    assert.ok(model?.kind === "permission");
    const [about] = model.about;
    assert.ok(about !== undefined);
    assert.ok(about.text.startsWith("echo ok\\u202e; rm -rf ~\\u0000 x"));
    assert.ok(about.text.length < 250_000);
    assert.equal(model.isCut, true, "what is not shown is not said to be missing");
    const [whole] = modelsOf(aPermission("ses_1", { command: "x".repeat(199_000), patterns: [] }));
    assert.ok(whole?.kind === "permission" && !whole.isCut);
  });

  it("show questions with the keys and values of their answers", () => {
    const question = aQuestion("Which\u0007 one?", [
      { label: "Mon\nday", value: "mon\n", description: "soon" },
    ]);
    const [model] = modelsOf({
      kind: "question",
      id: "q",
      sessionID: "ses_1",
      directory: undefined,
      questions: [question],
      askedMs: 1,
    });
    assert.ok(model?.kind === "question");
    assert.equal(model.questions[0]?.text, "Which\\u0007 one?");
    assert.deepEqual(model.questions[0].options, [
      { label: "Mon day", value: "mon\n", description: "soon" },
    ]);
  });
});
