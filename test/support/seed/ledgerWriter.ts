import { SILENT_LOG } from "../../../src/core/log.ts";
import { UsageLedger } from "../../../src/history/usageLedger.ts";
import { OpenCodeTables } from "../opencode/openCodeTables.ts";
import { randomOf } from "../random.ts";
import { aRow, LEDGER_MS, messageIDOf } from "./ledger.ts";
import { fillLedger, LISTED_SESSION } from "./ledgerCopies.ts";

/*
 * A working window alongside OpenCode, as a separate process to be killed: answers are written, recorded and
 * filled, and sessions are deleted. Prints the IDs of answers once acknowledged by the ledger.
 */
async function main(): Promise<void> {
  const [folder = "", database = "", seed = "0"] = process.argv.slice(2);
  const random = randomOf(Number(seed));
  const tables = new OpenCodeTables(database);
  tables.session(LISTED_SESSION, { createdMs: LEDGER_MS });
  const ledger = await UsageLedger.open({ folder, log: SILENT_LOG, now: Date.now });
  const placeID = `sqlite:${database}`;
  const sessionIDs = [LISTED_SESSION];
  let answers = 0;
  let made = 0;
  let unprinted: string[] = [];
  for (;;) {
    const choice = random();
    const at = Math.floor(random() * sessionIDs.length);
    const sessionID = sessionIDs[at] ?? LISTED_SESSION;
    if (choice < 0.1) {
      sessionIDs.push(`ses_${String(++made)}`);
      tables.session(sessionIDs.at(-1) ?? "", { createdMs: LEDGER_MS + answers });
    } else if (choice < 0.8) {
      const messageID = messageIDOf(++answers);
      const createdMs = LEDGER_MS + answers;
      tables.answer({ id: messageID, sessionID, createdMs });
      if (choice < 0.5) {
        await ledger.record({ rows: [aRow({ messageID, sessionID, createdMs })] }, placeID);
        console.log(messageID);
      } else unprinted.push(messageID);
    } else if (choice < 0.95) {
      const { kind } = fillLedger(folder, database);
      if (kind !== "filled" && kind !== "unchanged") throw new Error(kind);
      for (const messageID of unprinted) console.log(messageID);
      unprinted = [];
    } else if (at > 0 && unprinted.length === 0) {
      tables.removeSession(sessionID);
      sessionIDs.splice(at, 1);
    }
  }
}

void main();
