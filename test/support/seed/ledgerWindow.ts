import { SILENT_LOG } from "../../../src/core/log.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";
import { aRow, messageIDOf } from "./ledger.ts";

/*
 * A window that writes to a ledger, as a process of its own: records one row after the other, prints the number
 * of each one that is acknowledged, and ends without cleaning up.
 */
const [folder = "", from = "0", until = "0"] = process.argv.slice(2);
const ledger = await UsageLedger.open({ folder, log: SILENT_LOG, now: Date.now });
for (let number = Number(from); number < Number(until); number++) {
  await ledger.record({ rows: [aRow({ messageID: messageIDOf(number) })] }, "db");
  console.log(number);
}
process.exit(0);
