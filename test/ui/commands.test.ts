import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { formatUSD } from "../../src/viewModels/text/format.ts";
import { poll } from "../support/opencode/client.ts";
import {
  opencodeProgram,
  type OpenCodeServer,
  startOpenCode,
} from "../support/opencode/opencodeServer.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { untilCount } from "../support/vscode/untilCount.ts";

const READ = "Read the whole code";
const WRITE = "Write the changelog";

describe("compacting and switching, in a real VS Code on a real server", () => {
  let server: OpenCodeServer;
  let readID: string;
  let writeID: string;

  before(async function () {
    server = await startOpenCode();
    const { client } = server;
    ({ id: readID } = await client.createSession({ title: READ }));
    await client.prompt(readID, `${READ}\nDO context 40000 ;; say 10`);
    await client.prompt(readID, "Go on: HOLD SUMMARY\nDO say 10");
    ({ id: writeID } = await client.createSession({ title: WRITE }));
    await client.prompt(writeID, `${WRITE}\nDO say 20`);
  });
  after(() => server.stop());

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.opencodePath": opencodeProgram(server.sandbox.root),
      "opencodeSessions.followInTui": "never",
      // Renders rows of text, not pixels.
      "terminal.integrated.gpuAcceleration": "off",
    },
  }));

  const description = async (title: string): Promise<string> =>
    (await workbench()
      .treeRow(new RegExp(`^${title}`))
      .locator(".label-description")
      .textContent()) ?? "";
  const isMarked = async (title: string): Promise<boolean> =>
    (await description(title)).startsWith("● ");
  const untilSo = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
    await poll(what, async () => ((await isSo()) ? true : undefined));
  };
  const costOf = async (sessionID: string): Promise<number> =>
    (await server.client.session(sessionID)).cost ?? Number.NaN;
  const statusBar = async (): Promise<string> =>
    (
      await workbench()
        .statusBarItem(/\$\d|OpenCode/)
        .innerText()
    ).replaceAll("\u00a0", " ");

  const terminalText = async (): Promise<string> =>
    (await workbench().page.locator(".terminal-wrapper.active .xterm-rows").innerText()).replaceAll(
      "\u00a0",
      " ",
    );

  it("follow the newest activity of the workspace until a session is picked", async () => {
    await workbench().openSideBar();
    await workbench()
      .treeRow(new RegExp(`^${WRITE}`))
      .waitFor();
    await untilSo("the newest is the active one", () => isMarked(WRITE));
    await workbench().clickRow(new RegExp(`^${READ}`));
    await untilSo("the picked one is active", () => isMarked(READ));
    assert.equal(await isMarked(WRITE), false);
    const cost = formatUSD(await costOf(readID));
    await untilSo(`the status bar shows ${cost}`, async () => (await statusBar()).includes(cost));
    assert.match(await statusBar(), /\$[\d.]+ · 2\d% · Read the whole code/);
  });

  it("say what compacting will do, and do nothing when cancelled", async () => {
    const { length } = await server.client.messages(readID);
    await workbench().runCommand("OpenCode: Compact Session…");
    await workbench().dialog.waitFor();
    const question = await workbench().dialog.innerText();
    assert.match(question, /Compact “Read the whole code”\?/);
    assert.match(question, /Context now: 4\d(\.\d)?k tokens, 2\d% of 200k\./);
    assert.match(question, /The summary is written by scripted\/steady\./);
    await workbench().answerDialog("Cancel");
    await workbench().dialog.waitFor({ state: "hidden" });
    assert.equal((await server.client.messages(readID)).length, length);
  });

  it("compact from the palette with progress, ending with a receipt and the summary", async () => {
    const before = await costOf(readID);
    await workbench().runCommand("OpenCode: Compact Session…");
    await workbench().dialog.waitFor();
    await workbench().answerDialog("Compact");
    await workbench().statusBarItem(`Compacting “${READ}”…`).waitFor();
    assert.deepEqual(await workbench().toasts(), []);
    await untilSo("the row says so", async () => (await description(READ)).includes("compacting"));
    server.release("summary");
    const text = await workbench().toasted(`Compacted “${READ}”`);
    const after = await costOf(readID);
    assert.ok(after > before, "the server counted no compaction");
    assert.match(text, /context 4\d(\.\d)?k → ~?[\d.]+k? tokens \(2\d% → ~?[\d<]+%\)/);
    assert.ok(text.includes(`cost ${formatUSD(after - before)} (`), text);
    assert.match(text, / tokens\) in (\d+ ms|\d+\.\d s)/);

    await workbench().clickToast(`Compacted “${READ}”`, "Open Summary");
    await workbench().tab(READ).waitFor();
    const summary = (await server.client.messages(readID)).find(
      ({ info }) => info.role === "assistant" && info.summary === true,
    );
    const line = summary!.parts
      .flatMap((part) => (part.type === "text" ? part.text.split("\n") : []))
      .find((each) => each.startsWith("- "))!;
    const shown = workbench().webview().locator(".row.summary:focus");
    await untilSo("the page has gone to the server's summary", async () =>
      (await shown.innerText().catch(() => "")).includes(line.slice(2, 40)),
    );
    const percent = /→ ~?([\d<]+%)\)/.exec(text)![1]!;
    await untilSo("the status bar shows the context after", async () =>
      (await statusBar()).includes(percent),
    );
  });

  it("refuse to compact while the session is running, and say why", async () => {
    await server.client.promptAsync(writeID, "Again\nDO forever");
    try {
      // A click is lost if the row is being redrawn.
      await workbench()
        .treeRow(new RegExp(`^${WRITE}, working`))
        .waitFor();
      await workbench().clickRow(new RegExp(`^${WRITE}`));
      await untilSo("the picked one is active", () => isMarked(WRITE));
      await workbench().runCommand("OpenCode: Compact Session…");
      await workbench().toasted(`“${WRITE}” is running. Compact it once it is idle.`);
      assert.equal(await workbench().dialog.count(), 0);
    } finally {
      await server.client.abort(writeID);
    }
    await workbench()
      .treeRow(new RegExp(`^${WRITE}, idle`))
      .waitFor();
    await workbench().runCommand("Notifications: Clear All Notifications");
  });

  it("switch by typing; status bar and tree follow", async () => {
    await workbench().statusBarItem(/\$\d/).click();
    const rows = await workbench().quickPickRows();
    assert.equal(rows.length, 2);
    assert.match(rows[0]!, new RegExp(`^${WRITE}, ● .*\\$[\\d.]+ · .*, /.*/app`));
    await workbench().quickInput.fill("whole");
    await untilSo("one row is left", async () => (await workbench().quickPickRows()).length === 1);
    await workbench().page.keyboard.press("Enter");
    await untilSo("the picked one is active", () => isMarked(READ));
    assert.equal(await isMarked(WRITE), false);
    const cost = formatUSD(await costOf(readID));
    await untilSo(`the status bar shows ${cost}`, async () => (await statusBar()).includes(cost));
  });

  it("offer charts, compacting and the terminal on each item, and a button for children", async () => {
    const child = await server.client.createSession({ title: "A child", parentID: readID });
    await workbench()
      .treeRow(new RegExp(`^${READ}.*1 sub-session`))
      .waitFor();
    await workbench().runCommand("OpenCode: Switch Session…");
    assert.equal((await workbench().quickPickRows()).length, 2);
    const widget = workbench().page.locator(".quick-input-widget");
    await widget.getByRole("button", { name: "Include sub-sessions" }).click();
    await untilSo("the child is listed", async () =>
      (await workbench().quickPickRows()).some((row) => row.includes("↳ A child")),
    );
    const row = workbench().quickPickRow(WRITE);
    await row.hover();
    for (const name of ["Show Token Breakdown", "Compact Session", "Open in Terminal"]) {
      await row.getByRole("button", { name }).waitFor();
    }
    await row.getByRole("button", { name: "Compact Session" }).click();
    await workbench().dialog.waitFor();
    assert.match(await workbench().dialog.innerText(), new RegExp(`Compact “${WRITE}”\\?`));
    await workbench().answerDialog("Cancel");
    await workbench().runCommand("OpenCode: Switch Session…");
    await workbench().quickPickRow(WRITE).hover();
    await workbench()
      .quickPickRow(WRITE)
      .getByRole("button", { name: "Show Token Breakdown" })
      .click();
    await workbench().tab(WRITE).waitFor();
    await workbench().webview().locator("h1", { hasText: WRITE }).waitFor();
    await server.client.remove(child.id);
  });

  it("open a session in a terminal, where the real TUI shows it", async () => {
    await workbench().chooseFromRowMenu(new RegExp(`^${READ}`), [
      "Open",
      "Open Session in Terminal",
    ]);
    const cost = formatUSD(await costOf(readID));
    await untilSo("the TUI shows the session", async () => (await terminalText()).includes(cost));
    const attached = argumentsOf("attach", server.url);
    assert.deepEqual(attached.slice(attached.indexOf("attach")), [
      "attach",
      server.url,
      "-s",
      readID,
      "--dir",
      server.directories[0]!,
    ]);
    await workbench().chooseFromRowMenu(new RegExp(`^${READ}`), [
      "Open",
      "Open Session in Terminal",
    ]);
    await untilCount(workbench().page.locator(".terminal-wrapper .xterm-rows"), 1);
  });

  it("move the attached terminal along if configured, asking first if configured", async () => {
    const events = await server.client.events();
    const selected = (): unknown[] =>
      events.events
        .filter(({ type }) => type === "tui.session.select")
        .map(({ properties }) => properties["sessionID"]);
    const switchTo = async (title: string): Promise<void> => {
      await workbench().pickFrom("OpenCode: Switch Session…", title);
      await untilSo("the picked one is active", () => isMarked(title));
    };
    await switchTo(WRITE);
    await switchTo(READ);
    assert.deepEqual(selected(), [], "never means never");

    await workbench().changeSettings({ "opencodeSessions.followInTui": "ask" });
    await poll("the question", async () => {
      await switchTo(WRITE);
      const question = workbench().toast(/terminals attached to “Test server”/);
      if (await question.isVisible()) return true;
      await switchTo(READ);
      return (await question.isVisible()) ? true : undefined;
    });
    assert.deepEqual(selected(), [], "nothing moves before the answer");
    await workbench().clickToast(/terminals attached/, "Always");
    await workbench()
      .toast(/terminals attached/)
      .waitFor({ state: "hidden" });
    await untilSo("a terminal moved", () => Promise.resolve(selected().length === 1));
    await switchTo(READ);
    await switchTo(WRITE);
    await untilSo("the terminal follows", () => Promise.resolve(selected().at(-1) === writeID));
    const cost = formatUSD(await costOf(writeID));
    await untilSo("the TUI shows the other session", async () =>
      (await terminalText()).includes(cost),
    );
    assert.equal(
      await workbench()
        .toast(/terminals attached/)
        .count(),
      0,
      "asked once",
    );
    events.close();
  });

  it("throw nothing into the page or the log", () => {
    assert.deepEqual(workbench().pageErrors, []);
    assert.doesNotMatch(workbench().readLogs(), /unhandled|\[error\].*opencode-sessions/i);
    assert.deepEqual(workbench().outsideRequests, []);
  });
});

/** The command line of the running program whose arguments include all of these. */
function argumentsOf(...wanted: readonly string[]): string[] {
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    const line = readCommandLine(pid);
    if (wanted.every((each) => line.includes(each))) return line;
  }
  assert.fail(`no program runs with ${wanted.join(" ")}`);
}

function readCommandLine(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  } catch {
    return [];
  }
}
