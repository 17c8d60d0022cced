import assert from "node:assert/strict";

import {
  fitsMessageBox,
  noticeDetails,
  permissionDetails,
  requestHeadline,
} from "../../../src/viewModels/requestText.ts";
import { aPermission } from "../../support/builders.ts";

describe("the text of a permission", () => {
  it("says tool, command, patterns and what always would cover", () => {
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
        "Always Allow covers: git push *",
      ].join("\n"),
    );
  });

  it("leaves a command of several lines whole", () => {
    const command = "cat <<END\nrm -rf /\nEND";
    const details = permissionDetails(aPermission("a", { command, patterns: [] }));
    assert.ok(details.includes(`Command:\n${command}\n`));
  });

  it("writes out what would hide or turn round a part of the command", () => {
    const command = "echo ok\u202e; rm -rf ~";
    const request = aPermission("a", { command, patterns: [] });
    assert.ok(permissionDetails(request).includes("echo ok\\u202e; rm -rf ~"));
    assert.equal(noticeDetails(request), undefined);
  });

  it("lets a notification be answered only where it shows everything", () => {
    assert.equal(noticeDetails(aPermission("a")), "bash: npm test. Always Allow covers: npm *");
    assert.equal(
      noticeDetails(aPermission("a", { command: `npm test ${"x".repeat(200)}` })),
      undefined,
    );
    assert.equal(noticeDetails(aPermission("a", { command: "npm test\nrm -rf /" })), undefined);
    assert.equal(noticeDetails(aPermission("a", { diff: "@@ -1 +1 @@\n-a\n+b\n" })), undefined);
  });

  it("opens what does not fit into a message box as a document", () => {
    assert.equal(fitsMessageBox(aPermission("a")), true);
    assert.equal(fitsMessageBox(aPermission("a", { command: "x\n".repeat(40) })), false);
    assert.equal(fitsMessageBox(aPermission("a", { command: "x".repeat(2000) })), false);
    assert.equal(fitsMessageBox(aPermission("a", { diff: "@@ -1 +1 @@\n-a\n+b\n" })), false);
  });
});
