import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ServerError } from "../../../../src/core/errors.ts";
import { ClusterAccess } from "../../../../src/sources/kubernetes/clusterAccess.ts";
import { ExecLogin, ExecLogins } from "../../../../src/sources/kubernetes/execCredential.ts";
import { KubeConfig } from "../../../../src/sources/kubernetes/kubernetesClient.ts";
import { patientMs } from "../../../support/patience.mjs";
import { until } from "../../../support/until.ts";

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
  /** A program that counts its runs and then runs `script`. */
  const programOf = (script: string): { command: string; args: readonly string[] } => {
    const program = join(folder, "login.cjs");
    const count = JSON.stringify(join(folder, "count"));
    writeFileSync(program, `require("fs").appendFileSync(${count}, "x");${script}`);
    return { command: process.execPath, args: [program] };
  };
  const loginBy = (script: string): ExecLogin =>
    new ExecLogin(programOf(script), { server: "https://cluster" }, () => nowMs);
  const runs = (): number => readFileSync(join(folder, "count"), "utf8").length;
  /** Waits until the program that wrote its process ID has ended. */
  const hasEnded = async (): Promise<void> => {
    const pid = Number(readFileSync(join(folder, "pid"), "utf8"));
    await until("its end", () => {
      try {
        process.kill(pid, 0);
        return false;
      } catch {
        return true;
      }
    });
  };
  /** Requests a credential; returns the error message, if any. */
  const refusal = async (login: ExecLogin): Promise<string | undefined> => {
    const answer = await login.credential();
    return answer.ok ? undefined : answer.error.message;
  };

  it("is ended when it prints without end, and its login fails with the reason", async () => {
    const login = loginBy(`
      require("fs").writeFileSync(${JSON.stringify(join(folder, "pid"))}, String(process.pid));
      const write = () => { while (process.stdout.write("x".repeat(65536))); process.stdout.once("drain", write); };
      write();`);
    assert.match((await refusal(login)) ?? "", /^the login program “.*” prints too much$/);
    await hasEnded();
  });

  it("fails in time, even if it ignores that it is ended, and what it has started keeps its output open", async () => {
    const script = `
      process.on("SIGTERM", () => {});
      const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
      require("fs").writeFileSync(${JSON.stringify(join(folder, "child"))}, String(child.pid));
      require("fs").writeFileSync(${JSON.stringify(join(folder, "pid"))}, String(process.pid));
      setInterval(() => {}, 1000);`;
    const login = new ExecLogin(
      programOf(script),
      { server: "https://cluster" },
      undefined,
      patientMs(1_500),
    );
    try {
      assert.match((await refusal(login)) ?? "", /^the login program “.*” failed \(timed out\)$/);
      await hasEnded();
    } finally {
      process.kill(Number(readFileSync(join(folder, "child"), "utf8")));
    }
  });

  it("runs at growing intervals if its token is refused, then only when the user asks", async () => {
    const login = loginBy(`console.log(JSON.stringify({ status: { token: "t" + process.pid } }));`);
    /** Has the cluster refuse the current token. */
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

  it("runs once for concurrent requests if it fails, and then backs off as well", async () => {
    const login = loginBy("process.exit(3);");
    const all = await Promise.all(Array.from({ length: 10 }, () => refusal(login)));
    assert.equal(new Set(all).size, 1);
    assert.match(all[0]!, /failed \(exit code 3\)/);
    assert.equal(runs(), 1);
    await refusal(login);
    assert.match((await refusal(login))!, /exit code 3\); will try again later/);
    assert.equal(runs(), 2);
  });

  it("runs at growing intervals if its token has expired on arrival, which is used until refused", async () => {
    const login = loginBy(
      `console.log(JSON.stringify({ status: { token: "t", expirationTimestamp: "2001-01-01T00:00:00Z" } }));`,
    );
    for (const [index, intervalMs] of [15_000, 60_000, 240_000, 960_000, 960_000].entries()) {
      for (const passedMs of [0, intervalMs - 1]) {
        nowMs += passedMs;
        const shown = await login.credential();
        assert.equal(shown.ok && shown.value.token, "t");
        login.accepted();
        assert.equal(runs(), index + 1);
      }
      nowMs += 1;
    }
    const last = await login.credential();
    assert.ok(last.ok);
    login.refused(last.value, new ServerError("unauthorized", "expired"));
    const before = runs();
    assert.equal(await refusal(login), undefined);
    assert.equal(runs(), before + 1, "the cluster knows better");
    login.retry();
    await login.credential();
    assert.equal(runs(), before + 2);
  });

  it("runs once for all contexts of one cluster and user", async () => {
    const exec = programOf(`console.log(JSON.stringify({ status: { token: "t" } }));`);
    const logins = new ExecLogins();
    const accessOf = (context: string, user: object, server = "https://cluster"): ClusterAccess => {
      const config = new KubeConfig();
      config.loadFromOptions({
        clusters: [{ name: `cluster of ${context}`, server, skipTLSVerify: true }],
        users: [{ name: `user of ${context}`, exec: user }],
        contexts: [{ name: context, cluster: `cluster of ${context}`, user: `user of ${context}` }],
        currentContext: context,
      });
      return new ClusterAccess(context, () => config, { logins });
    };
    const all = [accessOf("one", exec), accessOf("two", exec)];
    try {
      const both = await Promise.all(all.map((access) => access.credentials()));
      assert.deepEqual(
        both.map((one) => one.ok && one.value.headers["Authorization"]),
        ["Bearer t", "Bearer t"],
      );
      assert.equal(runs(), 1);
      all.push(accessOf("three", exec, "https://another"));
      await all.at(-1)!.credentials();
      assert.equal(runs(), 2, "another cluster");
      all.push(accessOf("four", { ...exec, env: [{ name: "ROLE", value: "admin" }] }));
      await all.at(-1)!.credentials();
      assert.equal(runs(), 3, "another user");
    } finally {
      for (const access of all) access.dispose();
    }
  });

  it("may give tokens that expire any number of times while the cluster accepts them", async () => {
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
