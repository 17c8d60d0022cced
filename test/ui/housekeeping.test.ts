import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Locator } from "playwright-core";
import { at, stringOf } from "../support/json.ts";
import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const ALPHA = "Alpha";
const BETA = "Beta";
const GAMMA = "Gamma";

describe("keeping sessions in order, in a real VS Code on a real server", () => {
  let server: OpenCodeServer;
  let backups: string;
  const ids = new Map<string, string>();

  before(async function () {
    backups = mkdtempSync(path.join(tmpdir(), "backups-"));
    server = await startOpenCode({ config: { snapshot: true } });
    const { client } = server;
    for (const title of [ALPHA, BETA, GAMMA]) {
      const { id } = await client.createSession({ title });
      ids.set(title, id);
      await client.prompt(id, `${title} first\nDO write ${title}.txt 2 ;; say 10`);
    }
    await client.prompt(
      ids.get(ALPHA)!,
      `Second thoughts\nDO edit Alpha.txt :: line 1. => line one. ;; say 5`,
    );
  });
  after(async () => {
    await server.stop();
    rmSync(backups, { recursive: true });
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.followInTui": "never",
    },
  }));

  before(async function () {
    await workbench().openSideBar();
    await workbench().treeRow(row(ALPHA)).waitFor();
  });

  const row = (title: string): RegExp => new RegExp(`^${title}\\b`);
  const titles = async (): Promise<string[]> =>
    (await workbench().treeRows()).map(({ label }) => label);
  const prompt = (): Locator => workbench().webview().getByRole("textbox", { name: "Prompt" });
  const untilTitles = (expected: readonly string[]): Promise<true> =>
    poll(`rows ${expected.join()}`, async () =>
      (await titles()).join() === expected.join() ? true : undefined,
    );

  it("pins a session first, and remembers it", async () => {
    await untilTitles([ALPHA, GAMMA, BETA]);
    await workbench().chooseFromRowMenu(row(BETA), "Pin Session");
    await untilTitles([BETA, ALPHA, GAMMA]);
    await workbench()
      .treeRow(/^Beta, idle, pinned/)
      .waitFor();
    await workbench().reload();
    await workbench().openSideBar();
    await workbench().treeRow(row(ALPHA)).waitFor();
    await untilTitles([BETA, ALPHA, GAMMA]);
    await workbench().screenshot("pinned dark");
    await workbench().chooseFromRowMenu(row(BETA), "Unpin Session");
    await untilTitles([ALPHA, GAMMA, BETA]);
  });

  it("archives several at once, and explains unarchiving before doing it", async () => {
    await workbench().clickRow(row(GAMMA));
    await workbench().clickRow(row(BETA), undefined, ["Control"]);
    await workbench().chooseFromRowMenu(row(BETA), "Archive Session");
    await untilTitles([ALPHA]);
    await workbench().runCommand("OpenCode: Show Archived Sessions");
    await untilTitles([ALPHA, GAMMA, BETA]);
    await workbench().chooseFromRowMenu(row(GAMMA), "Unarchive Session…");
    await workbench()
      .dialog.getByText(/cannot fully undo archiving/)
      .waitFor();
    await workbench().screenshot("unarchive dark");
    await workbench().answerDialog("Unarchive");
    await workbench()
      .treeRow(/^Gamma, idle(?!.*archived)/)
      .waitFor();
    await workbench().runCommand("OpenCode: Hide Archived Sessions");
    await untilTitles([ALPHA, GAMMA]);
  });

  it("says what a revert would change, reverts, and undoes it", async () => {
    await workbench().chooseFromRowMenu(row(ALPHA), ["Change", "Revert Session to Prompt…"]);
    await workbench().pick(/Second thoughts/);
    await workbench().dialog.waitFor();
    const text = await workbench().dialog.innerText();
    assert.match(text, /Hidden from the model: 1 prompt and 2 answers \(\$0\.\d+\)/);
    assert.match(text, /Alpha\.txt \(\+1 −1\)/);
    await workbench().screenshot("revert dark");
    await workbench().answerDialog("Revert");
    const file = path.join(server.directories[0]!, "Alpha.txt");
    // Git removes a file before writing it.
    const holds = (text: string): Promise<true | undefined> =>
      Promise.resolve((existsSync(file) && readFileSync(file, "utf8").includes(text)) || undefined);
    await poll("the file set back", () => holds("line 1."));
    await poll("the prompt to be changed and sent", async () =>
      (await prompt().inputValue()).includes("Second thoughts") ? true : undefined,
    );
    await workbench().webview().getByRole("button", { name: "Undo Revert…" }).click();
    await workbench().answerDialog("Undo Revert");
    await poll("the file as it was", () => holds("line one."));
    await workbench().runCommand("View: Close All Editors");
  });

  it("forks up to a prompt and lets it be rewritten", async () => {
    await workbench().chooseFromRowMenu(row(ALPHA), ["Change", "Fork Session…"]);
    await workbench().pick(/Second thoughts/);
    await workbench()
      .treeRow(/^Alpha \(fork #1\), idle, active session/)
      .waitFor();
    await poll("the prompt's text", async () =>
      (await prompt().inputValue()).includes("Second thoughts") ? true : undefined,
    );
    await workbench().runCommand("View: Close All Editors");
  });

  it("creates a session whose first prompt is sent with a chosen agent and model", async () => {
    const before = (await server.client.sessions()).length;
    await workbench().pickFrom(
      "OpenCode: New Session…",
      new RegExp(path.basename(server.directories[0]!)),
    );
    await workbench().webview().locator(".prompt-text:focus").waitFor();
    assert.equal((await server.client.sessions()).length, before + 1);
    const picker = (name: string): Locator => workbench().webview().getByRole("combobox", { name });
    assert.equal(await picker("Agent").locator("option").first().textContent(), "Default agent");
    assert.equal(await picker("Model").locator("option").first().textContent(), "Default model");
    await picker("Agent").selectOption("plan");
    await picker("Model").selectOption({ label: "Swift Mini" });
    await prompt().click();
    await workbench().page.keyboard.insertText("Plan the garden");
    await workbench().screenshot("new session dark");
    await workbench().webview().getByRole("button", { name: "Send" }).click();
    await workbench()
      .treeRow(/^Plan the garden.*active session/)
      .waitFor();
    const made = (await server.client.sessions()).find(({ title }) => title === "Plan the garden");
    assert.equal(made?.agent, "plan");
    assert.equal(at(made, "model", "id"), "swift");
    await server.client.waitUntilIdle(made.id);
  });

  it("cleans up: previews with totals, backs up, deletes", async () => {
    await workbench().runCommand("View: Close All Editors");
    await workbench().runCommand("OpenCode: Clean Up Sessions…");
    await workbench()
      .quickPickRow(/Unused for some days/)
      .click();
    await workbench()
      .quickPickRow(/By cost/)
      .click();
    await workbench().quickInput.press("Enter");
    await workbench()
      .page.getByText(/Cost of the whole tree/)
      .waitFor();
    await workbench().answer("> 0.001");
    await workbench().quickPickRow(GAMMA).waitFor();
    const title = workbench().page.locator(".quick-input-title");
    assert.match((await title.innerText()).trim(), /^Delete: 5 sessions, [\d.]+k tokens, \$0\.\d+/);
    for (const kept of [/^Alpha(?! \()/, /fork #1/, /Beta/, /Plan the garden/]) {
      await workbench().quickPickRow(kept).locator(".monaco-checkbox").click();
    }
    await workbench()
      .page.getByText(/^Delete: 1 session, /)
      .waitFor();
    await workbench().screenshot("clean up dark");
    await workbench().quickInput.press("Enter");
    await workbench().answerDialog("Back Up and Delete");
    await workbench().page.getByText("Where should the backup go?").waitFor();
    // The dialog overwrites its own field until it has read the initial folder.
    await workbench().quickPickRow("src").waitFor();
    await workbench().quickInput.fill(`${backups}/`);
    // The folder is accepted once it has been read: it is empty except for the way up.
    await poll("the folder's content", async () =>
      (await workbench().quickPickRows()).join() === ".." ? true : undefined,
    );
    await workbench().quickInput.press("Enter");
    await workbench().toasted(/Deleted 1 session\. The backup is in/);
    await workbench().treeRow(row(GAMMA)).waitFor({ state: "detached" });
    const [folder] = readdirSync(backups);
    const files = readdirSync(path.join(backups, folder!));
    if (process.platform !== "win32") {
      const written = [folder!, ...files.map((file) => path.join(folder!, file))];
      const modes = written.map((file) => statSync(path.join(backups, file)).mode & 0o777);
      assert.deepEqual(modes, [0o700, 0o600], "for its user alone");
    }
    assert.equal(files.length, 1);
    assert.match(files[0]!, /^\d{4}-\d\d-\d\d_Gamma_ses_\w+\.json$/);
    const kept: unknown = JSON.parse(readFileSync(path.join(backups, folder!, files[0]!), "utf8"));
    assert.equal(stringOf(at(kept, "info", "id")), ids.get(GAMMA));
    assert.ok(existsSync(path.join(server.directories[0]!, "Gamma.txt")));
    assert.ok(!(await server.client.sessions()).some(({ id }) => id === ids.get(GAMMA)));
  });
});
