import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Locator } from "playwright-core";

import type { SessionRecord } from "../support/opencode/v2Double/doubleState.ts";
import { startV2Double, type V2Double } from "../support/opencode/v2Double/startV2Double.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { untilCount } from "../support/vscode/untilCount.ts";

const FIELDS = [
  { key: "name", type: "string", title: "Name", description: "What is it called?", required: true },
  { key: "count", type: "integer", title: "Count", description: "How many?", required: true },
  { key: "sure", type: "boolean", title: "Sure", description: "Really?", required: true },
  {
    key: "why",
    type: "string",
    title: "Why",
    description: "Why not?",
    required: true,
    when: { key: "sure", value: false },
  },
  {
    key: "how",
    type: "string",
    title: "How",
    description: "How then?",
    options: [{ value: "q", label: "Quickly" }],
    custom: true,
    when: { key: "sure", value: true },
  },
  { key: "ratio", type: "number", title: "Ratio", description: "Which ratio?" },
  { key: "page", type: "external", title: "Page", url: "https://example.invalid/sign-in" },
];

describe("a form with every kind of field, in a real VS Code", function () {
  let double: V2Double;
  let directory: string;
  const records = new Map<string, SessionRecord>();

  before(async function () {
    directory = mkdtempSync(join(tmpdir(), "opencode-sessions-forms-"));
    double = await startV2Double({ password: "", directories: [directory] });
    for (const title of ["All kinds", "Left open"]) {
      records.set(title, double.state.add({ title, directory }));
    }
  });
  after(async () => {
    await double.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  const workbench = useWorkbench(() => ({
    folder: directory,
    settings: {
      "opencodeSessions.servers": [{ url: double.url, name: "Second generation" }],
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.notifications": "off",
    },
  }));

  /** Asks the form; the returned function gives the answer the tool received. */
  const ask = async (title: string): Promise<() => Promise<unknown>> => {
    const record = records.get(title)!;
    await workbench()
      .treeRow(new RegExp(`^${title}`))
      .waitFor();
    const done = double.turns.ask(
      record,
      `Go\nDO tool form ${JSON.stringify({ fields: FIELDS })} ;; say 5`,
    );
    await workbench().clickRow(new RegExp(`^${title}`), "Needs Attention");
    return async () => {
      await done;
      const text = JSON.stringify(record.messages);
      const answer = /\{\\"name.*?\}/.exec(text)?.[0];
      return answer === undefined
        ? undefined
        : (JSON.parse(answer.replaceAll("\\", "")) as unknown);
    };
  };
  /** A question of the open card. */
  const question = (text: string): Locator =>
    workbench().webview().locator(".question:visible", { hasText: text });
  const press = (button: string): Promise<void> =>
    workbench()
      .webview()
      .locator(".request")
      .getByRole("button", { name: button, exact: true })
      .click();

  it("is filled in on one card, shows dependent questions, and is sent with its fields' types", async () => {
    await workbench().openSideBar();
    const answer = await ask("All kinds");
    await question("Name").getByRole("textbox").fill("Ada");
    await question("Count").getByRole("textbox").fill("three");
    await question("Sure").getByLabel("No").check();
    await question("Why").waitFor();
    // Changing the answer shows a different question.
    await question("Sure").getByLabel("Yes").check();
    await question("Why").waitFor({ state: "hidden" });
    await question("How then?").getByLabel("Another answer").fill("Slowly");
    assert.match(await question("Page").innerText(), /https:\/\/example\.invalid\/sign-in/);
    await workbench().screenshot("form");
    await press("Answer");
    await question("Count").getByText("Enter a whole number.").waitFor();
    await question("Count").getByRole("textbox").fill("3");
    await press("Answer");
    assert.deepEqual(await answer(), { name: "Ada", count: 3, sure: true, how: "Slowly" });
    assert.deepEqual(double.violations, []);
  });

  it("stays open when left, and is declined only by its own button", async () => {
    await ask("Left open");
    await question("Name").getByRole("textbox").fill("Half an answer");
    await workbench().runCommand("View: Close All Editors");
    const row = workbench().treeRow(/^Left open/, "Needs Attention");
    await untilCount(row, 1);
    await workbench().clickRow(/^Left open/, "Needs Attention");
    await question("Name").waitFor();
    await press("Decline");
    await row.waitFor({ state: "detached" });
    assert.deepEqual(double.violations, []);
  });
});
