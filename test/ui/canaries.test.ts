import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Locator } from "playwright-core";
import { browserStorage, Canaries } from "../support/canaries.ts";
import { type FaultProxy, startFaultProxy } from "../support/faultProxy.ts";
import { at } from "../support/json.ts";
import { poll } from "../support/opencode/client.ts";
import {
  opencodeProgram,
  type OpenCodeServer,
  startOpenCode,
} from "../support/opencode/opencodeServer.ts";
import { filesBelow } from "../support/secrets.ts";
import { waitUntil } from "../support/vscode/paintedChart.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const TITLE = "Keep the secret";
const DOOMED = "Leave nothing behind";

const canaries = new Canaries([
  {
    what: ["password"],
    place: /^header authorization of a request to Vault$/,
    why: "a server gets its own password, in the header that is for it",
  },
  {
    what: ["prompt"],
    place: /^project: garden\.ts$/,
    why: "a file of the user's own, of which a part is attached",
  },
  {
    what: ["prompt", "answer"],
    place: /^browser storage: vscode-web-state-db-[^/]+\/ItemTable\/"opencode-sessions\./,
    why: "a prompt that is still being written is in the state of its window until it is sent",
  },
  {
    what: ["prompt", "answer"],
    place: /^exports: backup\//,
    why: "a backup has everything that was said in its sessions",
  },
  {
    what: ["prompt", "answer"],
    place: /^exports: opencode\.db/,
    why: "a copy of the database has everything that OpenCode's own has",
  },
  {
    what: ["prompt", "answer"],
    place: /^OpenCode: data: opencode\/opencode\.db(-wal)?$/,
    why: "OpenCode itself keeps what was said",
  },
  {
    what: ["password"],
    place: /^environment of \S*opencode\S* attach .*: OPENCODE_SERVER_PASSWORD$/,
    why: "a program that is to attach gets the password in its environment",
  },
]);

