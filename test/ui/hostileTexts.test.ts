import assert from "node:assert/strict";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

/** Models write titles: clicking this one as a link would close the window. */
const TITLE = "$(flame) [Fix it](command:workbench.action.closeWindow) $(loading~spin)";
const ROW = /closeWindow/;

describe("titles that look like links and icons, in a real VS Code on a real server", () => {
  let server: OpenCodeServer;

  before(async function () {
    server = await startOpenCode();
    const { id } = await server.client.createSession({ title: TITLE });
    await server.client.prompt(id, "Read\nDO context 20000 ;; say 10");
    await server.client.prompt(id, "Go on: HOLD SUMMARY\nDO say 10");
  });
  after(async () => {
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.servers": [{ url: server.url, name: "Test server" }],
      "opencodeSessions.localDiscovery.enabled": false,
    },
  }));

  /** Links and icons in the open UI that the title produced. */
  const drawn = (place: string) =>
    workbench().page.locator(
      [
        `${place} a[href*="command:"]`,
        `${place} a[data-href*="command:"]`,
        `${place} .codicon-flame`,
      ].join(", "),
    );

  it("are plain text in a question", async () => {
    await workbench().openSideBar();
    await workbench().treeRow(ROW).waitFor();
    await workbench().chooseFromRowMenu(ROW, "Delete Session…");
    await workbench().dialog.waitFor();
    const question = (await workbench().dialog.innerText()).replaceAll("\u200b", "");
    assert.ok(question.includes("[Fix it](command:workbench.action.closeWindow)"), question);
    assert.equal(await drawn(".monaco-dialog-box").count(), 0);
    assert.equal(await workbench().dialog.getByRole("link").count(), 0);
    await workbench().answerDialog("Cancel");
  });

  it("are plain text in a list and in the tree", async () => {
    assert.equal(await drawn(".sidebar").count(), 0);
    await workbench().runCommand("OpenCode: Switch Session…");
    const [row] = await workbench().quickPickRows();
    assert.match(row ?? "", ROW);
    assert.equal(await drawn(".quick-input-widget").count(), 0);
    await workbench().page.keyboard.press("Escape");
  });

  it("are plain text in the status bar and in a message box", async () => {
    await workbench().chooseFromRowMenu(ROW, "Compact Session…");
    await workbench().dialog.waitFor();
    await workbench().answerDialog("Compact");
    await workbench()
      .statusBarItem(/Compacting .*closeWindow/)
      .waitFor();
    assert.equal(await drawn(".statusbar").count(), 0);
    server.release("summary");
    await workbench().toasted(/Compacted/);
    const toast = workbench().toast(/Compacted/);
    assert.equal(await drawn(".notifications-toasts").count(), 0);
    assert.equal(await toast.locator(".notification-list-item-message a").count(), 0);
  });
});
