import assert from "node:assert/strict";
import type { ServerSource, SourceReport } from "../../../src/sources/source.ts";
import { quiet } from "../../support/patience.mjs";

/** A source in its own test world. */
export interface SourceUnderTest {
  readonly source: ServerSource;
  /** URLs it must report in its first scan. */
  readonly urls: readonly string[];
  /** Adds or removes one server; the source must notice by `refresh` at the latest. */
  readonly change: () => void | Promise<void>;
  /** URLs it must report after the change. */
  readonly changedURLs: readonly string[];
  readonly cleanUp?: () => void | Promise<void>;
}

/** The contract of every source. Call inside a `describe`. */
export function itIsAServerSource(create: () => SourceUnderTest | Promise<SourceUnderTest>): void {
  async function withSource(
    test: (world: SourceUnderTest, reports: SourceReport[]) => Promise<void>,
  ): Promise<void> {
    const world = await create();
    try {
      await test(world, []);
    } finally {
      await world.source.dispose();
      await world.cleanUp?.();
    }
  }

  it("reports its first scan once, and not synchronously from start", () =>
    withSource(async ({ source, urls }, reports) => {
      let isInsideStart = true;
      source.start((report) => {
        assert.equal(isInsideStart, false);
        reports.push(report);
      });
      isInsideStart = false;
      await source.refresh();
      await source.refresh();
      assert.equal(reports.length, 1);
      assert.deepEqual(urlsOf(reports[0]), urls);
    }));

  it("reports every server with an identity, a name and a plain base URL", () =>
    withSource(async ({ source, urls }, reports) => {
      source.start((report) => reports.push(report));
      await source.refresh();
      assert.ok(urls.length > 0, "the world of this test needs a server");
      for (const { endpoint } of reports[0]!.servers) {
        assert.match(endpoint.url, /^https?:\/\/[^/@]+(\/[^?#]*[^/?#])?$/);
        assert.notEqual(endpoint.serverID, "");
        assert.notEqual(endpoint.name, "");
        assert.notEqual(endpoint.username, "");
      }
    }));

  it("reports a change once", () =>
    withSource(async ({ source, change, changedURLs }, reports) => {
      source.start((report) => reports.push(report));
      await source.refresh();
      await change();
      await source.refresh();
      await source.refresh();
      assert.equal(reports.length, 2);
      assert.deepEqual(urlsOf(reports[1]), changedURLs);
    }));

  it("handles concurrent refreshes", () =>
    withSource(async ({ source }, reports) => {
      source.start((report) => reports.push(report));
      await Promise.all([source.refresh(), source.refresh(), source.refresh()]);
      assert.equal(reports.length, 1);
    }));

  it("does nothing before start", () =>
    withSource(async ({ source }) => {
      await source.refresh();
    }));

  it("never reports after dispose, even if disposed during a scan or twice", () =>
    withSource(async ({ source, change }, reports) => {
      source.start((report) => reports.push(report));
      const look = source.refresh();
      await source.dispose();
      const before = reports.length;
      await look;
      await change();
      await source.refresh();
      await source.dispose();
      await quiet(50);
      assert.equal(reports.length, before);
    }));

  it("can be disposed without ever having started", () =>
    withSource(async ({ source }, reports) => {
      await source.dispose();
      source.start((report) => reports.push(report));
      await source.refresh();
      await quiet(20);
      assert.equal(reports.length, 0);
    }));
}

function urlsOf(report: SourceReport | undefined): readonly string[] {
  return report?.servers.map(({ endpoint }) => endpoint.url) ?? [];
}
