import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { poll } from "../support/opencode/client.ts";
import {
  freePort,
  opencodeProgram,
  type OpenCodeServer,
  startOpenCode,
} from "../support/opencode/opencodeServer.ts";
import { quiet } from "../support/patience.mjs";
import { useWorkbench } from "../support/vscode/workbench.ts";

const PASSWORD = "open sesame, dear";
const NO_SERVER = "No OpenCode server is running on this machine.";

describe("servers, in a real VS Code", () => {
  let server: OpenCodeServer;
  /** Serves the same database as `server`. */
  let twin: OpenCodeServer;
  let locked: OpenCodeServer;
  let site: Server;
  let refusedURL: string;

  before(async function () {
    server = await startOpenCode();
    const { sandbox } = server;
    twin = await startOpenCode({ sandbox, projects: [] });
    locked = await startOpenCode({
      password: PASSWORD,
      projects: ["vault"],
    });
    const { id } = await server.client.createSession({ title: "Count the stars" });
    await server.client.prompt(id, "Count the stars\nDO say 20");
    await locked.client.createSession({ title: "Behind the door" });
    refusedURL = `http://127.0.0.1:${String(await freePort())}`;
    site = createServer((_request, response) => {
      response.setHeader("content-type", "text/html").end("<html>hello</html>");
    });
    await new Promise<void>((resolve) => site.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    site.closeAllConnections();
    site.close();
    await locked.stop();
    await twin.stop();
    await server.stop();
  });

  const workbench = useWorkbench(() => ({
    folder: server.directories[0]!,
    settings: {
      "opencodeSessions.localDiscovery.enabled": false,
      "opencodeSessions.opencodePath": opencodeProgram(server.sandbox.root),
      "opencodeSessions.followInTui": "never",
    },
  }));

  const welcome = async (text: string): Promise<void> => {
    await workbench().page.locator(".welcome-view-content:visible", { hasText: text }).waitFor();
  };
  const press = async (button: string): Promise<void> => {
    await workbench()
      .page.locator(".welcome-view-content:visible")
      .getByRole("button", { name: button })
      .click();
  };
  const useServers = async (
    ...servers: readonly { readonly url: string; readonly name: string }[]
  ): Promise<void> => {
    await workbench().changeSettings({ "opencodeSessions.servers": servers });
  };
  const description = async (name: RegExp): Promise<string> =>
    (await workbench().treeRow(name).locator(".label-description").textContent()) ?? "";
  const untilSo = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
    await poll(what, async () => ((await isSo()) ? true : undefined));
  };
  /** Waits for the problem that an input box shows below it. */
  const problem = (text: string): Promise<void> =>
    workbench().page.locator(".quick-input-message:visible", { hasText: text }).waitFor();

  it("can be started from an empty view, and stopped", async function () {
    await workbench().openSideBar();
    await welcome(NO_SERVER);
    await press("Start a Private Server");
    await welcome("There are no sessions yet.");
    const isOurs = ({ line, environment }: RunningProgram): boolean =>
      line.includes("serve") && environment.includes(workbench().server.baseDir);
    const managed = allProcesses().find(isOurs);
    assert.ok(managed !== undefined, "no program serves");
    const { line, environment } = managed;
    assert.ok(!line.join(" ").includes("password"), line.join(" "));
    assert.match(environment, /OPENCODE_SERVER_PASSWORD=.{20}/);
    await workbench()
      .statusBarItem(/OpenCode/)
      .waitFor();
    await workbench().runCommand("OpenCode: Stop Private Server");
    await welcome(NO_SERVER);
    await untilSo("its process is gone", () => !allProcesses().some(isOurs));
    await untilSo(
      "the status bar shows nothing",
      async () =>
        (await workbench()
          .page.locator(".statusbar-item:visible", { hasText: /OpenCode|\$\d/ })
          .count()) === 0,
    );
  });

  it("are rejected with an invalid address, and kept without an answer only when confirmed", async () => {
    await workbench().runCommand("OpenCode: Add Server…");
    await workbench().quickInput.fill("ftp://somewhere");
    await problem("This is not an http or https address.");
    await workbench().quickInput.fill("http://me:secret@127.0.0.1");
    await problem("Leave out the user name and password");
    await workbench().answer(refusedURL);
    await workbench().dialog.waitFor();
    assert.match(await workbench().dialog.innerText(), /does not answer:/);
    await workbench().answerDialog("Cancel");
    await welcome(NO_SERVER);

    await workbench().answerTo("OpenCode: Add Server…", refusedURL);
    await workbench().answerDialog("Keep It Anyway");
    await workbench().answer("Not there yet");
    await welcome("The OpenCode server cannot be reached.");
    await workbench().runCommand("OpenCode: Remove Server…");
    await workbench().answerDialog("Remove");
    await welcome(NO_SERVER);
  });

  it("are refused if they are not OpenCode servers", async () => {
    const { port } = site.address() as AddressInfo;
    await workbench().answerTo("OpenCode: Add Server…", `127.0.0.1:${String(port)}`);
    const toast = workbench().toast(/Add Server failed: .*not an OpenCode server/);
    await toast.waitFor();
    await toast.getByRole("button", { name: "Show Log" }).waitFor();
    await workbench().runCommand("Notifications: Clear All Notifications");

    await useServers({ url: `http://127.0.0.1:${String(port)}`, name: "A web site" });
    await welcome("Something answers at this address, but it isn't an OpenCode server.");
    await useServers();
    await welcome(NO_SERVER);
  });

  it("ask for a password once, say when it is wrong, and keep it", async function () {
    await useServers({ url: locked.url, name: "Vault" });
    await welcome("The OpenCode server requires a password.");
    await press("Enter Password…");
    await workbench().answer("a wrong one");
    await workbench().page.getByText(`${locked.url} rejected the password`).waitFor();
    await workbench().answer(PASSWORD);
    await workbench()
      .treeRow(/^Behind the door/)
      .waitFor();
    await useServers();
    await welcome(NO_SERVER);
    await useServers({ url: locked.url, name: "Vault" });
    await workbench()
      .treeRow(/^Behind the door/)
      .waitFor();
    assert.equal(await workbench().quickInput.isVisible(), false, "nothing is asked again");
  });

  it("pass the password to a terminal in its environment, never on a command line", async () => {
    await workbench().chooseFromRowMenu(/^Behind the door/, ["Open", "Open Session in Terminal"]);
    await untilSo("the terminal's program runs", () => {
      const found = findProcess("attach", locked.url);
      return found?.environment.includes(`OPENCODE_SERVER_PASSWORD=${PASSWORD}`) ?? false;
    });
    const shown = allProcesses().filter(({ line }) => line.join(" ").includes(PASSWORD));
    assert.deepEqual(shown, []);
    await workbench().runCommand("Terminal: Kill All Terminals");
  });

  it("show their sessions only once when two of them share a database", async () => {
    await useServers({ url: server.url, name: "First" }, { url: twin.url, name: "Second" });
    await workbench()
      .treeRow(/^Server First, connected, 1 session$/)
      .waitFor();
    await workbench()
      .treeRow(/^Server Second, connected, same sessions as another server$/)
      .waitFor();
    const labels = (await workbench().treeRows()).map(({ label }) => label);
    assert.deepEqual(labels, ["First", "Count the stars", "Second"]);
  });

  it("each show their own sessions", async () => {
    await useServers({ url: server.url, name: "First" }, { url: locked.url, name: "Vault" });
    await workbench()
      .treeRow(/^Behind the door/)
      .waitFor();
    const rows = (await workbench().treeRows()).map(
      ({ level, label }) => `${String(level)} ${label}`,
    );
    assert.deepEqual(rows, ["1 First", "2 Count the stars", "1 Vault", "2 Behind the door"]);
  });

  it("grey out their rows when lost, and restore them automatically", async function () {
    const row = /^Count the stars/;
    await workbench().clickRow(row);
    const before = await description(row);
    const colour = async (name: RegExp): Promise<string> =>
      workbench()
        .treeRow(name)
        .locator(".label-name")
        .evaluate((element) => getComputedStyle(element).color);
    const lively = await colour(row);
    await server.kill("SIGKILL");
    await workbench()
      .treeRow(/^Server First, connection lost/)
      .waitFor();
    await untilSo("the row is stale", async () => (await description(row)).includes("stale"));
    const figures = /\$[\d.]+/.exec(before)![0];
    assert.ok((await description(row)).includes(figures), "the last known figures stay");
    await workbench().page.mouse.move(700, 400);
    await workbench().clickRow(/^Behind the door/);
    assert.notEqual(await colour(row), lively, "the row is greyed");
    await workbench().clickRow(row);
    await workbench().statusBarItem("stale").waitFor();

    await server.restart();
    await workbench()
      .treeRow(/^Server First, connected/)
      .waitFor();
    await untilSo("the row is fresh", async () => !(await description(row)).includes("stale"));
    await workbench().statusBarItem("stale").waitFor({ state: "detached" });
  });

  it("keep a problem in the settings muted across a window reload", async () => {
    const wrong = /tree\.titleLength” must be a whole number/;
    await workbench().changeSettings({ "opencodeSessions.tree.titleLength": -1 });
    await workbench().clickToast(wrong, "Don't Show Again");
    await workbench().reload();
    await workbench().statusBarItem(/\$\d/).waitFor();
    await quiet(4_000);
    assert.deepEqual(
      (await workbench().toasts()).filter((text) => wrong.test(text)),
      [],
    );
    await workbench().changeSettings({ "opencodeSessions.tree.titleLength": undefined });
  });

  it("log no password, and throw nothing", () => {
    const log = workbench().readLogs();
    assert.match(log, /Vault: life \d+ connected to OpenCode/);
    assert.ok(!log.includes(PASSWORD));
    assert.doesNotMatch(log, /unhandled|\[error\].*opencode-sessions/i);
    assert.deepEqual(workbench().pageErrors, []);
    assert.deepEqual(workbench().outsideRequests, []);
  });
});

interface RunningProgram {
  readonly line: readonly string[];
  readonly environment: string;
}

/** A running program with all of these among its arguments. */
function findProcess(...wanted: readonly string[]): RunningProgram | undefined {
  return allProcesses().find(({ line }) => wanted.every((each) => line.includes(each)));
}

function allProcesses(): RunningProgram[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const read = (file: string): string[] =>
          readFileSync(`/proc/${pid}/${file}`, "utf8").split("\0").slice(0, -1);
        return [{ line: read("cmdline"), environment: read("environ").join("\n") }];
      } catch {
        return []; // the process has ended
      }
    });
}
