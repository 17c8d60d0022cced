import assert from "node:assert/strict";

import type { Locator } from "playwright-core";
import { poll } from "../support/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencodeServer.ts";
import { type ScriptedProvider, startScriptedProvider } from "../support/scriptedProvider.ts";
import { useWorkbench } from "../support/workbench.ts";

const WORK = "Fix the retry";
const OTHER = "Only talk";
const FILES = "Changed Files";
const FAMILY = "Ask the agents";

describe("acting on sessions from the tree, in a real VS Code on a real server", () => {
  let provider: ScriptedProvider;
  let server: OpenCodeServer;
  let workID: string;
  let familyID: string;

  before(async function () {
    this.timeout(120_000);
    provider = await startScriptedProvider({ chunkDelayMs: 30 });
    server = await startOpenCode({ providerURL: provider.url });
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
  const editor = (scheme: string): Locator =>
    workbench().page.locator(`.monaco-editor[data-uri^="${scheme}:"]`).first();
  const textOf = async (scheme: string): Promise<string> =>
    // Lines stand in the page in any order.
    (
      await editor(scheme)
        .locator(".view-lines > .view-line")
        .evaluateAll((lines) =>
          lines
            .map((line) => ({ top: line.getBoundingClientRect().top, text: line.textContent }))
            .sort((a, b) => a.top - b.top)
            .map(({ text }) => text)
            .join("\n"),
        )
    ).replaceAll("\u00a0", " ");
  const untilText = (scheme: string, pattern: RegExp, timeoutMs = 20_000): Promise<string> =>
    poll(timeoutMs, `${String(pattern)} in ${scheme}`, async () => {
      const text = await textOf(scheme).catch(() => "");
      return pattern.test(text) ? text : undefined;
    });
  async function closeEditors(): Promise<void> {
    await workbench().runCommand("View: Close All Editors");
    await workbench().page.locator(".tabs-container .tab").first().waitFor({ state: "detached" });
    await workbench().quickInput.waitFor({ state: "hidden" });
  }

  async function type(text: string): Promise<void> {
    const { keyboard } = workbench().page;
    for (const [at, line] of text.split("\n").entries()) {
      if (at > 0) await keyboard.press("Enter");
      await keyboard.insertText(line);
    }
  }

  before(async function () {
    this.timeout(60_000);
    await workbench().openSideBar();
    await workbench().treeRow(row(OTHER)).waitFor({ timeout: 30_000 });
  });

  it("writes a prompt of several lines, sends it and shows the answer as it streams", async () => {
    await workbench().chooseFromRowMenu(row(OTHER), "Write a Prompt…");
    await editor("opencode-prompt").locator(".view-line").first().click();
    await editor("opencode-prompt").getByText("To “Only talk”").waitFor();
    await type("Tell a story\n\nof three parts\nDO slow 40 ;; say 60");
    await workbench().screenshot("prompt dark");
    await workbench().page.keyboard.press("Control+Enter");
    const first = await untilText("opencode-session", /Tell a story[^]*of three parts/);
    assert.match(first, /## You/);
    await untilText("opencode-session", /Working…/);
    await workbench().screenshot("transcript streaming dark");
    await untilText("opencode-session", /---\n\n\*[\d.]+k tokens · \$0\.\d+\*/, 30_000);
    assert.equal(await editor("opencode-prompt").count(), 0);
    const messages = await server.client.messages(
      (await server.client.sessions()).find(({ title }) => title === OTHER)!.id,
    );
    assert.equal(messages.length, 4);
  });

  it("says that a prompt to a session at work waits, and shows that it does", async () => {
    await closeEditors();
    await server.client.promptAsync(workID, "Take your time\nDO slow 100 ;; forever");
    await workbench()
      .treeRow(new RegExp(`^${WORK}, working`))
      .waitFor();
    await workbench().chooseFromRowMenu(row(WORK), "Write a Prompt…");
    await editor("opencode-prompt")
      .getByText(/is at work: the prompt is queued/)
      .waitFor();
    await editor("opencode-prompt").locator(".view-line").first().click();
    await type("Then say hello\nDO say 5");
    await workbench().page.keyboard.press("Control+Enter");
    await untilText("opencode-session", /Queued: it waits/);
    await workbench()
      .treeRow(/1 prompt queued/)
      .waitFor();
    await workbench().screenshot("prompt queued dark");
    await workbench().clickRowAction(row(WORK), "Stop");
    await poll(20_000, "a session at rest", async () =>
      (await server.client.status())[workID] === undefined ? true : undefined,
    );
  });

  it("folds finished tool calls, finds words, and goes from message to message", async () => {
    await closeEditors();
    await workbench().chooseFromRowMenu(row(WORK), "Open Transcript");
    await untilText("opencode-session", /hello/);
    await workbench().page.keyboard.press("Control+Home");
    const text = await untilText("opencode-session", /\*\*write\*\*/);
    assert.doesNotMatch(text, /line 12\./, "the content of the file is not folded");
    const { keyboard } = workbench().page;
    const line = async (): Promise<number> => {
      const place = await workbench()
        .statusBarItem(/Ln \d+/)
        .textContent();
      return Number(/Ln (\d+)/.exec(place ?? "")?.[1]);
    };
    const untilBeyond = (before: number): Promise<number> =>
      poll(10_000, `the cursor is beyond line ${String(before)}`, async () => {
        const now = await line();
        return now > before ? now : undefined;
      });
    await poll(10_000, "the cursor is at the top", async () => (await line()) === 1 || undefined);
    await keyboard.press("Alt+ArrowDown");
    const first = await untilBeyond(1);
    await keyboard.press("Alt+ArrowDown");
    await untilBeyond(first);
    await workbench().screenshot("transcript dark");
    await keyboard.press("Control+f");
    await keyboard.insertText("line three");
    await keyboard.press("Enter");
    await workbench()
      .page.getByText(/\d+ of \d+/)
      .first()
      .waitFor();
    await keyboard.press("Escape");
  });

  it("lists changed files and opens their differences", async () => {
    await closeEditors();
    await workbench().chooseFromRowMenu(row(WORK), "Show Changed Files");
    const whole = workbench().treeRow(/^Whole session/, FILES);
    await whole.waitFor();
    const rows = (await workbench().treeRows(FILES)).map(
      ({ label, description }) => `${label} | ${description}`,
    );
    assert.ok(rows.includes("Whole session | 1 file · +24 −0"), rows.join("\n"));
    assert.ok(rows.includes("retry.ts | +24 −0 · added · src"), rows.join("\n"));
    await workbench()
      .treeRow(/^Once more/, FILES)
      .locator(".monaco-tl-twistie")
      .click();
    await workbench()
      .treeRow(/retry.ts, modified, 1 line added, 1 removed/, FILES)
      .click();
    const diff = workbench().page.locator(".monaco-diff-editor");
    await diff.waitFor();
    await poll(15_000, "both sides of the difference", async () => {
      const before = await diff.locator(".editor.original .view-lines").innerText();
      const after = await diff.locator(".editor.modified .view-lines").innerText();
      return before.includes("line\u00a03.") && after.includes("line\u00a0three.")
        ? true
        : undefined;
    });
    await workbench().screenshot("diff dark");
    await workbench().clickRowAction(/^Whole session/, "Open All Changes", FILES);
    await workbench()
      .tab(/Changes of the session/)
      .waitFor();
    await workbench().screenshot("all diffs dark");
    await workbench().view(FILES).hover();
    await workbench().view(FILES).getByRole("button", { name: "Close Changed Files" }).click();
    await whole.waitFor({ state: "detached" });
  });

  it("renames a session with its title filled in, and refuses an empty one", async () => {
    await closeEditors();
    await workbench().treeRow(row(WORK)).click();
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

  it("says what a deletion takes along before it deletes", async () => {
    await workbench().chooseFromRowMenu(row(FAMILY), "Delete Session…");
    await workbench().dialog.waitFor();
    const text = await workbench().dialog.innerText();
    assert.match(text, /Delete “Ask the agents”\?/);
    assert.match(text, /1 child session · [\d.]+k tokens · \$0\.\d+/);
    await workbench().screenshot("delete dark");
    await workbench().answerDialog("Delete");
    await workbench().treeRow(row(FAMILY)).waitFor({ state: "detached" });
    const left = (await server.client.sessions()).map(({ id, parentID }) => parentID ?? id);
    assert.ok(!left.includes(familyID));
  });

  it("is as readable on a light ground", async () => {
    await workbench().useTheme("light");
    await workbench().chooseFromRowMenu(row(WORK), "Open Transcript");
    await untilText("opencode-session", /Then say hello/);
    await workbench().screenshot("transcript light");
    await workbench().chooseFromRowMenu(row(OTHER), "Write a Prompt…");
    await editor("opencode-prompt").getByText("To “Only talk”").waitFor();
    await workbench().screenshot("prompt light");
    await workbench().chooseFromRowMenu(row(WORK), "Show Changed Files");
    await workbench()
      .treeRow(/src\/retry.ts, added/, FILES)
      .click();
    await workbench().page.locator(".monaco-diff-editor .view-line").first().waitFor();
    await workbench().screenshot("diff light");
  });

  it("spoke to no other machine and logged no error of its own", () => {
    assert.deepEqual(workbench().outsideRequests, []);
    assert.deepEqual(workbench().pageErrors, []);
  });
});
