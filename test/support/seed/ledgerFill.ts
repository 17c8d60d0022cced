import { runLedgerJob } from "../../../src/history/runLedgerJob.ts";

/*
 * Fills a ledger in the built worker, as the extension does. Started by ledgerWorker.ts under Node 24.
 * Options: JSON in the first argument. Outcome: JSON on stdout.
 */
interface Options {
  readonly worker: string;
  readonly folder: string;
  readonly database: string;
  readonly place: { readonly id: string; readonly name: string };
}

const { worker, ...job } = JSON.parse(process.argv[2] ?? "") as Options;
void runLedgerJob({ kind: "fill", ...job }, { worker }).then((outcome) => {
  process.stdout.write(JSON.stringify(outcome));
});
