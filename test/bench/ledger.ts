import { readdirSync, rmSync, statSync } from "node:fs";
import path from "node:path";
import { temporaryFolder } from "../support/seed/ledger.ts";
import { fillInNode24, openInNewProgram } from "../support/seed/ledgerWorker.ts";
import { ccusage } from "../support/opencode/opencodeTools.ts";
import { type Benchmark, compared, interleave, median, type Metric } from "./measure.ts";
import { seededServer } from "./seededServer.ts";

const ROUNDS = 7;
const PLACE = { id: "db", name: "This machine" };

/** P7: the usage ledger, from nothing and from its own files. */
export const ledgerBenchmark: Benchmark = {
  id: "P7",
  async run(): Promise<readonly Metric[]> {
    const { server, summary } = await seededServer();
    const folder = temporaryFolder();
    let filledRows = 0;
    const fill = async (): Promise<number> => {
      for (const name of readdirSync(folder)) rmSync(path.join(folder, name), { recursive: true });
      const startMs = performance.now();
      const outcome = await fillInNode24(folder, server.databasePath, PLACE);
      const elapsedMs = performance.now() - startMs;
      // An earlier benchmark may have added sessions.
      if (outcome.kind !== "filled" || outcome.rows < summary.totals.messages) {
        throw new Error(`the ledger was not filled: ${JSON.stringify(outcome)}`);
      }
      filledRows = outcome.rows;
      return elapsedMs;
    };
    let peerUSD = 0;
    const peer = async (): Promise<number> => {
      const startMs = performance.now();
      const report = await ccusage(server);
      const elapsedMs = performance.now() - startMs;
      peerUSD = report.totals.costUSD;
      return elapsedMs;
    };
    const cold = await interleave(ROUNDS, 1, fill, peer);

    const openings = [];
    for (let round = 0; round < ROUNDS; round++) openings.push(await openInNewProgram(folder));
    const [first] = openings;
    if (first?.rows !== filledRows || Math.abs(first.recordedUSD - peerUSD) > 1e-8) {
      throw new Error(`${JSON.stringify(first)} instead of ${filledRows} rows, ${peerUSD} USD`);
    }
    const messages = String(summary.messages);
    const opens = openings.map(({ openMs }) => openMs);
    const sums = openings.map(({ firstSumMs }) => firstSumMs);
    const files = readdirSync(folder).map((name) => statSync(path.join(folder, name)).size);
    const alone = { floor: undefined, ratio: undefined };
    return [
      compared(
        {
          id: "P7",
          name: `fill the ledger from a database of ${messages} messages`,
          unit: "ms",
          goal: "≤ 0.4 ×",
          note: "the floor is ccusage on the same database; both are programs, from start to end",
        },
        cold,
      ),
      {
        id: "P7warm",
        name: "open the filled ledger in a program that has just started",
        unit: "ms",
        ours: median(opens),
        ...alone,
        goal: "≤ 50",
        spread: `${Math.min(...opens).toFixed(1)}–${Math.max(...opens).toFixed(1)}`,
        note: `the first sum over all rows then takes ${median(sums).toFixed(1)} ms`,
      },
      {
        id: "P7size",
        name: "the ledger's files",
        unit: "MB",
        ours: files.reduce((sum, bytes) => sum + bytes, 0) / 1e6,
        ...alone,
        goal: "≤ 40",
        spread: "",
        note: "",
      },
    ];
  },
};
