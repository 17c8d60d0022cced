import assert from "node:assert/strict";

import { createV2Gateway } from "../../../../src/server/v2/v2Gateway.ts";
import { chooseRoutes, type Routes } from "../../../../src/server/v2/routes.ts";
import { CompactionWaits } from "../../../../src/server/v2/compactionWaits.ts";
import { Inbox } from "../../../../src/server/v2/inbox.ts";
import { aSession } from "../../../support/seed/builders.ts";

const FILE = { filename: "a.md", mime: "text/plain", url: "file:///code/a.md" };

/** The requests sent to a version 2 server. */
function told(routes: Partial<Routes> = {}) {
  const calls: (readonly [path: string, body: unknown])[] = [];
  const send: typeof fetch = (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    const body = typeof init?.body === "string" ? init.body : "null";
    calls.push([pathname.replace("/api/session/ses_1", ""), JSON.parse(body)]);
    return Promise.resolve(Response.json({ data: { id: "msg_1" } }));
  };
  const access = { url: "http://127.0.0.1:1", username: "u", password: undefined, fetch: send };
  const gateway = createV2Gateway(
    "s",
    access,
    { ...chooseRoutes(undefined), ...routes },
    { inbox: new Inbox(), compactions: new CompactionWaits(), positions: new Map() },
  );
  return { gateway, calls };
}

describe("a prompt to an OpenCode 2 server", () => {
  const session = aSession({ id: "ses_1", agent: "build" });

  it("carries its files and mentioned agents, after its own agent is selected", async () => {
    const { gateway, calls } = told();
    const answer = await gateway.prompt(session, {
      text: "Read",
      agent: "plan",
      files: [FILE],
      mentions: ["general"],
    });
    assert.ok(answer.ok);
    assert.deepEqual(calls, [
      ["/agent", { agent: "plan" }],
      [
        "/prompt",
        {
          text: "Read",
          files: [{ uri: FILE.url, name: "a.md" }],
          agents: [{ name: "general" }],
        },
      ],
    ]);
  });

  it("is not sent without its files if the server accepts none", async () => {
    const { gateway, calls } = told({ takesFiles: false });
    const prompt = await gateway.prompt(session, { text: "Read", agent: "plan", files: [FILE] });
    const command = await gateway.runCommand(session, "review", { text: "", files: [FILE] });
    for (const answer of [prompt, command]) {
      assert.ok(!answer.ok);
      assert.match(
        answer.error.message,
        /^OpenCode 2 cannot accept files with a (prompt|command)$/,
      );
    }
    assert.deepEqual(calls, []);
  });
});
