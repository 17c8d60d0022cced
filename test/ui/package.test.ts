import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import path from "node:path";
import { projectRoot, readManifest, scratchDir } from "../support/project.mjs";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { quiet } from "../support/patience.mjs";

const { id, name, version } = readManifest(projectRoot);
const vsix = path.join(scratchDir, `${name}-${version}.vsix`);

describe("the package, installed into a fresh VS Code", () => {
  before(() => {
    assert.ok(existsSync(vsix), "run `npm run package` first");
  });

  const workbench = useWorkbench(() => ({
    vsix,
    fewBuiltIns: false,
    settings: { "opencodeSessions.localDiscovery.enabled": false },
  }));

  it("activates without an error", async () => {
    const activation = new RegExp(`_doActivateExtension ${id}[, ]`);
    const deadline = Date.now() + 30_000;
    while (!activation.test(workbench().readLogs()) && Date.now() < deadline) {
      await quiet(250);
    }
    const log = workbench().readLogs();
    assert.match(log, activation);
    const errors = log.split("\n").filter((line) => line.includes("[error]") && line.includes(id));
    assert.deepEqual(errors, []);
  });

  it("shows its view in the side bar, with its content", async () => {
    await workbench().openSideBar();
    await workbench()
      .page.locator(
        ".sidebar .pane-body .welcome-view-content:visible, .sidebar [role=treeitem]:visible",
      )
      .first()
      .waitFor();
    await workbench().screenshot("package installed");
  });

  it("contacts no other machine", () => {
    assert.deepEqual(workbench().outsideRequests, []);
    assert.deepEqual(workbench().pageErrors, []);
  });
});
