import assert from "node:assert/strict";
import { runCLI } from "../../../src/agents/cli.ts";
import { terminalJSON, terminalText } from "../../../src/agents/terminalText.ts";

const HOSTILE =
  "\u001b[2J\u001b]0;title\u0007\u009b31m\u202eevil\u2066\u200b\u007f\u0000\r\u2028 model";

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u2028-\u202e\u2066]/;

describe("command line output", () => {
  it("contains nothing a terminal would act on", () => {
    assert.doesNotMatch(terminalText(HOSTILE), CONTROL);
    assert.equal(terminalText("a\tb\n"), "a\tb\n");
  });

  it("keeps such characters in JSON, escaped", () => {
    const json = terminalJSON({ model: HOSTILE });
    assert.doesNotMatch(json, CONTROL);
    assert.deepEqual(JSON.parse(json), { model: HOSTILE });
  });

  it("is clean on stdout and stderr, even if it quotes a hostile argument", async () => {
    const written: string[] = [];
    const write = (text: string): void => {
      written.push(text);
    };
    const context = { version: "1", environment: {}, directory: "/", out: write, err: write };
    assert.equal(await runCLI([HOSTILE], context), 2);
    assert.match(written.join(""), /there is no command/);
    assert.doesNotMatch(written.join(""), CONTROL);
  });
});
