import assert from "node:assert/strict";

import { existsSync } from "node:fs";
import { join } from "node:path";

import type { Locator } from "playwright-core";

import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  type ScriptedProvider,
  startScriptedProvider,
} from "../support/opencode/scriptedProvider.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { untilCount } from "../support/vscode/untilCount.ts";
import { quiet } from "../support/patience.mjs";

const ATTENTION = "Needs Attention";

describe("what waits for the user, in a real VS Code on a real server", function () {
  let provider: ScriptedProvider;
  let server: OpenCodeServer;

  before(async function () {
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
    // Buttons of another test's notification would get in the way, as would a hover under the mouse.
    await workbench().runCommand("Notifications: Clear All Notifications");
    await workbench().page.mouse.move(640, 300);
    // The next test would count what finished or failed while another session was active.
    const news = workbench()
      .view(ATTENTION)
      .getByText(/finished|failed|out of/i);
    if ((await news.count()) > 0) {
      await workbench().runCommand("OpenCode: Dismiss Finished and Failed Items");
    }
  });

  /** A session that is working on a script. */
  const start = async (title: string, script: string): Promise<string> => {
    const { id } = await server.client.createSession({ title });
    await server.client.promptAsync(id, `${title}\nDO ${script}`);
    return id;
  };
  const untilBadge = (text: string): Promise<true> =>
    poll(`the badge ${text}`, async () =>
      (await workbench().activityBadge()) === text ? true : undefined,
    );
  const untilRows = async (...labels: readonly string[]): Promise<void> => {
    let last: readonly string[] = [];
    await poll("the rows", async () => {
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

  /** A card on the open page. */
  const card = (text: string | RegExp): Locator =>
    workbench().webview().locator(".request", { hasText: text });
  const press = (text: string, button: string): Promise<void> =>
    card(text).getByRole("button", { name: button, exact: true }).click();

  it("shows an empty view that says so, without a badge", async () => {
    await workbench().openSideBar();
    await workbench()
      .treeRow(/^Write the docs/)
      .waitFor();
    await workbench().view(ATTENTION).getByText("You're all caught up.").waitFor();
    assert.equal(await workbench().activityBadge(), "");
  });

  it("counts a request on the badge, and allows answering it from the sessions tree", async () => {
    const id = await start("Publish the package", "bash echo published ;; say 10");
    await untilBadge("1");
    await untilRows("Publish the package");
    await workbench().toasted(/“Publish the package” on Test server asks for permission/);
    await workbench().clickRowAction(/^Publish the package/, /^Answer Request/);
    await card("echo published").waitFor();
    const text = await card("echo published").innerText();
    assert.match(text, /Allow bash\?/);
    assert.match(text, /Command\s+echo published/);
    await workbench().screenshot("attention permission card");
    // The card has the focus, and Enter doesn't decide anything.
    await poll("the card has the focus", async () =>
      (await card("echo published").locator(".request-title:focus").count()) === 1
        ? true
        : undefined,
    );
    await workbench().page.keyboard.press("Enter");
    await workbench().page.keyboard.press("Space");
    assert.deepEqual(await outputs(id), []);
    await press("echo published", "Allow Once");
    await card("echo published").waitFor({ state: "detached" });
    await server.client.waitUntilIdle(id);
    assert.deepEqual(await outputs(id), ["published"]);
    await untilBadge("");
  });

  it("says clearly that a request was answered elsewhere when its notification is used late", async () => {
    const id = await start("Tag the release", "bash echo tagged ;; say 10");
    await workbench().toasted(/“Tag the release”/);
    const request = await server.client.nextPermission({ sessionID: id });
    await server.client.replyPermission(request.id, "once");
    await server.client.waitUntilIdle(id);
    // Not the notification that it has finished.
    await workbench().clickToast(/“Tag the release” on Test server asks/, "Allow Once");
    await workbench().toasted(/“Tag the release” was already answered elsewhere/);
    // It wasn't the active session, so it is listed as finished, which the next test would count.
    await workbench()
      .treeRow(/^Tag the release/, ATTENTION)
      .getByText(/finished/i)
      .waitFor();
  });

  it("sends nothing for a deleted session, though the server would accept it", async () => {
    const id = await start("Drop the branch", "bash touch dropped ;; say 10");
    await workbench().toasted(/“Drop the branch”/);
    await untilBadge("1");
    await server.client.remove(id);
    await untilBadge("");
    await workbench().clickToast(/“Drop the branch”/, "Allow Once");
    await workbench().toasted(/The session that asked no longer exists/);
    assert.equal(existsSync(join(server.directories[0]!, "dropped")), false);
  });

  it("shows a child's request on the child with its root's name, and answers it from its notification", async () => {
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
    const toast = workbench().toast(/“Clean the folder.*in “Prepare the release”/);
    await toast.getByRole("button", { name: "Don't Show Again" }).waitFor();
    assert.deepEqual(
      await toast.locator(".notification-list-item-buttons-container a").allInnerTexts(),
      ["Allow Once", "Review…", "Don't Show Again"],
    );
    await workbench().screenshot("attention toast");
    await workbench().clickToast(/“Clean the folder.*in “Prepare the release”/, "Review…");
    // On the root's page, which says which sub-session is asking.
    await workbench()
      .tab(/Prepare the release/)
      .waitFor();
    assert.match(await card("echo cleaned").innerText(), /in the sub-session “Clean the folder/);
    await press("echo cleaned", "Always Allow…");
    await card(
      /Always Allow covers “bash” for echo \* in this project, until OpenCode stops\./,
    ).waitFor();
    // The focused control leads back: Enter doesn't allow anything here either.
    await workbench().page.keyboard.press("Enter");
    await untilBadge("1");
    await workbench().clickRowAction(/^Prepare the release/, /^Answer Request/);
    await press("echo cleaned", "Always Allow…");
    await press("echo cleaned", "Always Allow");
    await server.client.waitUntilIdle(id);
    await untilBadge("");
  });

  it("shows an edit in full before it is decided, and gives the model the reason for a rejection", async () => {
    const id = await start("Change the start", "edit src/index.ts :: step1( => first( ;; say 10");
    await untilBadge("1");
    await workbench().clickRow(/^Change the start/, ATTENTION);
    await card("first(").waitFor();
    assert.match(
      (await card("first(").locator(".diff-line.added").allInnerTexts()).join(),
      /^\+.*first\(/,
    );
    assert.match(
      (await card("first(").locator(".diff-line.removed").allInnerTexts()).join(),
      /step1\(/,
    );
    await workbench().screenshot("attention diff");
    await press("first(", "Reject…");
    // The reason has the focus, and Enter in it doesn't send anything.
    await workbench().page.keyboard.type("Leave the names alone");
    await workbench().page.keyboard.press("Enter");
    assert.equal((await server.client.nextPermission({ sessionID: id })).sessionID, id);
    await press("first(", "Reject");
    await server.client.waitUntilIdle(id);
    const errors = (await server.client.messages(id)).flatMap(({ parts }) =>
      parts.flatMap((part) =>
        part.type === "tool" && part.state.status === "error" ? part.state.error : [],
      ),
    );
    assert.match(errors.join(), /Leave the names alone/);
    await untilBadge("");
  });

  it("removes a card that was answered elsewhere", async () => {
    const id = await start("Answer it there", "bash touch there ;; say 10");
    await untilBadge("1");
    await workbench().clickRow(/^Answer it there/, ATTENTION);
    await card("touch there").waitFor();
    const request = await server.client.nextPermission({ sessionID: id });
    await server.client.replyPermission(request.id, "once");
    await card("touch there").waitFor({ state: "detached" });
    await server.client.waitUntilIdle(id);
    await untilBadge("");
  });

  it("shows no notification over the page that has the request's card, its own or its sub-session's", async () => {
    const { id } = await server.client.createSession({ title: "Look at me" });
    await workbench().chooseFromRowMenu(/^Look at me/, ["Open", "Open Conversation"]);
    await workbench().webview().getByRole("textbox", { name: "Prompt" }).waitFor();
    const script =
      "task general Sweep it { bash touch swept ;; say 5 } ;; bash touch seen ;; say 5";
    await server.client.promptAsync(id, `Look at me\nDO ${script}`);
    for (const [command, other] of [
      ["touch swept", "Notify me first"],
      ["touch seen", "Notify me second"],
    ] as const) {
      await card(command).waitFor();
      // This one shares a notification with an earlier request, or comes after that one's.
      const asking = await start(other, "bash touch other ;; say 5");
      await workbench().toasted(new RegExp(`“${other}” on Test server asks|requests waiting`));
      const toasts = await workbench().toasts();
      assert.deepEqual(
        toasts.filter((text) => /“Look at me”|“Sweep it|requests waiting/.test(text)),
        [],
      );
      const request = await server.client.nextPermission({ sessionID: asking });
      await server.client.replyPermission(request.id, "once");
      await server.client.waitUntilIdle(asking);
      await press(command, "Allow Once");
    }
    await server.client.waitUntilIdle(id);
    await untilBadge("2");
  });

  it("asks a session's question with its options, and accepts several or a custom answer", async () => {
    const id = await start(
      "Plan the release",
      "ask* What goes into it? | Export | Search | Totals ;; ask Which date? | Monday | Friday ;; say 10",
    );
    await untilBadge("1");
    await workbench().clickToast(
      /“Plan the release” on Test server asks: What goes into it\?/,
      "Answer…",
    );
    await card("What goes into it?").waitFor();
    await card("What goes into it?").getByLabel("Export").check();
    await card("What goes into it?").getByLabel("Totals").check();
    await workbench().screenshot("attention question");
    await press("What goes into it?", "Answer");
    await card("Which date?").waitFor();
    await card("Which date?").getByLabel("Another answer").fill("Next Tuesday");
    await press("Which date?", "Answer");
    await server.client.waitUntilIdle(id);
    const answers = (await outputs(id)).join("\n");
    assert.match(answers, /"What goes into it\?"="Export, Totals"/);
    assert.match(answers, /"Which date\?"="Next Tuesday"/);
    await untilBadge("");
  });

  it("lists what failed or finished while another session was active, until it is dismissed", async () => {
    await workbench().changeSettings({ "opencodeSessions.notifications": "roots" });
    await workbench().clickRow(/^Write the docs/);
    await start("Ask for more", "refuse 400 Out of credit");
    await workbench().toasted(/“Ask for more” on Test server failed: .*Out of credit/);
    const finished = await start("Sum it up", "say 10");
    await server.client.waitUntilIdle(finished);
    await workbench().toasted(/“Sum it up” on Test server has finished/);
    await untilBadge("2");
    await untilRows("Ask for more", "Sum it up");
    await workbench().screenshot("attention failed and finished");
    await workbench().clickRow(/^Ask for more/, ATTENTION);
    await poll("the message that failed", async () => {
      const page = workbench().webview().locator("body");
      const read = await page.evaluate(({ ownerDocument: { activeElement } }) =>
        activeElement?.classList.contains("row") ? activeElement.textContent : "",
      );
      return read.includes("Out of credit") ? true : undefined;
    });
    await workbench().clickRowAction(/^Ask for more/, "Dismiss Item", ATTENTION);
    await untilBadge("1");
    // Looking at a session is enough to acknowledge that it has finished.
    await workbench().clickRow(/^Sum it up/, ATTENTION);
    await untilBadge("");
    await workbench().changeSettings({ "opencodeSessions.notifications": undefined });
  });

  it("notifies only one of two windows", async () => {
    await workbench().changeSettings({ "opencodeSessions.notifications": "all" });
    const other = await workbench().openWindow(join(server.sandbox.root, "other window"));
    const pages = [workbench().page, other];
    await other.locator('[id$="opencodeSessions.activeSession"]').waitFor();
    /** The number of windows that have shown a toast, once one has and the other would have. */
    const notified = async (text: RegExp): Promise<number> => {
      const count = async (): Promise<number> => {
        const seen = await Promise.all(
          pages.map((page) => page.evaluate(() => window.toastsSeen.join("\n"))),
        );
        return seen.filter((toasts) => text.test(toasts)).length;
      };
      await poll(`a toast ${text.source}`, async () => (await count()) || undefined);
      await quiet(4_000);
      return count();
    };
    const asking = await start("Ask in one window", "bash touch once ;; refuse 400 Out of luck");
    assert.equal(await notified(/“Ask in one window”.* asks for permission/), 1);
    const { id } = await server.client.nextPermission({ sessionID: asking });
    await server.client.replyPermission(id, "once");
    assert.equal(await notified(/“Ask in one window”.* failed/), 1);
    await other.close();
    await workbench().changeSettings({ "opencodeSessions.notifications": undefined });
  });

  it("moves from item to item by keyboard", async () => {
    await start("First", "bash touch first ;; say 5");
    await untilBadge("1");
    await start("Second", "bash touch second ;; say 5");
    await untilBadge("2");
    const selected = async (): Promise<string> =>
      (await workbench().treeRows(ATTENTION)).find(({ isSelected }) => isSelected)?.label ?? "";
    const pressKey = async (key: string, label: string): Promise<void> => {
      await workbench().page.keyboard.press(`Control+Alt+Shift+${key}`);
      await poll(`${label} is selected`, async () =>
        (await selected()) === label ? true : undefined,
      );
    };
    await pressKey("N", "First");
    await pressKey("N", "Second");
    await pressKey("N", "First");
    await pressKey("P", "Second");
  });

  it("reports what was already waiting in a single notification when the window is reopened", async () => {
    await workbench().reload();
    await workbench().toasted(/OpenCode: 2 requests waiting for you\./);
    await untilBadge("2");
    await untilCount(workbench().page.locator(".notification-toast"), 1);
    await workbench().clickToast(/2 requests waiting/, "Show");
    await untilRows("First", "Second");
  });
});
