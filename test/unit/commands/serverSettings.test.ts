import assert from "node:assert/strict";

import {
  findServer,
  withoutServer,
  withServer,
  withServerReplaced,
} from "../../../src/commands/server/serverSettings.ts";

const NOT_OURS = "a comment somebody left here";
const LIST = [
  { url: "http://127.0.0.1:4096/", name: " local " },
  NOT_OURS,
  { url: "https://agents.example", username: "me", extra: 1 },
];

describe("the servers setting", () => {
  it("finds an entry and its texts by its normalised URL", () => {
    assert.deepEqual(findServer(LIST, "http://127.0.0.1:4096"), {
      url: "http://127.0.0.1:4096",
      name: "local",
      username: "",
      directory: "",
    });
    assert.equal(findServer(LIST, "http://127.0.0.1:4097"), undefined);
  });

  it("adds an entry without its empty fields", () => {
    const added = withServer(LIST, { url: "http://10.0.0.2:1", name: "", username: "me" });
    assert.deepEqual(added, [...LIST, { url: "http://10.0.0.2:1", username: "me" }]);
  });

  it("replaces an entry in place, and keeps entries it cannot read", () => {
    const url = "https://agents.example";
    const replaced = withServerReplaced(LIST, url, { url: "https://b.example", directory: "/b" });
    assert.deepEqual(replaced, [LIST[0], NOT_OURS, { url: "https://b.example", directory: "/b" }]);
  });

  it("removes an entry, and keeps entries it cannot read", () => {
    assert.deepEqual(withoutServer(LIST, "http://127.0.0.1:4096"), [NOT_OURS, LIST[2]]);
  });
});
