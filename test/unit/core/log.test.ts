import assert from "node:assert/strict";

import { ServerError } from "../../../src/core/errors.ts";
import { loggable, MAX_LOG_CHARACTERS, redacted } from "../../../src/core/log.ts";
import { errorOfHead } from "../../../src/server/http.ts";
import { errorOfStatus } from "../../../src/sources/kubernetes/kubeErrors.ts";

describe("redacted", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["GET http://opencode:hunter2@127.0.0.1:4096/session", "hunter2"],
    ["http://127.0.0.1:4096/global/event?auth_token=b3BlbmNvZGU6aHVudGVyMg==&x=1", "b3BlbmNvZGU6"],
    ["authorization: Basic b3BlbmNvZGU6aHVudGVyMg==", "b3BlbmNvZGU6"],
    ['{"Authorization":"Bearer abc.def-ghi"}', "abc.def"],
    ["spawned with OPENCODE_SERVER_PASSWORD=hunter2 opencode serve", "hunter2"],
    ["attached with OPENCODE_PASSWORD=hunter2 opencode --session ses_1", "hunter2"],
    ['{"password": "hunter2", "user": "me"}', "hunter2"],
  ];
  for (const [message, secret] of cases) {
    it(`hides the secret of ${message.slice(0, 30)}…`, () => {
      assert.ok(!redacted(message).includes(secret), redacted(message));
    });
  }

  it("keeps what helps diagnose a problem", () => {
    const message = "http://10.0.0.2:4096: timeout after 5000 ms (ses_e022f49afffe0lkDjY1V6ZObUu)";
    assert.equal(redacted(message), message);
  });

  it("is one line of bounded length", () => {
    const text = redacted(`first\nsecond\r\n${"x".repeat(5000)}`);
    assert.match(text, /^first second x/);
    assert.equal(text.length, MAX_LOG_CHARACTERS + 1);
  });
});

describe("what a log may have of an error", () => {
  const PROMPT = "Fix the secret plan";
  const head = { status: 400, header: () => undefined };

  it("leaves out what a server said, which may quote a prompt, but a person reads it", () => {
    for (const [body, error] of [
      ["{message}", errorOfHead(head, { message: `no command in “${PROMPT}”` })],
      ["{data{message}}", errorOfHead(head, { data: { message: `invalid: ${PROMPT}` } })],
      ["a Status", errorOfStatus(422, { message: `spec.description: Invalid value: ${PROMPT}` })],
    ] as const) {
      assert.ok(error?.message.includes(PROMPT), body);
      assert.match(loggable(error), /^rejected, .*rejected the request \(4\d\d\)$/, body);
    }
  });

  it("names any other error by its class and place, without its message", () => {
    const text = loggable(new SyntaxError(`Unexpected token in ${PROMPT}`));
    assert.match(text, /^SyntaxError at .*log\.test\.ts/);
    assert.ok(!text.includes(PROMPT));
    const missing = Object.assign(new Error(PROMPT), { code: "ENOENT" });
    assert.match(loggable(missing), /^Error ENOENT at /);
    assert.equal(loggable(new ServerError("timeout", "too slow")), "timeout, too slow");
  });
});
