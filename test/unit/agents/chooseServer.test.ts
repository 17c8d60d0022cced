import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { ChosenServer } from "../../../src/agents/chooseServer.ts";
import { ok } from "../../../src/core/result.ts";

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
});
