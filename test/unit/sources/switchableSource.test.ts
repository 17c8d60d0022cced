import assert from "node:assert/strict";

import { SettingsSource } from "../../../src/sources/settingsSource.ts";
import type { ServerSource, SourceReport } from "../../../src/sources/source.ts";
import { SwitchableSource } from "../../../src/sources/switchableSource.ts";
import { itIsAServerSource } from "./sourceContract.ts";

const URL = "http://127.0.0.1:4096";

describe("SwitchableSource", () => {
  describe("switched on", () => {
    itIsAServerSource(() => {
      const inner = new SettingsSource([{ url: URL }]);
      return {
        source: new SwitchableSource("local", true, () => Promise.resolve(inner)),
        urls: [URL],
        change: () => {
          inner.setValue([]);
        },
        changedURLs: [],
      };
    });
  });

  function started(isOn: boolean): {
    source: SwitchableSource;
    made: ServerSource[];
    reports: SourceReport[];
  } {
    const made: ServerSource[] = [];
    const reports: SourceReport[] = [];
    const source = new SwitchableSource("local", isOn, () => {
      const inner = new SettingsSource([{ url: URL }]);
      made.push(inner);
      return Promise.resolve(inner);
    });
    source.start((report) => reports.push(report));
    return { source, made, reports };
  }

  const counts = (reports: readonly SourceReport[]) => reports.map(({ servers }) => servers.length);

  it("scans nothing while it is off, and reports no servers", async () => {
    const { source, made, reports } = started(false);
    await source.refresh();
    assert.equal(made.length, 0);
    assert.deepEqual(counts(reports), [0]);
    await source.dispose();
  });

  it("finds servers when turned on, drops them when turned off, and finds them again", async () => {
    const { source, made, reports } = started(false);
    await source.refresh();
    for (const isOn of [true, false, true]) {
      source.switch(isOn);
      await source.refresh();
    }
    assert.deepEqual(counts(reports), [0, 1, 0, 1]);
    assert.equal(made.length, 2);
    await source.dispose();
  });

  it("does not report a scan that was in progress when it was turned off", async () => {
    const { source, reports } = started(true);
    source.switch(false);
    await source.refresh();
    await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(counts(reports), [0]);
    await source.dispose();
  });

  it("stays silent when switched after dispose", async () => {
    const { source, made, reports } = started(false);
    await source.refresh();
    await source.dispose();
    source.switch(true);
    assert.equal(made.length, 0);
    assert.deepEqual(counts(reports), [0]);
  });
});
