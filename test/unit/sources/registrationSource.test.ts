import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { ServerError } from "../../../src/core/errors.ts";
import { failed, ok } from "../../../src/core/result.ts";
import { RegistrationSource } from "../../../src/sources/registrationSource.ts";
import type { RegistrationSourceOptions } from "../../../src/sources/registrationSource.ts";
import type { Probe, ProbeAnswer, SourceReport } from "../../../src/sources/source.ts";
import { quiet, waitMs } from "../../support/patience.mjs";
import { shiftClock } from "../../support/shiftClock.ts";
import { until } from "../../support/until.ts";
import { itIsAServerSource } from "./sourceContract.ts";

const URL_A = "http://127.0.0.1:49374";
const URL_B = "http://127.0.0.1:49375";

/** A home folder with a registration, and the service that responds. */
class ServiceWorld {
  readonly root = mkdtempSync(path.join(tmpdir(), "service-"));
  readonly file = path.join(this.root, "state/opencode/service.json");
  /** By URL; each responds only to its password. */
  readonly running = new Map<string, { answer: ProbeAnswer; password: string }>();
  /** Processes that do not listen where they claim to. */
  readonly strangers = new Set<number>();
  asked: { url: string; password: string | undefined }[] = [];
  looks = 0;

  readonly probe: Probe = ({ url, password }) => {
    this.asked.push({ url, password });
    const service = this.running.get(url);
    if (service === undefined) return Promise.resolve(failed(new ServerError("unreachable", "-")));
    return Promise.resolve(
      service.password === password
        ? ok(service.answer)
        : failed(new ServerError("unauthorized", "-")),
    );
  };

