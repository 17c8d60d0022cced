import assert from "node:assert/strict";

import {
  isPasswordFor,
  isReadableInTransit,
  originOf,
  passwordKey,
  refusalToSend,
} from "../../../src/core/credentialPolicy.ts";
import type { Endpoint } from "../../../src/core/state/endpoint.ts";

const NONE: ReadonlySet<string> = new Set();

describe("the destination of sessions and passwords", () => {
  it("may be this machine, or anywhere over https", () => {
    for (const url of [
      "http://127.0.0.1:4096",
      "http://localhost:4096",
      "http://[::1]:4096",
      "https://box.example/opencode",
    ]) {
      assert.equal(refusalToSend({ url }, NONE), undefined, url);
    }
  });

  it("may be another machine over plain HTTP only if the user allowed that exact origin", () => {
    const allowed = new Set(["http://box.example:4096"]);
    assert.equal(refusalToSend({ url: "http://box.example:4096/base" }, allowed), undefined);
    for (const url of [
      "http://box.example:4097",
      "http://box.example",
      "http://127.0.0.1.box.example:4096",
      "http://localhost.example:4096",
      "http://10.0.0.1:4096",
      "no address",
    ]) {
      assert.equal(refusalToSend({ url }, allowed)?.reason, "unencrypted", url);
      assert.ok(isReadableInTransit({ url }));
    }
  });

  it("may be an agent through a tunnel, whose traffic the cluster encrypts", () => {
    const url = "http://coder.dev.0123.kubernetes.invalid";
    assert.equal(refusalToSend({ url, isTunnel: true }, NONE), undefined);
    assert.equal(refusalToSend({ url }, NONE)?.reason, "unencrypted");
  });

  it("has a normalised origin, however its URL is written", () => {
    assert.equal(originOf("HTTP://Box.Example:80/base/"), "http://box.example");
    assert.equal(originOf("box"), undefined);
  });
});

describe("a password", () => {
  const agent: Endpoint = {
    serverID: "kubernetes:prod/dev/coder",
    url: "https://elsewhere.example",
    name: "coder",
    origin: "kubernetes",
    username: "opencode",
    directory: undefined,
    pid: undefined,
  };

  it("is bound to an address, so that an agent whose status names another one does not get it", () => {
    const tunnelled = { ...agent, url: "http://127.0.0.1:1", isTunnel: true };
    assert.equal(passwordKey(tunnelled), passwordKey({ ...tunnelled, url: "http://127.0.0.1:2" }));
    assert.notEqual(passwordKey(agent), passwordKey(tunnelled));
    assert.notEqual(
      passwordKey({ ...agent, url: "http://127.0.0.1:1" }),
      passwordKey(tunnelled),
      "an address of this machine in the agent's status is no tunnel",
    );
    assert.notEqual(passwordKey(agent), passwordKey({ ...agent, url: "https://evil.example" }));
  });

  it("is used only for the exact address and user it was stored for", () => {
    const known = { url: "http://127.0.0.1:4096", username: "opencode" };
    assert.ok(isPasswordFor(known, { ...known }));
    assert.ok(!isPasswordFor(known, { ...known, url: "http://localhost:4096" }));
    assert.ok(!isPasswordFor(known, { ...known, username: "ann" }));
  });
});
