import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerError } from "../../../../src/core/errors.ts";
import { ExecLogin } from "../../../../src/sources/kubernetes/execCredential.ts";

describe("a login program", () => {
  let folder: string;
  let nowMs: number;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "login-"));
    nowMs = 0;
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  /** A program that counts its runs, and then does as `script` says. */
  const loginBy = (script: string): ExecLogin => {
    const program = join(folder, "login.cjs");
    const count = JSON.stringify(join(folder, "count"));
    writeFileSync(program, `require("fs").appendFileSync(${count}, "x");${script}`);
    const exec = { command: process.execPath, args: [program] };
    return new ExecLogin(exec, { server: "https://cluster" }, () => nowMs);
  };
  const runs = (): number => readFileSync(join(folder, "count"), "utf8").length;
  /** Asks, and gives how the answer was refused. */
  const refusal = async (login: ExecLogin): Promise<string | undefined> => {
    const answer = await login.credential();
    return answer.ok ? undefined : answer.error.message;
  };

  it("whose token is refused runs ever later, and then not before a person asks", async () => {
    const login = loginBy(`console.log(JSON.stringify({ status: { token: "t" + process.pid } }));`);
    /** What the cluster says of the token that it is shown now. */
    const refuse = async (): Promise<void> => {
      const shown = await login.credential();
      assert.ok(shown.ok);
      login.refused(shown.value, new ServerError("unauthorized", "refused"));
    };
    await refuse();
    await refuse();
    assert.equal(runs(), 2, "a token that expired costs one run more");
    for (const waitMs of [15_000, 60_000]) {
      const before = runs();
      nowMs += waitMs - 1;
      assert.equal(await refusal(login), "refused; will try again later");
      assert.equal(runs(), before);
      nowMs += 1;
      await refuse();
      assert.equal(runs(), before + 1);
    }
    nowMs += 24 * 3_600_000;
    assert.equal(await refusal(login), "refused; log in yourself, then refresh");
    assert.equal(runs(), 4);
    login.retry();
    assert.equal(await refusal(login), undefined);
    assert.equal(runs(), 5);
  });

  it("that fails is run for all that ask at once, and waits as well", async () => {
    const login = loginBy("process.exit(3);");
    const all = await Promise.all(Array.from({ length: 10 }, () => refusal(login)));
    assert.equal(new Set(all).size, 1);
    assert.match(all[0]!, /failed \(exit code 3\)/);
    assert.equal(runs(), 1);
    await refusal(login);
    assert.match((await refusal(login))!, /exit code 3\); will try again later/);
    assert.equal(runs(), 2);
  });

  it("may expire as often as it likes while the cluster takes what it gives", async () => {
    const login = loginBy(`console.log(JSON.stringify({ status: { token: "t" + process.pid } }));`);
    for (let turn = 1; turn <= 6; turn++) {
      const shown = await login.credential();
      assert.ok(shown.ok);
      login.accepted();
      login.refused(shown.value, new ServerError("unauthorized", "expired"));
      assert.equal(runs(), turn);
    }
  });
});
