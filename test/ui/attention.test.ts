import assert from "node:assert/strict";

import { existsSync } from "node:fs";
import { join } from "node:path";

import { poll } from "../support/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencodeServer.ts";
import { type ScriptedProvider, startScriptedProvider } from "../support/scriptedProvider.ts";
import { useWorkbench } from "../support/workbench.ts";

const ATTENTION = "Needs Attention";

describe("what waits for a person, in a real VS Code on a real server", function () {
  this.timeout(120_000);
  let provider: ScriptedProvider;
  let server: OpenCodeServer;

  before(async function () {
    this.timeout(60_000);
    provider = await startScriptedProvider();
    server = await startOpenCode({
      providerURL: provider.url,
      permission: { bash: "ask", edit: "ask" },
    });
    const first = await server.client.createSession({ title: "Write the docs" });
    await server.client.prompt(first.id, "Write the docs\nDO say 20");
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
    },
  }));

  afterEach(async () => {
    // Buttons of another test's notification would be in the way, and so would the hover of what the mouse is on.
    await workbench().runCommand("Notifications: Clear All Notifications");
    await workbench().page.mouse.move(640, 300);
  });

  /** A session that works at a script. */
  const start = async (title: string, script: string): Promise<string> => {
    const { id } = await server.client.createSession({ title });
    await server.client.promptAsync(id, `${title}\nDO ${script}`);
    return id;
  };
  const untilBadge = (text: string): Promise<true> =>
    poll(20_000, `the badge ${text}`, async () =>
      (await workbench().activityBadge()) === text ? true : undefined,
    );
  const untilRows = async (...labels: readonly string[]): Promise<void> => {
    let last: readonly string[] = [];
    await poll(20_000, "the rows", async () => {
      last = (await workbench().treeRows(ATTENTION)).map(({ label }) => label);
      return last.join() === labels.join() ? true : undefined;
    }).catch(() => {
      assert.deepEqual(last, labels);
    });
  };
  const outputs = async (id: string): Promise<readonly string[]> =>
    (await server.client.messages(id)).flatMap(({ parts }) =>
      parts.flatMap((part) =>
        part.type === "tool" && "output" in part.state ? part.state.output.trim() : [],
      ),
    );

  it("has an empty view that says so, and no badge", async () => {
    await workbench().openSideBar();
    await workbench()
      .treeRow(/^Write the docs/)
      .waitFor({ timeout: 30_000 });
    await workbench().view(ATTENTION).getByText("Nothing waits for you.").waitFor();
    assert.equal(await workbench().activityBadge(), "");
  });

  it("counts a request on the badge, and lets it be answered from the tree of sessions", async () => {
    const id = await start("Publish the package", "bash echo published ;; say 10");
    await untilBadge("1");
    await untilRows("Publish the package");
    await workbench()
      .toast(/“Publish the package” on Test server asks for permission/)
      .waitFor();
    await workbench().clickRowAction(/^Publish the package/, /^Answer Request/);
    const dialog = workbench().dialog;
    await dialog.getByText("“Publish the package” on Test server asks for permission.").waitFor();
    const text = await dialog.innerText();
    assert.match(text, /Command: echo published/);
    assert.match(text, /Always Allow covers: echo \*/);
    await workbench().screenshot("attention permission dialog");
    await workbench().answerDialog("Allow Once");
    await server.client.waitUntilIdle(id);
    assert.deepEqual(await outputs(id), ["published"]);
    await untilBadge("");
  });

  it("says plainly that a request was answered elsewhere when its notification is used late", async () => {
    const id = await start("Tag the release", "bash echo tagged ;; say 10");
    await workbench()
      .toast(/“Tag the release”/)
      .waitFor({ timeout: 20_000 });
    const request = await server.client.nextPermission({ sessionID: id });
    await server.client.replyPermission(request.id, "once");
    await server.client.waitUntilIdle(id);
    await workbench().clickToast(/“Tag the release”/, "Allow Once");
    await workbench()
      .toast(/“Tag the release” was already answered elsewhere/)
      .waitFor();
  });

  it("sends nothing for a session that was deleted, though the server would take it", async () => {
    const id = await start("Drop the branch", "bash touch dropped ;; say 10");
    await workbench()
      .toast(/“Drop the branch”/)
      .waitFor({ timeout: 20_000 });
    await untilBadge("1");
    await server.client.remove(id);
    await untilBadge("");
    await workbench().clickToast(/“Drop the branch”/, "Allow Once");
    await workbench()
      .toast(/The session that asked no longer exists/)
      .waitFor();
    assert.equal(existsSync(join(server.directories[0]!, "dropped")), false);
  });

  it("shows a child's request on the child with its root's name, and its notification answers it", async () => {
    const id = await start(
      "Prepare the release",
      "task general Clean the folder { bash echo cleaned ;; say 10 } ;; say 10",
    );
    await untilBadge("1");
    const row = workbench().treeRow(/^Clean the folder/, ATTENTION);
    await row.waitFor();
    assert.match(await row.innerText(), /in Prepare the release/);
    const root = workbench().treeRow(/^Prepare the release/);
    await root.getByText(/1 waiting/).waitFor();
    await workbench().screenshot("attention child request");
    await workbench().clickToast(/“Clean the folder.*in “Prepare the release”/, "Always Allow");
    await server.client.waitUntilIdle(id);
    await untilBadge("");
  });

  it("opens an edit in the diff editor before it is decided, and tells the model why not", async () => {
    const id = await start("Change the start", "edit src/index.ts :: step1( => first( ;; say 10");
    await untilBadge("1");
    await workbench()
      .treeRow(/^Change the start/, ATTENTION)
      .click();
    await workbench()
      .tab(/index\.ts \(asked for\)/)
      .waitFor({ timeout: 20_000 });
    await workbench().page.locator(".monaco-diff-editor").first().waitFor();
    const rows = await workbench().quickPickRows();
    assert.match(
      rows.join("\n"),
      /Allow Once[^]*Always Allow[^]*Always Allow covers: \*[^]*Reject…/,
    );
    await workbench().screenshot("attention diff");
    // Who reads on takes the offer away, and decides by the editor's own buttons.
    await workbench().page.locator(".monaco-diff-editor .modified .view-line").last().click();
    await workbench().quickPickRow("Allow Once").waitFor({ state: "hidden" });
    await workbench().screenshot("attention diff read");
    await workbench()
      .page.locator(".editor-actions")
      .getByRole("button", { name: "Reject…" })
      .click();
    await workbench().answer("Leave the names alone");
    await server.client.waitUntilIdle(id);
    const errors = (await server.client.messages(id)).flatMap(({ parts }) =>
      parts.flatMap((part) =>
        part.type === "tool" && part.state.status === "error" ? part.state.error : [],
      ),
    );
    assert.match(errors.join(), /Leave the names alone/);
    assert.equal(
      await workbench()
        .tab(/asked for/)
        .count(),
      0,
    );
    await untilBadge("");
  });

  it("asks a session's question with its options and takes several, or own words", async () => {
    const id = await start(
      "Plan the release",
      "ask* What goes into it? | Export | Search | Totals ;; ask Which date? | Monday | Friday ;; say 10",
    );
    await untilBadge("1");
    await workbench().clickToast(
      /“Plan the release” on Test server asks: What goes into it\?/,
      "Answer…",
    );
    await workbench().quickPickRows();
    await workbench().pick("Export");
    await workbench().pick("Totals");
    await workbench().screenshot("attention question");
    await workbench().quickInput.press("Enter");
    await poll(20_000, "the second question", async () =>
      (await server.client.questions()).find(
        ({ sessionID, questions }) => sessionID === id && questions[0]?.question === "Which date?",
      ),
    );
    await workbench()
      .treeRow(/^Plan the release.*Which date/, ATTENTION)
      .click();
    await workbench().pick("Another Answer…");
    await workbench().answer("Next Tuesday");
    await server.client.waitUntilIdle(id);
    const answers = (await outputs(id)).join("\n");
    assert.match(answers, /"What goes into it\?"="Export, Totals"/);
    assert.match(answers, /"Which date\?"="Next Tuesday"/);
    await untilBadge("");
  });

  it("lists what failed or finished while another session was looked at, until it is dismissed", async () => {
    await workbench()
      .treeRow(/^Write the docs/)
      .click();
    await start("Ask for more", "refuse 400 Out of credit");
    await workbench()
      .toast(/“Ask for more” on Test server failed: .*Out of credit/)
      .waitFor();
    const finished = await start("Sum it up", "say 10");
    await server.client.waitUntilIdle(finished);
    await workbench()
      .toast(/“Sum it up” on Test server has finished/)
      .waitFor();
    await untilBadge("2");
    await untilRows("Ask for more", "Sum it up");
    await workbench().screenshot("attention failed and finished");
    await workbench().clickRowAction(/^Ask for more/, "Dismiss", ATTENTION);
    await untilBadge("1");
    // Looking at a session is enough to know that it has finished.
    await workbench()
      .treeRow(/^Sum it up/, ATTENTION)
      .click();
    await untilBadge("");
  });

  it("goes from item to item by keys", async () => {
    await start("First", "bash touch first ;; say 5");
    await untilBadge("1");
    await start("Second", "bash touch second ;; say 5");
    await untilBadge("2");
    const selected = async (): Promise<string> =>
      (await workbench().treeRows(ATTENTION)).find(({ isSelected }) => isSelected)?.label ?? "";
    const press = async (key: string, label: string): Promise<void> => {
      await workbench().page.keyboard.press(`Control+Alt+Shift+${key}`);
      await poll(10_000, `${label} is selected`, async () =>
        (await selected()) === label ? true : undefined,
      );
    };
    await press("N", "First");
    await press("N", "Second");
    await press("N", "First");
    await press("P", "Second");
  });

  it("tells what waited already in one notification when the window is opened again", async () => {
    await workbench().reload();
    await workbench()
      .toast(/OpenCode: 2 requests waiting for you\./)
      .waitFor({ timeout: 30_000 });
    await untilBadge("2");
    assert.equal(await workbench().page.locator(".notification-toast").count(), 1);
    await workbench().clickToast(/2 requests waiting/, "Show");
    await untilRows("First", "Second");
  });
});
