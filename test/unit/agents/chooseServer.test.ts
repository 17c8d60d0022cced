import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ChosenServer } from "../../../src/agents/chooseServer.ts";

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

  it("is sent no password over plain HTTP to another machine", async () => {
    for (const name of ["OPENCODE_SESSIONS_PASSWORD", "OPENCODE_SERVER_PASSWORD"]) {
      const { message } = await read({ [name]: PASSWORD });
      assert.match(message, /is on another machine and not encrypted: the password is not sent/);
      assert.ok(!message.includes(PASSWORD));
    }
    assert.deepEqual(authorizations, []);
  });

  it("is sent a password over plain HTTP on request, with a warning to the user", async () => {
    const environment = { OPENCODE_SESSIONS_PASSWORD: PASSWORD, OPENCODE_SESSIONS_PLAIN_HTTP: "1" };
    const { notes } = await read(environment);
    assert.match(notes.join("\n"), /is not encrypted: the password can be read in transit/);
    assert.ok(authorizations.some((header) => header?.startsWith("Basic ") === true));
  });

  it("is queried without a warning when there is no password", async () => {
    const { message, notes } = await read({});
    assert.doesNotMatch(message, /encrypted/);
    assert.deepEqual(notes, []);
    assert.ok(authorizations.length > 0);
  });
});