describe("a password and a prompt that must not be written down, in a real VS Code", () => {
  const { password, prompt, answer } = canaries;
  const addresses: string[] = [];
  let server: OpenCodeServer;
  /** In front of the server; what it passes is searched. */
  let vault: FaultProxy;
  /** Another server, which refuses everything. */
  let stranger: FaultProxy;
  let sessionID: string;

  before(async function () {
    server = await startOpenCode({ password });
    [vault, stranger] = await Promise.all([
      startFaultProxy(server.url),
      startFaultProxy(server.url),
    ]);
    stranger.inject(() => ({ kind: "answer", status: 401 }));
    const [directory = ""] = server.directories;
    writeFileSync(path.join(directory, "garden.ts"), `export const roses = "${prompt}";\n`);
    ({ id: sessionID } = await server.client.createSession({ title: TITLE }));
    for (const id of [sessionID, (await server.client.createSession({ title: DOOMED })).id]) {
      await server.client.prompt(id, `${prompt}\nDO context 20000 ;; say "${answer}"`);
      await server.client.prompt(id, `${prompt}\nDO say 10`);
    }
  });
  after(async () => {
    await Promise.all([vault.stop(), stranger.stop()]);
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.servers": [{ url: vault.url, name: "Vault" }],
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.opencodePath": opencodeProgram(server.sandbox.root),
      "opencodeSessions.followInTui": "never",
    },
  }));
  before(() => {
    mkdirSync(exportsFolder());
    workbench().page.on("request", (request) => addresses.push(request.url()));
  });

  const row = /^Keep the secret/;
  const exportsFolder = (): string => path.join(server.sandbox.root, "exports");
  const field = (): Locator => workbench().webview().getByRole("textbox", { name: "Prompt" });

  /** Everything that is written down anywhere, and everything that is shown as a message. */
  async function leaks(): Promise<readonly string[]> {
    const stored = await browserStorage(workbench().page);
    return canaries.leaks({
      folders: {
        "VS Code": workbench().server.baseDir,
        project: server.directories[0]!,
        exports: exportsFolder(),
        ...Object.fromEntries(
          ["cache", "config", "data", "home", "state", "tmp"].map((name) => [
            `OpenCode: ${name}`,
            path.join(server.sandbox.root, name),
          ]),
        ),
      },
      texts: {
        addresses: addresses.join("\n"),
        messages: (await workbench().toasts()).join("\n"),
        "errors of the page": workbench().pageErrors.join("\n"),
        ...Object.fromEntries(
          Object.entries(stored).map(([key, text]) => [`browser storage: ${key}`, text]),
        ),
      },
      requests: { Vault: vault.requests, Stranger: stranger.requests },
      holders: [server.pid()],
    });
  }

  /** Whether VS Code's own storage has a text. */
  async function storedWith(text: string): Promise<boolean> {
    const stored = await browserStorage(workbench().page);
    return Object.values(stored).some((each) => each.includes(text));
  }

  it("pass through every part of the extension", async function () {
    await workbench().openSideBar();
    const welcome = workbench().page.locator(".welcome-view-content:visible");
    await welcome.getByRole("button", { name: "Enter Password…" }).click();
    await workbench().answer(`${password} that is wrong`);
    await workbench().page.getByText(`${vault.url} rejected the password`).waitFor();
    await workbench().answer(password);
    await workbench().treeRow(row).waitFor();
    await workbench().chooseFromRowMenu(row, ["Open", "Open Conversation"]);
    await workbench().webview().getByText(prompt).first().waitFor();
    await workbench().chooseFromRowMenu(row, "Compact Session…");
    await workbench().answerDialog("Compact");
    await workbench().toasted(/Compacted/);
    await workbench().chooseFromRowMenu(row, "Show Token Breakdown");
    await workbench().webview().locator("canvas:visible").first().waitFor();
    await workbench().runCommand("OpenCode: Open Usage");
    await workbench().tab(/Usage/).waitFor();
    // A failure with a reason, and a server that is lost and comes back.
    await server.restart();
    await workbench().runCommand("OpenCode: Refresh Sessions");
    await workbench().treeRow(row).waitFor();
    assert.deepEqual(await leaks(), []);
  });

  it("are in no VS Code file: settings, storage, ledger, logs, exports", async () => {
    const files = filesBelow(workbench().server.baseDir);
    assert.ok(
      files.some((file) => file.endsWith(".log")),
      "logs are looked at",
    );
    // The ledger stores titles: if this one is found, the search would find the others too.
    const titled = files.filter((file) => readFileSync(file).includes(TITLE));
    assert.ok(
      titled.some((file) => file.includes("globalStorage")),
      titled.join("\n"),
    );
    assert.deepEqual(await leaks(), []);
  });

  it("are not kept once a prompt is sent from its box, with files", async () => {
    await workbench().chooseFromRowMenu(row, "Write a Prompt…");
    await field().fill(`${prompt} of the box, about @garden.ts\nDO say "${answer}"`);
    await poll("the draft", async () => (await storedWith(`${prompt} of the box`)) || undefined);
    assert.deepEqual(await leaks(), []);
    await field().evaluate((element, note) => {
      const clipboardData = new DataTransfer();
      clipboardData.items.add(new File([note], "note.txt", { type: "text/plain" }));
      element.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
    }, prompt);
    await workbench().webview().getByRole("button", { name: "Remove note.txt" }).waitFor();
    await field().press("Enter");
    const sent = await poll("the prompt", async () =>
      (await server.client.messages(sessionID)).find((message) =>
        JSON.stringify(message).includes("of the box"),
      ),
    );
    assert.match(JSON.stringify(at(sent, "parts")), /garden\.ts.*note\.txt/);
    await server.client.waitUntilIdle(sessionID);
    await poll("no draft", async () => !(await storedWith(prompt)) || undefined);
    assert.deepEqual(await leaks(), []);
  });

  it("are not kept once a selection is sent, or a file looked for, nor by Markdown", async () => {
    await workbench().chooseFromRowMenu(row, ["Open", "Open Conversation as Markdown"]);
    const lines = workbench().page.locator(".monaco-editor:visible .view-lines");
    await lines.filter({ hasText: prompt }).first().waitFor();
    assert.deepEqual(await leaks(), []);
    await workbench().runCommand("Go to File...");
    await workbench().page.keyboard.insertText("garden.ts");
    await workbench()
      .quickPickRow(/garden\.ts/)
      .first()
      .click();
    await lines.filter({ hasText: "roses" }).first().click();
    await workbench().page.keyboard.press("Control+a");
    await workbench().runCommand("OpenCode: Attach Selection to Prompt");
    const text = (): Promise<string> => field().inputValue();
    await waitUntil(async () => (await text()).includes(`roses = "${prompt}"`), "the selection");
    await field().press("Control+End");
    await workbench().page.keyboard.insertText(`of the editor\nDO say 5\n@${prompt}`);
    await poll("the draft", async () => (await storedWith("of the editor")) || undefined);
    assert.deepEqual(await leaks(), []);
    await workbench().webview().getByRole("button", { name: /^Send/ }).click();
    await poll(
      "the prompt",
      async () =>
        JSON.stringify(await server.client.messages(sessionID)).includes("of the editor") ||
        undefined,
    );
    await server.client.waitUntilIdle(sessionID);
    await poll("no draft", async () => !(await storedWith(prompt)) || undefined);
    assert.deepEqual(await leaks(), []);
  });

  it("are not written down when a prompt or a request fails", async () => {
    await field().fill(`${prompt} that nobody takes`);
    await server.kill();
    await field().press("Enter");
    await workbench()
      .webview()
      .locator(".prompt-status")
      .getByText(/^Not sent|is not connected\.$/)
      .waitFor();
    assert.deepEqual(await leaks(), []);
    await server.restart();
    await poll("the prompt to be taken", async () => {
      await field().press("Enter");
      const messages = await server.client.messages(sessionID);
      return JSON.stringify(messages).includes("that nobody takes") || undefined;
    });
    await server.client.waitUntilIdle(sessionID);
    assert.deepEqual(await leaks(), []);
  });

  it("are in a terminal's environment only", async () => {
    await workbench().chooseFromRowMenu(row, ["Open", "Open Session in Terminal"]);
    const screen = workbench().page.locator(".terminal-wrapper:visible .xterm-screen");
    await screen.waitFor();
    await waitUntil(async () => (await allowedTerminal()) !== undefined, "the attached program");
    assert.deepEqual(await leaks(), []);
    await workbench().runCommand("Terminal: Kill All Terminals");
    assert.deepEqual(await leaks(), []);
  });

  async function allowedTerminal(): Promise<true | undefined> {
    await leaks();
    return canaries.unusedAllowances().some((why) => why.includes("attach")) ? undefined : true;
  }

  it("are in no report, and in no configuration that agents get", async () => {
    const heading = (name: string): Locator => workbench().webview().getByRole("heading", { name });
    await workbench().runCommand("OpenCode: Run Health Check");
    await heading("OpenCode Sessions: health").waitFor();
    await workbench().runCommand("OpenCode: Check Server Compatibility");
    await heading("OpenCode Sessions: server compatibility").waitFor();
    await workbench().pickFrom(
      "OpenCode: Give Agents the session_status Tool…",
      /In OpenCode's configuration/,
    );
    await workbench().clickToast(/These are the changes/, "Write the File");
    await workbench().toasted(/session_status/);
    assert.deepEqual(await leaks(), []);
  });

  it("are in no export of usage", async () => {
    for (const [form, name] of [
      ["Usage by day, model", "usage.csv"],
      ["Sessions with their trees", "sessions.csv"],
      ["Every answer", "answers.csv"],
      ["Usage by day, and sessions", "usage.json"],
    ] as const) {
      await workbench().pickFrom("OpenCode: Export Usage…", form);
      await workbench().pick("All");
      const file = path.join(exportsFolder(), name);
      await workbench().saveAs(file);
      await poll(name, () => Promise.resolve(existsSync(file) || undefined));
    }
    assert.deepEqual(await leaks(), []);
  });

  it("are in a backup only as far as it is one", async () => {
    await workbench().chooseFromRowMenu(/^Leave nothing behind/, "Delete Session…");
    await workbench().answerDialog("Back Up and Delete");
    await workbench().page.getByText("Where should the backup go?").waitFor();
    // The dialog overwrites its own field until it has read the initial folder.
    await workbench().quickPickRow("src").waitFor();
    const folder = path.join(exportsFolder(), "backup");
    mkdirSync(folder);
    await workbench().quickInput.fill(`${folder}/`);
    await poll("the folder's content", async () =>
      (await workbench().quickPickRows()).join() === ".." ? true : undefined,
    );
    await workbench().quickInput.press("Enter");
    await workbench().toasted(/Deleted 1 session\. The backup is in/);
    await workbench().runCommand("OpenCode: Back Up Database…");
    await workbench().saveAs(path.join(exportsFolder(), "opencode.db"));
    await workbench().toasted(/^Backed up/);
    assert.deepEqual(await leaks(), []);
  });

  it("go to no other server, also when theirs redirects there", async () => {
    const location = `${stranger.url}/session?from=redirect`;
    vault.inject(({ path }) =>
      path.startsWith("/session")
        ? { kind: "answer", status: 307, headers: { location } }
        : undefined,
    );
    await workbench().changeSettings({
      "opencodeSessions.servers": [vault, stranger].map(({ url }) => ({ url })),
    });
    await poll("the other server to be asked", () =>
      Promise.resolve(stranger.requests.length > 0 || undefined),
    );
    const before = vault.requests.length;
    await workbench().runCommand("OpenCode: Refresh Sessions");
    await poll("a redirect", () =>
      Promise.resolve(
        vault.requests.slice(before).some(({ path }) => path.startsWith("/session")) || undefined,
      ),
    );
    await workbench().runCommand("OpenCode: Run Health Check");
    assert.deepEqual(
      stranger.requests.filter(({ path }) => path.includes("redirect")),
      [],
    );
    assert.deepEqual(await leaks(), []);
  });

  it("are in no place that is allowed without need", () => {
    assert.deepEqual(canaries.unusedAllowances(), []);
  });
});
