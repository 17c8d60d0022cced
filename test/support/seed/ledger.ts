import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { LedgerSum } from "../../../src/core/ledger/ledgerSum.ts";
import type { LedgerSession, LedgerTable } from "../../../src/core/ledger/table.ts";
import type { Message } from "../../../src/core/state/message.ts";
import { addUsage, NO_USAGE, type Tokens, type Usage } from "../../../src/core/usage/usage.ts";
import { LedgerDatabase } from "../../../src/history/ledgerDatabase.ts";
import { ledgerFile } from "../../../src/history/ledgerFile.ts";
import {
  type LedgerChanges,
  type LedgerRow,
  RANK_RECORDED,
} from "../../../src/history/ledgerRow.ts";
import { SONNET, someTokens } from "./builders.ts";
import { endWithProgram } from "../cleanup.mjs";

/** The time at which the rows of ledger tests start. */
export const LEDGER_MS = Date.UTC(2026, 2, 2, 9, 0, 0);

/** A recorded answer: 100 tokens in, 10 out, one cent, unless overridden. */
export function aRow(
  overrides: Partial<Omit<LedgerRow, "tokens">> & { messageID: string; tokens?: Partial<Tokens> },
): LedgerRow {
  const { tokens, ...others } = overrides;
  return {
    sessionID: "ses_1",
    createdMs: LEDGER_MS,
    providerID: "acme",
    modelID: "sonnet",
    agent: "build",
    tokens: { input: 100, output: 10, reasoning: 0, cache: { read: 0, write: 0 }, ...tokens },
    costUSD: 0.01,
    rank: RANK_RECORDED,
    isSummary: false,
    endsTurn: false,
    isGone: false,
    hasBadFigures: false,
    recordedAtS: others.observedAtS ?? 1_000,
    observedAtS: 1_000,
    ...others,
  };
}

/** A session of the place `db`. */
export function aLedgerSession(overrides: Partial<LedgerSession> & { id: string }): LedgerSession {
  return {
    placeID: "db",
    parentID: undefined,
    projectID: "project-app",
    directory: "/code/app",
    title: overrides.id,
    command: undefined,
    createdMs: LEDGER_MS - 1000,
    forkOfID: undefined,
    isGone: false,
    stamp: undefined,
    observedAtS: 1_000,
    ...overrides,
  };
}

/** A table with these rows; sessions mentioned only in rows get an entry. */
export function aTable(changes: LedgerChanges): LedgerTable {
  const ledger = LedgerDatabase.open(":memory:", 0);
  ledger.write([{ changes, placeID: "db" }], 0xffff_ffff);
  ledger.refresh();
  return ledger.table;
}

/** The contents of a ledger's folder, as seen by a window that opens it. */
export function tableIn(folder: string): LedgerTable {
  const ledger = LedgerDatabase.open(ledgerFile(folder), 5_000);
  const { table } = ledger;
  // IDs are loaded lazily; load them before closing.
  table.messageID(0);
  ledger.close();
  return table;
}

/** An ID like OpenCode's; the same number gives the same ID. */
export function messageIDOf(number: number): string {
  const hex = (0x18f0_0000_0000 + number).toString(16).padStart(12, "0").slice(-12);
  let tail = "";
  let state = number + 1;
  for (let at = 0; at < 14; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    tail +=
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"[(state >>> 16) % 62] ?? "";
  }
  return `msg_${hex}${tail}`;
}

/** A table's rows by message ID, as text, so that tables can be compared regardless of order. */
export function rowsOfTable(table: LedgerTable): Record<string, string> {
  const rows: [string, string][] = [];
  for (let row = 0; row < table.length; row++) {
    const model = table.models[table.model[row] ?? 0];
    rows.push([
      table.messageID(row),
      [
        table.sessions[table.session[row] ?? 0]?.id,
        `${model?.providerID ?? ""}/${model?.modelID ?? ""}`,
        table.agents[table.agent[row] ?? 0],
        table.createdMs[row],
        table.input[row],
        table.output[row],
        table.reasoning[row],
        table.cacheRead[row],
        table.cacheWrite[row],
        table.costUSD[row],
        table.flags[row],
      ].join(" "),
    ]);
  }
  if (new Set(rows.map(([id]) => id)).size < rows.length) throw new Error("a message occurs twice");
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** An empty temporary folder, removed when this program ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), "opencode-sessions-ledger-"));
  const remove = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  endWithProgram({
    stop: () => {
      remove();
      return Promise.resolve();
    },
    kill: remove,
  });
  return folder;
}

/** An answer from a server's history, with figures, in the ledger's first hour. */
export function aCountedAnswer(id: string, overrides: Partial<Message> = {}): Message {
  return {
    id,
    role: "assistant",
    createdMs: LEDGER_MS,
    completedMs: LEDGER_MS + 500,
    agent: "build",
    model: SONNET,
    costUSD: 0.01,
    tokens: someTokens({ input: 100, output: 10 }),
    isSummary: false,
    error: undefined,
    parts: [],
    diffs: [],
    ...overrides,
  };
}

/** The sum of no rows. */
export const NO_LEDGER_SUM: LedgerSum = {
  messages: 0,
  spent: NO_USAGE,
  copied: NO_USAGE,
  alsoSpent: NO_USAGE,
  badMessages: 0,
};

/** The figures that servers themselves report for these rows. */
export function serversUsage(sum: LedgerSum): Usage {
  return addUsage(sum.spent, sum.copied);
}
