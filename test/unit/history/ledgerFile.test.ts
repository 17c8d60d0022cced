import assert from "node:assert/strict";
import { once } from "node:events";
import { rmSync } from "node:fs";
import path from "node:path";
import { Worker } from "node:worker_threads";
import { build } from "esbuild";
import { ledgerFile, makeLedgerFile } from "../../../src/history/ledgerFile.ts";
import { findSqlite } from "../../../src/history/sqlite.ts";
import { quiet } from "../../support/patience.mjs";
import { temporaryFolder } from "../../support/seed/ledger.ts";

/** Opens a ledger, closes it and puts it aside, each when asked to. */
const OTHER = `
  import { parentPort, workerData } from "node:worker_threads";
  import { openLedgerFile } from "./src/history/openLedger.ts";
  import { inodeOf, setAside } from "./src/history/ledgerFile.ts";
  const { file } = workerData;
  let ledger;
  const steps = {
    begin: () => undefined,
    open: () => { ledger = openLedgerFile(file, 0); },
    close: () => ledger.close(),
    "put aside": () => setAside(file, inodeOf(file), 0),
  };
  parentPort.on("message", (step) => { steps[step](); parentPort.postMessage(step); });
`;

/** Takes the lock as another window does; the returned function releases it. */
function lock(folder: string): () => void {
  const file = path.join(folder, "ledger.lock");
  makeLedgerFile(file);
  const held = findSqlite()!(file, "readWrite");
  held.exec("BEGIN EXCLUSIVE");
  return held.close;
}

describe("the ledger's file", () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = temporaryFolder();
    file = ledgerFile(folder);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it("is never opened or closed while it is being replaced, nor the other way round", async () => {
    const program = path.join(folder, "other.cjs");
    await build({
      stdin: { contents: OTHER, resolveDir: process.cwd(), loader: "ts" },
      ...{ bundle: true, platform: "node", outfile: program },
    });
    const other = new Worker(program, { workerData: { file } });
    try {
      other.postMessage("begin");
      await once(other, "message");
      for (const step of ["open", "close", "put aside"]) {
        let isDone = false;
        const done = once(other, "message").then(() => (isDone = true));
        const release = lock(folder);
        other.postMessage(step);
        await quiet(200);
        assert.equal(isDone, false, step);
        release();
        await done;
      }
    } finally {
      await other.terminate();
    }
  });
});
