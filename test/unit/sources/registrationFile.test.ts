import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  parseRegistration,
  readRegistration,
  registrationPath,
} from "../../../src/sources/registrationFile.ts";

const GOOD = {
  id: "a1",
  version: "2.1.3",
  url: "http://127.0.0.1:49374",
  pid: 812,
  password: "s3cret",
};

describe("the registration file of an OpenCode service", () => {
  it("is in the user's state folder", () => {
    assert.equal(registrationPath({}, "/home/ann"), "/home/ann/.local/state/opencode/service.json");
    assert.equal(
      registrationPath({ XDG_STATE_HOME: "/s" }, "/home/ann"),
      "/s/opencode/service.json",
    );
    assert.equal(
      registrationPath({ XDG_STATE_HOME: "" }, "/home/ann"),
      "/home/ann/.local/state/opencode/service.json",
    );
  });

  it("is read with only its required fields, or with fields from later versions", () => {
    const { version, url, pid, password } = GOOD;
    assert.deepEqual(parseRegistration(JSON.stringify({ ...GOOD, capabilities: {} })), {
      version,
      url,
      pid,
      password,
    });
    const withoutPassword = { version, url: "http://[::1]:1/", pid };
    assert.deepEqual(parseRegistration(JSON.stringify(withoutPassword)), {
      version,
      url: "http://[::1]:1",
      pid,
      password: undefined,
    });
  });

  const bad: readonly (readonly [string, unknown, RegExp])[] = [
    ["a list", [], /not JSON/],
    ["no version", { ...GOOD, version: undefined }, /newer/],
    ["a version of another kind", { ...GOOD, version: 2 }, /newer/],
    ["a pid that is a text", { ...GOOD, pid: "812" }, /newer/],
    ["a pid that is none", { ...GOOD, pid: 0 }, /newer/],
    ["several urls", { ...GOOD, url: undefined, urls: [GOOD.url] }, /newer/],
    ["a password of another kind", { ...GOOD, password: { hash: "s3cret" } }, /newer/],
    ["another scheme", { ...GOOD, url: "unix:///run/oc.sock" }, /does not contain an http address/],
    ["another machine", { ...GOOD, url: "http://10.0.0.7:49374" }, /another machine/],
    [
      "a machine that sounds like this one",
      { ...GOOD, url: "http://localhost.evil.example" },
      /another machine/,
    ],
    [
      "credentials in the url",
      { ...GOOD, url: "http://a:s3cret@127.0.0.1:1" },
      /does not contain an http address/,
    ],
  ];
  for (const [what, value, message] of bad) {
    it(`is refused with ${what}`, () => {
      const parsed = parseRegistration(JSON.stringify(value));
      assert.equal(typeof parsed, "string");
      assert.match(parsed as string, message);
      assert.doesNotMatch(parsed as string, /s3cret|10\.0\.0\.7/);
    });
  }

  it("is refused if it is truncated", () => {
    assert.equal(parseRegistration('{"version":"2.1'), "is not JSON");
  });

  describe("on disk", () => {
    let folder: string;
    let file: string;

    beforeEach(() => {
      folder = mkdtempSync(path.join(tmpdir(), "registration-"));
      file = path.join(folder, "service.json");
    });
    afterEach(() => {
      chmodSync(folder, 0o700);
      rmSync(folder, { recursive: true });
    });

    it("may be absent", async () => {
      const absent = { text: undefined, registration: undefined, problem: undefined };
      assert.deepEqual(await readRegistration(file), absent);
      assert.deepEqual(await readRegistration(path.join(file, "x/service.json")), absent);
    });

    it("is accepted if only its user can read it", async () => {
      writeFileSync(file, JSON.stringify(GOOD), { mode: 0o600 });
      const { registration, problem } = await readRegistration(file);
      assert.equal(registration?.pid, 812);
      assert.equal(problem, undefined);
    });

    it("is used with a warning if others can read it", async () => {
      for (const mode of [0o640, 0o604]) {
        writeFileSync(file, JSON.stringify(GOOD));
        chmodSync(file, mode);
        const { registration, problem } = await readRegistration(file);
        assert.equal(registration?.password, "s3cret");
        assert.equal(problem?.severity, "warning");
        assert.match(problem.message, /other users/);
      }
    });

    it("is a problem if it is a folder or far too large", async () => {
      writeFileSync(file, " ".repeat(70_000));
      assert.match(
        (await readRegistration(file)).problem?.message ?? "",
        /not a registration file/,
      );
      rmSync(file);
      mkdirSync(file);
      const { registration, problem } = await readRegistration(file);
      assert.equal(registration, undefined);
      assert.equal(problem?.severity, "error");
    });
  });
});
