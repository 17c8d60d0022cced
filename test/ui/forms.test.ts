import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { poll } from "../support/client.ts";
import type { SessionRecord } from "../support/v2Double/doubleState.ts";
import { startV2Double, type V2Double } from "../support/v2Double/startV2Double.ts";
import { useWorkbench } from "../support/workbench.ts";

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
  this.timeout(120_000);
  let double: V2Double;
  let directory: string;
  const records = new Map<string, SessionRecord>();

  before(async function () {
    this.timeout(30_000);
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

  /** Asks, and gives what the tool got as its answer once it has one. */
  const ask = async (title: string): Promise<() => Promise<unknown>> => {
    const record = records.get(title)!;
    await workbench()
      .treeRow(new RegExp(`^${title}`))
      .waitFor({ timeout: 30_000 });
    const done = double.turns.ask(
      record,
      `Go\nDO tool form ${JSON.stringify({ fields: FIELDS })} ;; say 5`,
    );
    await workbench()
      .treeRow(new RegExp(`^${title}`), "Needs Attention")
      .click();
    return async () => {
      await done;
      const text = JSON.stringify(record.messages);
      const answer = /\{\\"name.*?\}/.exec(text)?.[0];
      return answer === undefined
        ? undefined
        : (JSON.parse(answer.replaceAll("\\", "")) as unknown);
    };
  };
  const title = (): Promise<string> =>
    workbench().page.locator(".quick-input-widget .quick-input-title").innerText();
  const untilAsked = async (name: string): Promise<void> => {
    await poll(15_000, `the field ${name}`, async () =>
      (await title()).includes(name) ? true : undefined,
    );
  };

  it("is filled field by field, with a way back, and sent in the types of its fields", async () => {
    await workbench().openSideBar();
    const answer = await ask("All kinds");
    await untilAsked("Name");
    await workbench().answer("Ada");
    await untilAsked("Count");
    await workbench().answer("three");
    await workbench().page.getByText("A whole number is wanted.").first().waitFor();
    await workbench().answer("3");
    await untilAsked("Sure");
    await workbench().pick("No");
    await untilAsked("Why");
    // A changed mind: the way back leads to another question.
    await workbench().page.getByRole("button", { name: "Back" }).click();
    await untilAsked("Sure");
    await workbench().pick("Yes");
    await untilAsked("How");
    await workbench().screenshot("form choice");
    // Own words may be typed at once: they are asked for, not lost.
    await workbench().quickInput.fill("Slowly");
    await workbench().quickPickRow("Another Answer…").waitFor();
    await workbench().quickInput.press("Enter");
    await workbench().page.locator(".quick-input-list").waitFor({ state: "hidden" });
    assert.equal(await workbench().quickInput.inputValue(), "Slowly");
    await workbench().quickInput.press("Enter");
    await untilAsked("Ratio");
    await workbench().answer("");
    await untilAsked("Page");
    assert.match((await workbench().quickPickRows()).join(), /https:\/\/example\.invalid\/sign-in/);
    await workbench().pick("Done, Go On");
    assert.deepEqual(await answer(), { name: "Ada", count: 3, sure: true, how: "Slowly" });
    assert.deepEqual(double.violations, []);
  });

  it("stays open when it is left, and is declined by its own button", async () => {
    await ask("Left open");
    await untilAsked("Name");
    await workbench().page.keyboard.press("Escape");
    const row = workbench().treeRow(/^Left open/, "Needs Attention");
    assert.equal(await row.count(), 1);
    await row.click();
    await untilAsked("Name");
    await workbench().page.getByRole("button", { name: "Decline to Answer" }).click();
    await row.waitFor({ state: "detached", timeout: 15_000 });
    assert.deepEqual(double.violations, []);
  });
});
