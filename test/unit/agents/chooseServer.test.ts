import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { ChosenServer } from "../../../src/agents/chooseServer.ts";
import { ok } from "../../../src/core/result.ts";
import { until } from "../../support/until.ts";

const PASSWORD = "a secret of the tests";

describe("the server a program reads from", () => {
  let url: string;
  let stop: () => Promise<void>;
  let authorizations: (string | undefined)[];

  beforeEach(async () => {
    authorizations = [];
    const server = createServer((request, response) => {
      authorizations.push(request.headers.authorization);
      response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    // Reaches this machine, but is not one of the addresses known to.
    url = `http://0.0.0.0:${String((server.address() as AddressInfo).port)}`;
    stop = () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      });
  });
  afterEach(() => stop());

  const read = async (environment: Readonly<Record<string, string>>) => {
    const notes: string[] = [];
    const note = (message: string): void => void notes.push(message);
    const answer = await new ChosenServer({ url, environment, note }).read();
    assert.ok(!answer.ok);
    return { message: answer.error.message, notes };
  };

  it("is sent nothing over plain HTTP to another machine, with or without a password", async () => {
    for (const name of ["NO_PASSWORD", "OPENCODE_SESSIONS_PASSWORD", "OPENCODE_SERVER_PASSWORD"]) {
      const { message } = await read({ [name]: PASSWORD });
      assert.match(message, /is on another machine and not encrypted: nothing is sent/);
      assert.ok(!message.includes(PASSWORD));
    }
    assert.deepEqual(authorizations, []);
  });

  it("is contacted over plain HTTP on request, with a warning to the user", async () => {
    const environment = { OPENCODE_SESSIONS_PASSWORD: PASSWORD, OPENCODE_SESSIONS_PLAIN_HTTP: "1" };
    const { notes } = await read(environment);
    assert.match(notes.join("\n"), /is not encrypted: others on the network can read the password/);
    assert.ok(authorizations.some((header) => header?.startsWith("Basic ") === true));
  });

  it("gets the environment's password only if it is this user's OpenCode", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "state-"));
    const here = url.replace("0.0.0.0", "127.0.0.1");
    const port = Number(new URL(url).port);
    // A process that says it listens there, though the system doesn't show that it does.
    const command = { listens: true, port, hostname: undefined };
    const claimant = { pid: 4711, command, directory: undefined, listening: [] };
    try {
      for (const parent of ["", "4711"]) {
        for (const processes of [[], [claimant]]) {
          const environment = {
            XDG_STATE_HOME: folder,
            OPENCODE_SESSIONS_PASSWORD: PASSWORD,
            OPENCODE_PID: parent,
          };
          const answer = await new ChosenServer({
            url: undefined,
            environment,
            note: () => undefined,
            list: () => Promise.resolve(ok(processes)),
            defaultURL: here,
          }).read();
          assert.ok(!answer.ok);
        }
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
    assert.ok(authorizations.length > 0);
    assert.deepEqual(
      authorizations.filter((header) => header !== undefined),
      [],
    );
  });

  it("gets its password only as long as it is the process that was found", async () => {
    const folder = mkdtempSync(path.join(tmpdir(), "state-"));
    const heard: string[] = [];
    const own = createServer((request, response) => {
      heard.push(request.headers.authorization ?? "none");
      const isHealth = request.url === "/global/health";
      response.writeHead(isHealth || request.url?.startsWith("/experimental/session") ? 200 : 404, {
        "content-type": "application/json",
      });
      response.end(isHealth ? '{"healthy":true,"version":"1.18.33"}' : "[]");
    });
    await new Promise<void>((resolve) => own.listen(0, "127.0.0.1", resolve));
    const { port } = own.address() as AddressInfo;
    const found = {
      pid: process.pid,
      command: { listens: true, port, hostname: undefined },
      directory: undefined,
      listening: [{ address: "127.0.0.1", port }],
    };
    let processes = [found];
    const server = new ChosenServer({
      url: undefined,
      environment: { XDG_STATE_HOME: folder, OPENCODE_SESSIONS_PASSWORD: PASSWORD },
      note: () => undefined,
      list: () => Promise.resolve(ok(processes)),
      defaultURL: url.replace("0.0.0.0", "127.0.0.1"),
    });
    for (let times = 0; times < 2; times++) {
      heard.length = 0;
      assert.ok((await server.read()).ok);
      assert.ok(heard.some((header) => header.startsWith("Basic ")));
    }
    processes = [];
    own.closeAllConnections();
    await new Promise((resolve) => own.close(resolve));
    // Another program takes the port.
    const stranger = spawn(
      process.execPath,
      [
        "-e",
        `require("http").createServer((request, response) => {
          console.log("heard", request.headers.authorization ?? "none");
          response.writeHead(200, { "content-type": "application/json" });
          response.end('{"healthy":true,"version":"1.18.33"}');
        }).listen(${String(port)}, "127.0.0.1", () => console.log("listens"));`,
      ],
      { stdio: ["ignore", "pipe", "inherit"], detached: true },
    );
    try {
      let said = "";
      stranger.stdout.on("data", (chunk: Buffer) => (said += chunk.toString()));
      await until("a stranger to listen", () => said.includes("listens"));
      await server.read();
      assert.ok(!said.includes("Basic"), said);
    } finally {
      stranger.kill();
      rmSync(folder, { recursive: true });
    }
  });
});
