import { t } from "../core/language.ts";
import { homedir } from "node:os";
import path from "node:path";
import type { LedgerPlace } from "../core/ledger/table.ts";
import type { ServerState } from "../core/state/state.ts";
import { databasePath } from "./databasePath.ts";

/** Where a server's history is stored. */
export interface ServerHistory {
  readonly place: LedgerPlace;
  /** OpenCode's database, for a server on this machine whose file is known. */
  readonly database: string | undefined;
}

/**
 * Where a server's history lives: its database file, so that servers sharing one are one place, or else the
 * server itself. A file found by guessing may turn out to be another server's: `refuse` rejects it.
 */
export class PlaceFinder {
  readonly #databaseOf: (serverID: string) => Promise<string | undefined>;
  readonly #found = new Map<string, ServerHistory>();
  readonly #refused = new Map<string, string>();

  constructor(databaseOf: (serverID: string) => Promise<string | undefined>) {
    this.#databaseOf = databaseOf;
  }

  /** Looks again each time: a server may have been restarted with another database. */
  async find(server: ServerState): Promise<ServerHistory> {
    const { serverID } = server.endpoint;
    const database = await this.#databaseOf(serverID);
    const isUsable = database !== undefined && this.#refused.get(serverID) !== database;
    const history = isUsable
      ? { place: { id: `sqlite:${database}`, name: nameOfDatabase(database) }, database }
      : { place: serverPlace(server), database: undefined };
    this.#found.set(serverID, history);
    return history;
  }

  /** The result of the last `find`. */
  known(serverID: string): ServerHistory | undefined {
    return this.#found.get(serverID);
  }

  /** The file isn't the server's: from now on the server itself is the place. */
  refuse(server: ServerState, database: string): void {
    const { serverID } = server.endpoint;
    this.#refused.set(serverID, database);
    this.#found.set(serverID, { place: serverPlace(server), database: undefined });
  }
}

/** The place of a server whose database can't be reached. */
export function serverPlace({ endpoint }: ServerState): LedgerPlace {
  return { id: `server:${endpoint.serverID}`, name: endpoint.name };
}

/** The name of a database on this machine, for display. */
function nameOfDatabase(database: string): string {
  const home = homedir();
  if (database === databasePath(process.env, home)) return t("This machine");
  const inHome = path.relative(home, database);
  const isInHome = home !== "" && !inHome.startsWith("..") && !path.isAbsolute(inHome);
  return t`This machine, ${isInHome ? path.join("~", inHome) : database}`;
}
