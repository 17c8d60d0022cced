import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { poll } from "../support/opencode/client.ts";
import { type OpenCodeServer, startOpenCode } from "../support/opencode/opencodeServer.ts";
import {
  filesBelow,
  formsOf,
  isStartedBy,
  occurrencesBelow,
  processesWith,
} from "../support/secrets.ts";
import { useWorkbench } from "../support/vscode/workbench.ts";

const PASSWORD = "canary-PASSWORD-7f3a9c";
const PROMPT = "canary-PROMPT-51be02";
const ANSWER = "canary-ANSWER-93d410";

const SECRETS = formsOf(PASSWORD);

describe("a password and a prompt that must not be written down, in a real VS Code", () => {
  let server: OpenCodeServer;

  before(async function () {
    server = await startOpenCode({ password: PASSWORD });
    const { id } = await server.client.createSession({ title: "Keep the secret" });
    await server.client.prompt(id, `${PROMPT}\nDO context 20000 ;; say "${ANSWER}"`);
    await server.client.prompt(id, `${PROMPT}\nDO say 10`);
  });
  after(async () => {
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.servers": [{ url: server.url, name: "Vault" }],
      "opencodeSessions.localDiscovery.enabled": false,
    },
  }));

  it("pass through every part of the extension", async function () {
    const row = /^Keep the secret/;
    await workbench().openSideBar();
    const welcome = workbench().page.locator(".welcome-view-content:visible");
    await welcome.getByRole("button", { name: "Enter Password…" }).click();
    await workbench().answer(`${PASSWORD} that is wrong`);
    await workbench().page.getByText(`${server.url} rejected the password`).waitFor();
    await workbench().answer(PASSWORD);
    await workbench().treeRow(row).waitFor();
    await workbench().chooseFromRowMenu(row, ["Open", "Open Conversation"]);
    await workbench().webview().getByText(PROMPT).first().waitFor();
    await workbench().chooseFromRowMenu(row, "Compact Session…");
    await workbench().answerDialog("Compact");
    await workbench().toasted(/Compacted/);
    await workbench().chooseFromRowMenu(row, "Show Token Breakdown");
    await workbench().webview().locator("canvas:visible").first().waitFor();
    await workbench().runCommand("OpenCode: Open Usage");
    await workbench().tab(/Usage/).waitFor();
    await workbench().pickFrom("OpenCode: Export Usage…", "Every answer");
    await workbench().pick("All");
    const exported = path.join(workbench().server.baseDir, "answers.csv");
    await workbench().saveAs(exported);
    await poll("the export", () => Promise.resolve(existsSync(exported) || undefined));
    // A failure with a reason, and a server that is lost and comes back.
    await server.restart();
    await workbench().runCommand("OpenCode: Refresh Sessions");
    await workbench().treeRow(row).waitFor();
  });

  it("are in no VS Code file: settings, storage, ledger, logs, exports", () => {
    const root = workbench().server.baseDir;
    const files = filesBelow(root);
    assert.ok(
      files.some((file) => file.includes("globalStorage")),
      "storage is looked at",
    );
    assert.ok(
      files.some((file) => file.endsWith(".log")),
      "logs are looked at",
    );
    // The ledger stores titles: if this one is found, the search would find the others too.
    const titled = files.filter((file) => readFileSync(file).includes("Keep the secret"));
    assert.ok(
      titled.some((file) => file.includes("globalStorage")),
      titled.join("\n"),
    );
    assert.deepEqual(occurrencesBelow(root, [...SECRETS, PROMPT, ANSWER]), []);
  });

  it("are on no command line, and the password is in no environment but the server's", () => {
    const { lines, environmentPids } = processesWith(SECRETS);
    assert.deepEqual(lines, []);
    // Programs that the server starts, such as git, inherit its environment.
    const others = environmentPids.filter((pid) => !isStartedBy(pid, server.pid()!));
    assert.deepEqual(others, [server.pid()]);
  });

  it("are in no message, and the password is in no address that the server logged", () => {
    const logs = filesBelow(server.sandbox.root).filter((file) => file.endsWith(".log"));
    assert.ok(logs.length > 0);
    const logged = occurrencesBelow(server.sandbox.root, SECRETS).filter((found) =>
      /\.log: /.test(found),
    );
    assert.deepEqual(logged, []);
    assert.deepEqual(workbench().pageErrors, []);
  });
});
