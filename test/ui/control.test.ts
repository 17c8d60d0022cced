import assert from "node:assert/strict";

import type { FrameLocator, Locator } from "playwright-core";

import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  type ScriptedProvider,
  startScriptedProvider,
} from "../support/opencode/scriptedProvider.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const WORK = "Fix the retry";
const OTHER = "Only talk";
const FAMILY = "Ask the agents";

describe("acting on sessions from the tree, in a real VS Code on a real server", () => {
  let provider: ScriptedProvider;
  let server: OpenCodeServer;
  let workID: string;
  let familyID: string;

  before(async function () {
    provider = await startScriptedProvider({ chunkDelayMs: 30 });
    server = await startOpenCode({ providerURL: provider.url, config: { snapshot: true } });
    const { client } = server;
    ({ id: familyID } = await client.createSession({ title: FAMILY }));
    await client.prompt(familyID, `${FAMILY}\nDO task explore Look { say 5 } ;; say 5`);
    const { id: otherID } = await client.createSession({ title: OTHER });
    await client.prompt(otherID, `${OTHER}\nDO say 10`);
    ({ id: workID } = await client.createSession({ title: WORK }));
    await client.prompt(
      workID,
      `${WORK}\nDO think 20 ;; write src/retry.ts 24 ;; bash echo tested ;; say 30`,
    );
    await client.prompt(
      workID,
      "Once more\nDO edit src/retry.ts :: line 3. => line three. ;; say 5",
    );
  });
  after(async () => {
    await server.stop();
    await provider.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.followInTui": "never",
      "editor.minimap.enabled": false,
      "editor.stickyScroll.enabled": false,
    },
  }));

  const row = (title: string): RegExp => new RegExp(`^${title}`);
  async function closeEditors(): Promise<void> {
    await workbench().runCommand("View: Close All Editors");
    await workbench().page.locator(".tabs-container .tab").first().waitFor({ state: "detached" });
    await workbench().quickInput.waitFor({ state: "hidden" });
  }

  async function type(text: string): Promise<void> {
    const { keyboard } = workbench().page;
    for (const [at, line] of text.split("\n").entries()) {
      if (at > 0) await keyboard.press("Shift+Enter");
      await keyboard.insertText(line);
    }
  }

  /** Opens a session's page with the focus in its prompt box. */
  async function openPromptBox(title: string): Promise<FrameLocator> {
    await workbench().chooseFromRowMenu(row(title), "Write a Prompt…");
    await workbench().tab(title).waitFor();
    const page = workbench().webview();
    await page.locator(".prompt-text:focus").waitFor();
    return page;
  }

  before(async function () {
    await workbench().openSideBar();
    await workbench().treeRow(row(OTHER)).waitFor();
  });

  it("writes a multi-line prompt, sends it and shows the answer as it streams", async () => {
    const page = await openPromptBox(OTHER);
    await type("Tell a story\n\nof three parts\nDO say 60 ;; hold seen ;; say 10");
    await workbench().page.keyboard.press("Enter");
    const sent = page.locator(".row.prompt").last();
    await sent.getByText("of three parts").waitFor();
    assert.match(await sent.innerText(), /^You[^]*Tell a story[^]*of three parts/);
    await page.getByText("Working…").waitFor();
    await workbench().screenshot("conversation streaming dark");
    provider.release("seen");
    const figures = page.locator(".row").last().locator(".message-figures");
    await figures.getByText(/[\d.]+k tokens · \$0\.\d+/).waitFor();
    const messages = await server.client.messages(
      (await server.client.sessions()).find(({ title }) => title === OTHER)!.id,
    );
    assert.equal(messages.length, 4);
  });

  it("says that a prompt to a running session waits, and shows it as queued", async () => {
    await closeEditors();
    await server.client.promptAsync(workID, "Take your time\nDO slow 100 ;; forever");
    await workbench()
      .treeRow(new RegExp(`^${WORK}, working`))
      .waitFor();
    const page = await openPromptBox(WORK);
    await page.getByText(/is running, so the prompt is queued/).waitFor();
    await type("Then say hello\nDO say 5");
    await workbench().page.keyboard.press("Enter");
    await page.getByText("Queued until the running turn has ended.").waitFor();
    await page.locator(".row", { hasText: "Then say hello" }).getByText("queued").waitFor();
    await workbench()
      .treeRow(/1 prompt queued/)
      .waitFor();
    await workbench().clickRowAction(row(WORK), "Stop Session");
    await poll("a session at rest", async () =>
      (await server.client.status())[workID] === undefined ? true : undefined,
    );
  });

  it("folds tool calls, finds text in them, and moves from prompt to prompt", async () => {
    await closeEditors();
    await workbench().chooseFromRowMenu(row(WORK), ["Open", "Open Conversation"]);
    const page = workbench().webview();
    await page.getByText("Then say hello").waitFor();
    const write = page.locator(".tool", { hasText: "write" });
    const { keyboard } = workbench().page;
    for (let times = 0; times < 6; times++) await keyboard.press("Alt+ArrowUp");
    await write.waitFor();
    assert.equal(await page.getByText("line 12.").isVisible(), false, "its input is not folded");
    await keyboard.press("Alt+ArrowDown");
    await poll("the second prompt has the focus", async () => {
      const focused = page.locator(".row:focus", { hasText: "Once more" });
      return (await focused.count()) === 1 ? true : undefined;
    });
    // The prompt box shows what similar tasks have cost.
    await page.getByText(/Tasks by the agent “build”: ~\$[\d.]+ \(\d+ samples\)/).waitFor();
    await workbench().screenshot("conversation dark");
    await page.getByRole("searchbox").fill("line 12.");
    await page.getByText("1", { exact: true }).waitFor();
    await page.getByRole("searchbox").press("Enter");
    await page.locator(".tool[open]", { hasText: "line 12." }).waitFor();
    await page.getByRole("searchbox").fill("");
  });

  it("lists changed files and opens their diffs", async () => {
    await closeEditors();
    await workbench().chooseFromRowMenu(row(WORK), ["Open", "Show Changed Files"]);
    const group = (title: string): Locator =>
      workbench().webview().locator(".changes-group", { hasText: title });
    await group("Whole session").getByText("added · +24 −0").waitFor();
    await workbench().screenshot("changes dark");
    await group("Once more").getByRole("button", { name: "src/retry.ts" }).click();
    const diff = workbench().page.locator(".monaco-diff-editor");
    await diff.waitFor();
    await poll("both sides of the difference", async () => {
      const before = await diff.locator(".editor.original .view-lines").innerText();
      const after = await diff.locator(".editor.modified .view-lines").innerText();
      return before.includes("line\u00a03.") && after.includes("line\u00a0three.")
        ? true
        : undefined;
    });
    await workbench().screenshot("diff dark");
  });

  it("renames a session with its title prefilled, and refuses an empty one", async () => {
    await closeEditors();
    await workbench().clickRow(row(WORK));
    await workbench().page.keyboard.press("F2");
    const input = workbench().quickInput;
    await input.waitFor();
    assert.equal(await input.inputValue(), WORK);
    await input.fill("   ");
    await workbench().page.getByText("The title must not be empty.").waitFor();
    await workbench().answer(`${WORK}, finally`);
    await workbench()
      .treeRow(new RegExp(`^${WORK}, finally`))
      .waitFor();
    assert.equal((await server.client.session(workID)).title, `${WORK}, finally`);
  });

  it("says what else a deletion removes before deleting", async () => {
    await workbench().chooseFromRowMenu(row(FAMILY), "Delete Session…");
    await workbench().dialog.waitFor();
    const text = await workbench().dialog.innerText();
    assert.match(text, /Delete “Ask the agents”\?/);
    assert.match(text, /1 sub-session · [\d.]+k tokens · \$0\.\d+/);
    await workbench().screenshot("delete dark");
    await workbench().answerDialog("Delete Without Backup");
    await workbench().treeRow(row(FAMILY)).waitFor({ state: "detached" });
    const left = (await server.client.sessions()).map(({ id, parentID }) => parentID ?? id);
    assert.ok(!left.includes(familyID));
  });

  it("is also readable in a light theme", async () => {
    await workbench().useTheme("light");
    await workbench().chooseFromRowMenu(row(WORK), ["Open", "Open Conversation"]);
    await workbench().webview().getByText("Then say hello").waitFor();
    await workbench().screenshot("conversation light");
    await workbench().chooseFromRowMenu(row(WORK), ["Open", "Show Changed Files"]);
    const file = workbench().webview().getByRole("button", { name: "src/retry.ts" });
    await file.first().click();
    await workbench().page.locator(".monaco-diff-editor .view-line").first().waitFor();
    await workbench().screenshot("diff light");
  });

  it("contacts no other machine and logs no errors of its own", () => {
    assert.deepEqual(workbench().outsideRequests, []);
    assert.deepEqual(workbench().pageErrors, []);
  });
});