  register(more: Record<string, unknown> = {}): void {
    const registration = {
      id: "x",
      version: "2.1.3",
      url: URL_A,
      pid: 812,
      password: "pw",
      ...more,
    };
    mkdirSync(path.dirname(this.file), { recursive: true });
    writeFileSync(`${this.file}.new`, JSON.stringify(registration), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }

  run(url = URL_A, more: Partial<ProbeAnswer> = {}, password = "pw"): void {
    this.running.set(url, {
      answer: { version: "2.1.3", pid: 812, ...more },
      password,
    });
  }

  source(more: Partial<RegistrationSourceOptions> = {}): RegistrationSource {
    return new RegistrationSource({
      probe: this.probe,
      file: this.file,
      lingerMs: 0,
      whoListens: (pid, url) => {
        this.looks++;
        const service = this.running.get(url);
        if (service === undefined) return Promise.resolve("nobody");
        return Promise.resolve(this.strangers.has(pid) ? "another" : "itself");
      },
      ...more,
    });
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

describe("the registered OpenCode service", () => {
  let world: ServiceWorld;
  let source: RegistrationSource | undefined;
  let reports: SourceReport[];

  beforeEach(() => {
    world = new ServiceWorld();
    reports = [];
  });
  afterEach(() => {
    shiftClock(0);
    source?.dispose();
    source = undefined;
    world.remove();
  });

  async function look(more: Partial<RegistrationSourceOptions> = {}): Promise<SourceReport> {
    if (source === undefined) {
      source = world.source(more);
      source.start((report) => reports.push(report));
    }
    await source.refresh();
    return reports.at(-1)!;
  }

  itIsAServerSource(() => {
    const ours = new ServiceWorld();
    ours.register();
    ours.run();
    return {
      source: ours.source(),
      urls: [URL_A],
      change: () => {
        ours.running.clear();
        ours.run(URL_B, { pid: 900 });
        ours.register({ url: URL_B, pid: 900 });
      },
      changedURLs: [URL_B],
      cleanUp: () => {
        ours.remove();
      },
    };
  });

  it("does not have its password sent to another process at its address", async () => {
    world.register();
    world.run();
    world.strangers.add(812);
    const { servers, problems } = await look();
    assert.deepEqual(servers, []);
    assert.match(problems[0]!.message, /another process has its address/);
    assert.deepEqual(world.asked, []);
    assert.equal(await source!.claims({ url: URL_A, pid: undefined }), false);
  });

  it("is not contacted while nothing listens there", async () => {
    world.register();
    const { servers, problems } = await look();
    assert.deepEqual(servers, []);
    assert.match(problems[0]!.message, /nothing answers/);
    assert.deepEqual(world.asked, []);
  });

  it("is reported with its password if process and version match", async () => {
    world.register();
    world.run();
    const { servers, problems } = await look();
    assert.deepEqual(problems, []);
    assert.deepEqual(servers, [
      {
        endpoint: {
          serverID: "service",
          url: URL_A,
          name: "OpenCode service",
          origin: "local",
          username: "opencode",
          directory: undefined,
          pid: 812,
        },
        password: "pw",
      },
    ]);
    assert.deepEqual(world.asked, [{ url: URL_A, password: "pw" }]);
  });

  it("is absent without a problem if nothing is registered", async () => {
    assert.deepEqual(await look(), { servers: [], problems: [] });
  });

  const stale: readonly (readonly [string, () => void, RegExp])[] = [
    [
      "another process answers",
      () => {
        world.run(URL_A, { pid: 813 });
      },
      /another OpenCode process/,
    ],
    [
      "another version answers",
      () => {
        world.run(URL_A, { version: "2.2.0" });
      },
      /another OpenCode process/,
    ],
    [
      "the answer names no process",
      () => {
        world.run(URL_A, { pid: undefined });
      },
      /another OpenCode process/,
    ],
    [
      "OpenCode 1 answers",
      () => {
        world.run(URL_A, { pid: undefined });
      },
      /another OpenCode process/,
    ],
    [
      "its password is refused",
      () => {
        world.run(URL_A, {}, "new");
      },
      /password.*rejects/,
    ],
    ["nothing answers", () => undefined, /nothing answers/],
  ];
  for (const [what, arrange, message] of stale) {
    it(`is reported as out of date instead of as a server when ${what}`, async () => {
      world.register();
      arrange();
      const { servers, problems } = await look();
      assert.deepEqual(servers, []);
      assert.equal(problems.length, 1);
      assert.equal(problems[0]!.severity, "warning");
      assert.equal(problems[0]!.subject, world.file);
      assert.match(problems[0]!.message, message);
      assert.doesNotMatch(problems[0]!.message, /\bpw\b/);
    });
  }

  it("is never contacted on another machine", async () => {
    world.register({ url: "http://10.0.0.7:49374" });
    const { servers, problems } = await look();
    assert.deepEqual(servers, []);
    assert.equal(problems[0]?.severity, "error");
    assert.deepEqual(world.asked, []);
  });

  it("is reread on demand, with its new port, password and process", async () => {
    world.register();
    world.run();
    await look();
    world.running.clear();
    world.run(URL_B, { pid: 900, version: "2.2.0" }, "newer");
    world.register({ url: URL_B, pid: 900, version: "2.2.0", password: "newer" });
    const current = await source!.current();
    assert.equal(current?.endpoint.url, URL_B);
    assert.equal(current.endpoint.serverID, "service");
    assert.equal(current.password, "newer");
    const oldURL = world.asked.filter(({ url }) => url === URL_A);
    assert.ok(
      oldURL.every(({ password }) => password === "pw"),
      "each password for its own URL",
    );
  });

  it("is noticed automatically when it registers, even in a folder that did not exist", async () => {
    await look({ settledMs: 50 });
    assert.equal(reports.length, 1);
    world.register();
    world.run();
    await until("it is there", () => reports.at(-1)!.servers.length === 1);
    rmSync(world.file);
    await until("it is gone", () => reports.at(-1)!.servers.length === 0);
  });

  it("is noticed by watching the folder, long before the next check", async () => {
    world.register();
    world.run();
    await look({ settledMs: 10 * waitMs });
    world.running.clear();
    world.run(URL_B, { pid: 900 });
    world.register({ url: URL_B, pid: 900 });
    await until("it is found there", () => reports.at(-1)!.servers[0]?.endpoint.url === URL_B);
  });

  it("is polled while it starts, but not forever", async () => {
    world.register();
    await look({ unsettledMs: 10, settledMs: 200 });
    await until("it is looked for again", () => world.looks > 3);
    world.run();
    await until("it is there", () => reports.at(-1)!.servers.length === 1);
    const { length } = world.asked;
    assert.ok(length < 10, `${length} questions`);
    await quiet(300);
    assert.equal(world.asked.length, length, "a settled service is left in peace");
  });

  it("stays in the list during an update", async () => {
    world.register();
    world.run();
    await look({ lingerMs: 150, unsettledMs: 20, settledMs: 40 });
    world.running.clear();
    const { servers } = await look();
    assert.equal(servers.length, 1);
    assert.equal(servers[0]!.password, undefined, "who answers next may be somebody else");
    // Regardless of the wall clock.
    shiftClock(-3_600_000);
    await until("it is gone", () => reports.at(-1)!.servers.length === 0);
  });

  it("is removed at once if another process takes its place", async () => {
    world.register();
    world.run();
    await look({ lingerMs: 60_000 });
    world.run(URL_A, { pid: 999 });
    assert.equal((await look()).servers.length, 0);
  });

  it("claims its own address and process, but only while it is up to date", async () => {
    world.register();
    world.run();
    await look();
    assert.equal(await source!.claims({ url: URL_A, pid: undefined }), true);
    assert.equal(await source!.claims({ url: "http://localhost:49374", pid: 1 }), true);
    assert.equal(await source!.claims({ url: URL_B, pid: 812 }), true);
    assert.equal(await source!.claims({ url: URL_B, pid: 1 }), false);
    assert.equal(await source!.claims({ url: URL_B, pid: undefined }), false);
    world.run(URL_A, {}, "new");
    await look();
    assert.equal(await source!.claims({ url: URL_A, pid: 812 }), false);
    source!.dispose();
    assert.equal(await source!.claims({ url: URL_A, pid: 812 }), false);
  });
});
