import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Log } from "../../src/core/log.ts";
import { Store } from "../../src/core/state/store.ts";
import { KeptTreeFile } from "../../src/keptTree.ts";
import { endpointOf } from "../support/opencode/pool.ts";
import { aSession } from "../support/seed/builders.ts";
import { type Benchmark, median, type Metric } from "./measure.ts";
import { drawRows } from "./treeRows.ts";

const SESSIONS = 10_001;
const ROUNDS = 9;
const SILENT: Log = {
  trace: () => undefined,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** P12: from the kept file to all rows, with no server reachable; in plain Node, so without drawing. */
export const keptTreeBenchmark: Benchmark = {
  id: "P12",
  async run(): Promise<readonly Metric[]> {
    const folder = mkdtempSync(path.join(tmpdir(), "kept-tree-"));
    const endpoint = endpointOf("http://127.0.0.1:9");
    const earlier = new Store();
    const file = new KeptTreeFile(folder, earlier, SILENT);
    earlier.dispatch({ type: "server.found", endpoint });
    earlier.dispatch({
      type: "snapshot.loaded",
      serverID: endpoint.serverID,
      sessions: Array.from({ length: SESSIONS }, (_, index) =>
        aSession({
          id: `ses_${String(index)}`,
          title: `Session ${String(index)}: change the way to the cache`,
          ...(index % 5 === 4 ? { parentID: `ses_${String(index - 1)}` } : {}),
        }),
      ),
      atMs: Date.now(),
    });
    earlier.flush();
    await file.dispose();
    const bytes = statSync(path.join(folder, "lastTree.json")).size;
    const figures: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const startMs = performance.now();
      const store = new Store();
      await new KeptTreeFile(folder, store, SILENT).restore();
      const rows = drawRows(store.state, "everything");
      figures.push(performance.now() - startMs);
      if (rows !== SESSIONS) throw new Error(`${String(rows)} rows`);
      store.dispose();
    }
    rmSync(folder, { recursive: true });
    return [
      {
        id: "P12",
        name: `${String(SESSIONS)} kept sessions to rows, no server reachable`,
        unit: "ms",
        ours: median(figures),
        floor: undefined,
        ratio: undefined,
        goal: "≤ 300",
        spread: `${Math.min(...figures).toFixed(0)}–${Math.max(...figures).toFixed(0)}, first ${figures[0]?.toFixed(0) ?? ""}`,
        note: `the file has ${(bytes / 1e6).toFixed(1)} MB; plain Node, without what VS Code takes to draw`,
      },
    ];
  },
};
