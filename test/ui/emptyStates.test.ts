import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Locator } from "playwright-core";

import { poll } from "../support/opencode/client.ts";
import {
  opencodeProgram,
  type OpenCodeServer,
  startOpenCode,
} from "../support/opencode/opencodeServer.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";
import { untilCount } from "../support/vscode/untilCount.ts";

const PASSWORD = "a word at the door";

describe("an empty view, in a real VS Code, with the one button that leads on", () => {
  let server: OpenCodeServer;
  let locked: OpenCodeServer;
  let site: Server;
  /** Asks not to be asked again for ten minutes; once it is ready, for a password. */
  let late: Server;
  let isReady = false;

  before(async function () {
    server = await startOpenCode({ projects: ["app", "elsewhere"] });
    locked = await startOpenCode({ password: PASSWORD, projects: ["vault"] });
    await locked.client.createSession({ title: "Behind the door" });
    site = createServer((_request, response) => {
      response.setHeader("content-type", "text/html").end("<html>hello</html>");
    });
    late = createServer((_request, response) => {
      if (isReady) response.writeHead(401).end();
      else response.writeHead(503, { "retry-after": "600" }).end();
    });
    for (const each of [site, late]) {
      await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
    }
  });
  after(async () => {
    for (const each of [site, late]) {
      each.closeAllConnections();
      each.close();
    }
    await locked.stop();
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    workspaceTrust: true,
    settings: {
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.opencodePath": "/nowhere/opencode",
      "opencodeSessions.notifications": "off",
    },
  }));

  /** The text of the empty view that says so. */
  const welcome = (text: string): Locator =>
    workbench().page.locator(".welcome-view-content:visible", { hasText: text });
  /** Presses the one button of the empty view that says so. */
  const press = async (text: string, button: string): Promise<void> => {
    await welcome(text).waitFor();
    const buttons = welcome(text).locator(".monaco-button");
    await untilCount(buttons, 1);
    assert.deepEqual(await buttons.allInnerTexts(), [button]);
    await buttons.click();
  };
  const useServer = async (url: string, name: string): Promise<void> => {
    await workbench().changeSettings({ "opencodeSessions.servers": [{ url, name }] });
  };
  /** Waits until the settings editor, a dialog above the window, shows a setting, and closes it. */
  const seeSetting = async (name: string): Promise<void> => {
    const { page } = workbench();
    await page
      .locator(".settings-editor .setting-item-contents", { hasText: name })
      .first()
      .waitFor();
    const dialog = page.locator(".monaco-modal-editor-block");
    await dialog.locator(".codicon-close").last().click();
    await dialog.waitFor({ state: "detached" });
  };
  const titled = (title: string): Locator => workbench().treeRow(new RegExp(`^${title}`));

  it("in a folder that isn't trusted manages its trust", async () => {
    await workbench().openSideBar();
    await press("One can be started here once you trust this workspace.", "Manage Workspace Trust");
    const editor = workbench().page.locator(".workspace-trust-editor");
    await editor.getByRole("button", { name: "Trust", exact: true }).click();
    await welcome("OpenCode was not found").waitFor();
    await workbench().runCommand("View: Close All Editors");
  });

  it("where OpenCode is missing shows how to install it, and sets its path", async () => {
    const missing = "OpenCode was not found on this machine.";
    await press(missing, "Install OpenCode");
    await workbench().dialog.getByText("https://opencode.ai/docs/#install").waitFor();
    await workbench().answerDialog("Cancel");
    await welcome(missing).getByText("Set its path").click();
    await seeSetting("Opencode Path");
    await workbench().changeSettings({
      "opencodeSessions.opencodePath": opencodeProgram(server.sandbox.root),
    });
  });

  it("without a server starts a private one, which asks for its first session", async () => {
    const none = "No OpenCode server is running on this machine.";
    await welcome(none).getByText("Change where to look in Settings").click();
    await seeSetting("Local Discovery: Enabled");
    await press(none, "Start a Private Server");
    await welcome("There are no sessions yet.").waitFor();
    await workbench().runCommand("OpenCode: Stop Private Server");
    await welcome(none).waitFor();
  });

  it("of something else's address edits that address", async () => {
    const { port } = site.address() as AddressInfo;
    await useServer(`http://127.0.0.1:${String(port)}`, "A web site");
    await press("Something answers at this address", "Edit Server…");
    await poll("the address to edit", async () =>
      (await workbench().quickInput.inputValue()).includes(String(port)) ? true : undefined,
    );
    await workbench().page.keyboard.press("Escape");
  });

  it("of another machine's plain HTTP asks before anything is sent", async () => {
    await useServer("http://192.0.2.1:4096", "Far away");
    await press("uses plain HTTP", "Allow Unencrypted Connection…");
    await workbench().dialog.getByText("others on the network").first().waitFor();
    await workbench().answerDialog("Cancel");
    await welcome("uses plain HTTP").waitFor();
  });

  it("of a locked server asks for its password", async () => {
    await useServer(locked.url, "Vault");
    await press("The OpenCode server requires a password.", "Enter Password…");
    await workbench().answer(PASSWORD);
    await titled("Behind the door").waitFor();
  });

  it("of a server that cannot be reached connects again", async () => {
    await useServer(`http://127.0.0.1:${String((late.address() as AddressInfo).port)}`, "Later");
    const lost = "The OpenCode server cannot be reached. Retrying automatically.";
    await welcome(lost).waitFor();
    isReady = true;
    await press(lost, "Reconnect");
    await welcome("requires a password").waitFor();
  });

  it("of a server without sessions creates one", async () => {
    await useServer(server.url, "Mine");
    await press("There are no sessions yet.", "New Session…");
    await workbench().pick(/folder of this window/);
    await workbench().webview().getByRole("textbox", { name: "Prompt" }).waitFor();
    await titled("New session").waitFor();
    await workbench().runCommand("View: Close All Editors");
  });

  it("of a filter that matches nothing clears it", async () => {
    const none = welcome("No session matches the filter.");
    await workbench().answerTo("OpenCode: Filter Sessions…", "nothing is called so", none);
    await press("No session matches the filter.", "Clear Filter");
    await titled("New session").waitFor();
  });

  it("of archived sessions shows them", async () => {
    await workbench().chooseFromRowMenu(/^New session/, "Archive Session");
    await press("All sessions are archived.", "Show Archived Sessions");
    await titled("New session").waitFor();
    await workbench().runCommand("OpenCode: Hide Archived Sessions");
    await welcome("All sessions are archived.").waitFor();
  });

  it("of a workspace whose sessions are all elsewhere shows all projects", async () => {
    const [, directory = ""] = server.directories;
    await server.client.createSession({ title: "Far from here", directory });
    await titled("Far from here").waitFor();
    await workbench().runCommand("OpenCode: Show This Workspace Only");
    await press("No session belongs to the folders of this workspace.", "Show All Projects");
    await titled("Far from here").waitFor();
  });

  it("says so where nothing needs attention, and throws nothing", async () => {
    await welcome("You're all caught up.").waitFor();
    assert.deepEqual(workbench().pageErrors, []);
    assert.deepEqual(workbench().outsideRequests, []);
  });
});
