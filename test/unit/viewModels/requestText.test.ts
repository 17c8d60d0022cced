import assert from "node:assert/strict";

import {
  alwaysText,
  noticeDetails,
  permissionDetails,
  requestHeadline,
} from "../../../src/viewModels/documents/requestText.ts";
import { aPermission } from "../../support/seed/builders.ts";

describe("the text of a permission", () => {
  it("says for which tool, where and how long “always” applies", () => {
    const edit = { ...aPermission("a"), permission: "edit", always: ["*"] };
    assert.equal(
      alwaysText(edit),
      "Always Allow covers every use of “edit” in this project, until OpenCode stops.",
    );
    assert.equal(
      alwaysText({ ...edit, savesAlways: true }),
      "Always Allow covers every use of “edit” in this project, until you remove it in OpenCode.",
    );
    assert.equal(alwaysText({ ...edit, always: [] }), undefined);
  });

  it("shows tool, command, patterns and what “always” would cover", () => {
    const request = aPermission("a", {
      command: "git push origin main",
      patterns: ["git push origin main", "git *"],
      always: ["git push *"],
    });
    assert.equal(requestHeadline(request), "bash: git push origin main");
    assert.equal(
      permissionDetails(request),
      [
        "Tool: bash",
        "Command: git push origin main",
        "Pattern: git *",
        "",
        "Always Allow covers “bash” for git push * in this project, until OpenCode stops.",
      ].join("\n"),
    );
  });

  it("shows a multi-line command completely", () => {
    const command = "cat <<END\nrm -rf /\nEND";
    const details = permissionDetails(aPermission("a", { command, patterns: [] }));
    assert.ok(details.includes(`Command:\n${command}\n`));
  });

  it("escapes characters that would hide or reverse part of the command", () => {
    const command = "echo ok\u202e; rm -rf ~";
    const request = aPermission("a", { command, patterns: [] });
    assert.ok(permissionDetails(request).includes("echo ok\\u202e; rm -rf ~"));
    assert.equal(noticeDetails(request), undefined);
  });

  it("allows answering in a notification only if that shows everything", () => {
    assert.equal(noticeDetails(aPermission("a")), "bash: npm test");
    assert.equal(
      noticeDetails(aPermission("a", { command: `npm test ${"x".repeat(200)}` })),
      undefined,
    );
    assert.equal(noticeDetails(aPermission("a", { command: "npm test\nrm -rf /" })), undefined);
    assert.equal(noticeDetails(aPermission("a", { diff: "@@ -1 +1 @@\n-a\n+b\n" })), undefined);
  });
});
