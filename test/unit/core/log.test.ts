import assert from "node:assert/strict";

import { MAX_LOG_CHARACTERS, redacted } from "../../../src/core/log.ts";

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
