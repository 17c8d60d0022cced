/**
 * A window as far as a server can tell: a process that can be killed. Started by `actingWindow.ts`; takes
 * its options as an argument and prints each action on a line. Ends with its parent.
 */
import { SILENT_LOG } from "../../../src/core/log.ts";
import { getLive, getSession, sessionModel } from "../../../src/core/state/lookup.ts";
import { inOneWindow } from "../../../src/sources/oneWindow.ts";
import { AutoCompactor } from "../../../src/window/autoCompactor.ts";
import type { ActingWindowOptions } from "./actingWindow.ts";
import { endpointOf, startPool } from "./pool.ts";

const options = JSON.parse(process.argv[2] ?? "{}") as ActingWindowOptions;
const { url, serverID = url, does, folder, thresholdPercent } = options;
const window = startPool([endpointOf(url, { serverID })]);
const { store, pool } = window;
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

async function compact(sessionID: string): Promise<void> {
  const ref = { serverID, sessionID };
  const session = getSession(store.state, ref);
  const model = sessionModel(store.state, ref);
  if (session === undefined || model === undefined) throw new Error("nothing to compact");
  say(`began ${sessionID}`);
  await pool.gateway(serverID)?.compact(session, model);
  say(`ended ${sessionID}`);
}

const asked = new Set<string>();

function answerAll(): void {
  for (const sessionID of store.state.servers.get(serverID)?.sessions.keys() ?? []) {
    for (const request of getLive(store.state, { serverID, sessionID }).requests) {
      if (request.kind !== "permission" || asked.has(request.id)) continue;
      asked.add(request.id);
      say(`began ${sessionID}`);
      void pool
        .gateway(serverID)
        ?.replyPermission(request, "once", undefined)
        .then(() => {
          say(`ended ${sessionID}`);
        });
    }
  }
}

await window.until(
  (state) => state.servers.get(serverID)?.connection.kind === "connected" || undefined,
  "a connection",
);
if (does === "answer") {
  store.onDidChange(answerAll);
  answerAll();
} else {
  new AutoCompactor({
    window: {
      isInFront: () => true,
      compact: ({ sessionID }) => compact(sessionID),
      offer: () => Promise.resolve(undefined),
      turnOff: () => Promise.resolve(),
      showTooLate: () => undefined,
    },
    store,
    gateway: (id) => pool.gateway(id),
    settings: () => ({ mode: "on", thresholdPercent, overrides: [] }),
    inOneWindow: (key, task) => inOneWindow(folder, key, task),
    log: SILENT_LOG,
  });
}
process.stdin.resume().on("end", () => process.exit());
say("ready");
