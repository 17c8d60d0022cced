import { SILENT_LOG } from "../../../src/core/log.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";
import { aRow, messageIDOf } from "./ledger.ts";

/*
 * A window that writes to a ledger, as a separate process: records rows one by one, prints the number of
 * each acknowledged row, and exits without cleaning up.
 */
const [folder = "", from = "0", until = "0"] = process.argv.slice(2);
const ledger = await UsageLedger.open({ folder, log: SILENT_LOG, now: Date.now });
for (let number = Number(from); number < Number(until); number++) {
  await ledger.record({ rows: [aRow({ messageID: messageIDOf(number) })] }, "db");
  console.log(number);
}
process.exit(0);
