import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ownUsage } from "../../../src/core/state/selectors.ts";
import { readLargeList } from "../../../src/server/largeAnswer.ts";
import { endpointOf, startPool } from "../../support/opencode/pool.ts";
import { waitMs } from "../../support/patience.mjs";

/** Runs a small HTTP server during a test. */
async function serving(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  run: (url: string) => Promise<void>,
): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  try {
    await run(`http://127.0.0.1:${String(port)}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const page = (response: ServerResponse): void => {
  response.setHeader("content-type", "text/html; charset=utf-8").end("<html></html>");
};
const json = (response: ServerResponse, body: unknown): void => {
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
};

describe("a server that predates totals and the list across projects", () => {
  const row = (id: string, directory: string) => ({
    id,
    directory,
    projectID: "p",
    title: id,
    time: { created: 1, updated: 2 },
  });
  const assistant = (id: string, cost: number, input: number) => ({
    info: {
      id,
      role: "assistant",
      providerID: "acme",
      modelID: "m",
      cost,
      tokens: { input, output: 1, reasoning: 0, cache: { read: 0, write: 0 } },
      time: { created: 1, completed: 2 },
    },
    parts: [],
  });

  it("is listed project by project, with its messages summed up", async () => {
    const asked: string[] = [];
    await serving(
      (request, response) => {
        const url = new URL(request.url ?? "/", "http://localhost");
        asked.push(url.pathname);
        switch (url.pathname) {
          case "/global/health":
            json(response, { healthy: true, version: "1.14.40" });
            return;
          case "/global/event": {
            response.setHeader("content-type", "text/event-stream");
            const event = { payload: { type: "server.connected", properties: {} } };
            response.write(`data: ${JSON.stringify(event)}\n\n`);
            return;
          }
          case "/project":
            json(response, [{ id: "p", worktree: "/code/app" }]);
            return;
          case "/session": {
            const directory = url.searchParams.get("directory");
            json(response, directory === null ? [] : [row("ses_a", directory)]);
            return;
          }
          case "/session/ses_a/message":
            json(response, [assistant("m1", 0.25, 100), assistant("m2", 0.5, 50)]);
            return;
          default:
            page(response);
        }
      },
      async (url) => {
        const pool = startPool([endpointOf(url)]);
        try {
          const ref = { serverID: url, sessionID: "ses_a" };
          await pool.until(
            (state) => ownUsage(state, ref).usage.recordedUSD === 0.75 || undefined,
            "the sum of the messages",
          );
          assert.equal(ownUsage(pool.store.state, ref).usage.tokens.input, 150);
        } finally {
          await pool.stop();
        }
        assert.ok(asked.includes("/session"));
      },
    );
  });
});

describe("a server that is not OpenCode", () => {
  it("is recognised by its web page, and never listed", async () => {
    await serving(
      (_request, response) => {
        page(response);
      },
      async (url) => {
        const pool = startPool([endpointOf(url)]);
        try {
          const lost = await pool.until((state) => {
            const connection = state.servers.get(url)?.connection;
            return connection?.kind === "lost" ? connection : undefined;
          }, "the refusal");
          assert.equal(lost.reason, "unsupported");
          assert.match(lost.message, /not an OpenCode server/);
        } finally {
          await pool.stop();
        }
      },
    );
  });
});

describe("a large response", () => {
  const access = (url: string) => ({ url, username: "opencode", password: "secret" });
  const read = (url: string, timeoutMs = waitMs) =>
    readLargeList(access(url), "/list", (item) => item, timeoutMs, undefined);

  it("is read completely, in any script, with the password", async () => {
    const body = Array.from({ length: 20_000 }, (_, index) => ({ index, title: "größe 🙂" }));
    await serving(
      (request, response) => {
        assert.match(request.headers.authorization ?? "", /^Basic /);
        json(response, body);
      },
      async (url) => {
        const answer = await read(url);
        assert.ok(answer.ok);
        assert.deepEqual(answer.value, body);
      },
    );
  });

  it("is the same when read in pieces, even if its texts and lists look like the end of an item", async () => {
    const hard = '"},{"id":"\\';
    for (const title of ["plain", hard, hard.repeat(30_000)]) {
      const body = Array.from({ length: 3_000 }, (_, id) => ({
        id: String(id),
        title: id % 100 === 7 ? title.slice(0, 400_000 / (1 + (id % 3))) : "x".repeat(200),
        parts: id % 5 === 0 ? [{ id: "a" }, { id: "b" }] : [],
      }));
      await serving(
        (_request, response) => {
          json(response, body);
        },
        async (url) => {
          const answer = await read(url);
          assert.ok(answer.ok);
          assert.deepEqual(answer.value, body);
        },
      );
    }
  });

  it("is not a list if its pieces are parts of an object", async () => {
    const items = Array.from({ length: 20_000 }, (_, id) => ({ id: String(id), title: "a title" }));
    await serving(
      (_request, response) => {
        json(response, { items });
      },
      async (url) => {
        assert.deepEqual(await read(url), { ok: true, value: undefined });
      },
    );
  });

  it("fails with a reason", async () => {
    const reasons: [(response: ServerResponse) => void, string, number?][] = [
      [page, "unsupported"],
      [(response) => response.writeHead(401).end(), "unauthorized"],
      [
        (response) => response.setHeader("content-type", "application/json").end("{"),
        "invalidResponse",
      ],
      [(response) => response.destroy(), "unreachable"],
      [(response) => response.setHeader("content-length", "100").write("[1,"), "timeout", 1_000],
    ];
    for (const [answer, reason, timeoutMs] of reasons) {
      await serving(
        (_request, response) => {
          answer(response);
        },
        async (url) => {
          const result = await read(url, timeoutMs);
          assert.equal(result.ok ? "ok" : result.error.reason, reason);
        },
      );
    }
    const nobody = await read("http://127.0.0.1:9");
    assert.ok(!nobody.ok && nobody.error.reason === "unreachable");
  });
});
