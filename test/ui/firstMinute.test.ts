import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { DEMO_STORIES } from "../../src/core/demoScript.ts";
import { poll } from "../support/opencode/client.ts";
import { opencodeProgram } from "../support/opencode/opencodeServer.ts";
import { createSandbox, type Sandbox } from "../support/opencode/sandbox.ts";
import { processesWith } from "../support/secrets.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { untilCount } from "../support/vscode/untilCount.ts";

describe("the first minute, in a real VS Code", () => {
  let sandbox: Sandbox;

  before(() => {
    sandbox = createSandbox();
  });
  after(() => sandbox.remove());

  const workbench = useWorkbench(() => ({
    fewBuiltIns: false,
    settings: {
      "opencodeSessions.opencodePath": opencodeProgram(sandbox.root),
      "opencodeSessions.localDiscovery.enabled": false,
    },
  }));
  const waiting = /^Publish the release notes/;
  /** The demo's folders, and the programs that refer to one. */
  const traces = () => {
    const folder = path.join(workbench().server.baseDir, "t");
    return [
      ...readdirSync(folder).filter((name) => name.startsWith("opencode-demo-")),
      ...processesWith([path.join(folder, "opencode-demo-")]).environmentPids,
    ];
  };

  it("begins with the demo, which shows each kind of session", async function () {
    await workbench().openSideBar();
    await workbench()
      .page.locator(".welcome-view-content:visible")
      .getByText("Try the Demo")
      .first()
      .waitFor();
    await workbench().screenshot("first window");
    await workbench().runCommand("OpenCode: Try the Demo");
    for (const { title } of DEMO_STORIES) {
      await workbench()
        .treeRow(new RegExp(`^${title}`))
        .waitFor();
    }
    await poll("what waits to say so, and all others to have a cost", async () => {
      const rows = await workbench().treeRows();
      const isSo = DEMO_STORIES.every(({ title }) => {
        const { description } = rows.find(({ label }) => label === title) ?? { description: "" };
        return waiting.test(title) ? description.includes("1 waiting") : description.includes("$");
      });
      return isSo || undefined;
    });
    await workbench().treeRow(waiting, "Needs Attention").waitFor();
    assert.ok(traces().length >= 2, "a folder and a program were expected");
    await workbench().screenshot("demo dark");
    await workbench().useTheme("light");
    await workbench().screenshot("demo light");
  });

  it("shows the walkthrough's six steps in place", async function () {
    await workbench().runCommand("Welcome: Open Walkthrough...");
    await workbench().quickInput.fill("OpenCode Sessions");
    await workbench().pick("Get Started with OpenCode Sessions");
    const page = workbench().page.locator(".gettingStartedContainer");
    const steps = page.locator(".getting-started-step");
    await untilCount(steps.locator(".step-title"), 6);
    assert.deepEqual(await steps.locator(".step-title").allInnerTexts(), [
      "Connect to OpenCode",
      "Read a row",
      "Answer what is waiting for you",
      "See where tokens go",
      "Compact a full session",
      "Set a budget",
    ]);
    await page.getByRole("button", { name: "Try the Demo" }).first().waitFor();
    const ticked = steps.locator(".codicon-getting-started-step-checked");
    const before = await ticked.count();
    await steps.nth(1).click();
    await poll("the legend to be ticked when it is read", async () =>
      (await ticked.count()) > before ? true : undefined,
    );
    await workbench().screenshot("walkthrough light");
    await workbench().useTheme("dark");
    await workbench().screenshot("walkthrough dark");
  });

  it("leaves no trace of the demo", async function () {
    await workbench().runCommand("OpenCode: Stop Demo");
    await workbench().treeRow(waiting).waitFor({ state: "detached" });
    await poll("folders and programs of the demo to be gone", () =>
      Promise.resolve(traces().length === 0 || undefined),
    );
    assert.deepEqual(workbench().pageErrors, []);
    assert.deepEqual(workbench().outsideRequests, []);
  });
});
