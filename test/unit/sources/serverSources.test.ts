import assert from "node:assert/strict";
import type { Endpoint } from "../../../src/core/state/endpoint.ts";
import { ServerSources } from "../../../src/sources/serverSources.ts";
import type { FoundServer, ServerSource, SourceReport } from "../../../src/sources/source.ts";
import { found } from "./foundServer.ts";

/** A source that reports what the test provides. */
class SpokenSource implements ServerSource {
  readonly id: string;
  readonly knowsPasswords: boolean;
  listener: ((report: SourceReport) => void) | undefined;
  refreshes = 0;
  disposals = 0;
  onRefresh: () => void = () => undefined;

  constructor(id: string) {
    this.id = id;
    this.knowsPasswords = id === "managed";
  }

  start(listener: (report: SourceReport) => void): void {
    this.listener = listener;
  }

  say(servers: readonly FoundServer[], problem?: string): void {
    this.listener?.({
      servers,
      problems:
        problem === undefined ? [] : [{ subject: this.id, severity: "warning", message: problem }],
    });
  }

  refresh(): Promise<void> {
    this.refreshes++;
    this.onRefresh();
    return Promise.resolve();
  }

  dispose(): void {
    this.disposals++;
  }
}

const LOCAL = "http://127.0.0.1:4096";

describe("the list of servers", () => {
  let settings: SpokenSource;
  let managed: SpokenSource;
  let sources: ServerSources;
  let heard: (readonly string[])[];

  beforeEach(() => {
    settings = new SpokenSource("settings");
    managed = new SpokenSource("managed");
    sources = new ServerSources([settings, managed]);
    heard = [];
    sources.onDidChange((endpoints) => heard.push(endpoints.map(({ url }) => url)));
  });
  afterEach(() => sources.dispose());

  it("follows its sources and only reports changes", () => {
    sources.start();
    managed.say([found(LOCAL, "managed")]);
    settings.say([found("http://a:1", "settings")]);
    settings.say([found("http://a:1", "settings")]);
    settings.say([found("http://localhost:4096", "settings")]);
    settings.say([]);
    assert.deepEqual(heard, [[LOCAL], ["http://a:1", LOCAL], ["http://localhost:4096"], [LOCAL]]);
    assert.deepEqual(
      sources.endpoints().map(({ url }) => url),
      [LOCAL],
    );
  });

  it("reports problems in the order of the sources", () => {
    sources.start();
    managed.say([], "second");
    settings.say([], "first");
    assert.deepEqual(
      sources.problems().map(({ message }) => message),
      ["first", "second"],
    );
    assert.equal(heard.length, 2);
    managed.say([]);
    assert.deepEqual(
      sources.problems().map(({ message }) => message),
      ["first"],
    );
  });

  it("knows when every source has finished its first scan", async () => {
    let hasLooked = false;
    sources.start();
    void sources.whenLooked().then(() => (hasLooked = true));
    settings.say([]);
    await Promise.resolve();
    assert.equal(hasLooked, false);
    managed.say([]);
    await sources.whenLooked();
    const none = new ServerSources([]);
    none.start();
    await none.whenLooked();
  });

  it("refreshes the source before providing a password", async () => {
    sources.start();
    managed.say([found(LOCAL, "managed", { password: "old" })]);
    const [endpoint] = sources.endpoints();
    managed.onRefresh = () => {
      managed.say([found(LOCAL, "managed", { password: "new" })]);
    };
    assert.equal(await sources.passwordOf(endpoint!), "new");
    assert.equal(managed.refreshes, 1);
    assert.equal(settings.refreshes, 0);
  });

  it("provides no password for an address that has moved, or for any other server", async () => {
    sources.start();
    settings.say([found("http://a:1", "settings")]);
    managed.say([found(LOCAL, "managed", { serverID: "managed", password: "pw" })]);
    const endpoint = sources.endpoints().find(({ serverID }) => serverID === "managed") as Endpoint;
    assert.equal(await sources.passwordOf(endpoint), "pw");
    assert.equal(await sources.passwordOf({ ...endpoint, url: "http://evil:1" }), undefined);
    assert.equal(await sources.passwordOf({ ...endpoint, username: "root" }), undefined);
    assert.equal(await sources.passwordOf(sources.endpoints()[0]!), undefined);
    managed.onRefresh = () => {
      managed.say([
        found("http://127.0.0.1:5000", "managed", { serverID: "managed", password: "other" }),
      ]);
    };
    assert.equal(await sources.passwordOf(endpoint), undefined);
  });

  it("refreshes all sources", async () => {
    sources.start();
    await sources.refresh();
    assert.deepEqual([settings.refreshes, managed.refreshes], [1, 1]);
  });

  it("stops one listener on request, and everything on dispose", async () => {
    const other: number[] = [];
    const end = sources.onDidChange(() => other.push(1));
    sources.start();
    settings.say([found("http://a:1", "settings")]);
    end();
    settings.say([]);
    assert.deepEqual([heard.length, other.length], [2, 1]);
    await sources.dispose();
    await sources.dispose();
    settings.say([found("http://a:1", "settings")]);
    assert.equal(heard.length, 2);
    assert.deepEqual([settings.disposals, managed.disposals], [2, 2]);
    await sources.whenLooked();
  });

  it("does not start after dispose", async () => {
    await sources.dispose();
    sources.start();
    assert.equal(settings.listener, undefined);
  });
});
