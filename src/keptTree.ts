/**
 * The last known tree, kept for the next window, so that it is drawn before any server answers. Loaded shortly
 * after activation. Keeps titles and figures, in a file that only its user may read; never prompts or answers.
 */
import { readFile, stat } from "node:fs/promises";
import * as path from "node:path";
// The small build: the other one brings its full API and every language.
import * as z from "zod/mini";
import type { Action } from "./core/state/actions.ts";
import { isID } from "./core/ids.ts";
import { inSlices } from "./core/inSlices.ts";
import { bounded } from "./core/limits.ts";
import { type Log, loggable } from "./core/log.ts";
import type { Session } from "./core/state/session.ts";
import type { ServerState, State } from "./core/state/state.ts";
import type { Store } from "./core/state/store.ts";
import { makePrivateFolder, writePrivateFile } from "./files/writeFile.ts";

/** Counted over all servers, most recently changed first. The rest come from the servers themselves. */
const MOST_SESSIONS = 20_000;
const LONGEST_TITLE = 200;
/** Sessions per line of the file, which is written and read a few lines at a time. */
const LINE_SESSIONS = 250;
/** Enough for 20,000 sessions; a larger file isn't ours and isn't read. */
const MOST_BYTES = 24_000_000;
/** Minimum time between two writes. */
const INTERVAL_MS = 30_000;

const text = z.string().check(z.maxLength(4_096));
const id = z.string().check(z.refine(isID));
const time = z.int().check(z.nonnegative());
const count = z.number().check(z.nonnegative());

const sessionSchema = z.object({
  id,
  parentID: z.optional(id),
  projectID: text,
  directory: text,
  title: text,
  agent: z.optional(text),
  model: z.optional(z.object({ providerID: text, modelID: text, variant: z.optional(text) })),
  totals: z.optional(
    z.object({
      costUSD: count,
      tokens: z.object({
        input: count,
        output: count,
        reasoning: count,
        cache: z.object({ read: count, write: count }),
      }),
    }),
  ),
  createdMs: time,
  updatedMs: time,
  archivedMs: z.optional(time),
  changes: z.optional(z.object({ files: count, additions: count, deletions: count })),
  forkOfID: z.optional(text),
});

/** One line: a server with some of its sessions. A server's projects are in its first line. */
const lineSchema = z.object({
  version: z.literal(2),
  serverID: text,
  url: text,
  name: text,
  origin: z.enum(["settings", "local", "managed"]),
  username: text,
  asOfMs: time,
  projects: z.array(z.object({ id: text, worktree: text, name: z.optional(text) })),
  sessions: z.array(sessionSchema).check(z.maxLength(LINE_SESSIONS)),
});

type KeptServer = z.infer<typeof lineSchema>;
type KeptSession = z.infer<typeof sessionSchema>;

/** What to keep of a state, line by line: servers whose sessions are known, but not of clusters or the demo. */
export function* treeToKeep(state: State, nowMs: number): Generator<KeptServer> {
  const known = [...state.servers.values()].flatMap((server) => {
    const { endpoint, snapshotMs, connection } = server;
    if (endpoint.origin === "kubernetes" || endpoint.origin === "demo") return [];
    if (snapshotMs === undefined) return [];
    return [{ server, asOfMs: connection.kind === "connected" ? nowMs : snapshotMs }];
  });
  const times = known.flatMap(({ server }) =>
    Array.from(server.sessions.values(), ({ updatedMs }) => updatedMs),
  );
  const oldestMs = Float64Array.from(times).sort().at(-MOST_SESSIONS) ?? 0;
  let left = MOST_SESSIONS;
  for (const { server, asOfMs } of known) {
    const line = { version: 2 as const, ...keptServer(server), asOfMs };
    const sessions = [...server.sessions.values()].filter(
      ({ updatedMs }) => updatedMs >= oldestMs && left-- > 0,
    );
    for (let at = 0; at === 0 || at < sessions.length; at += LINE_SESSIONS) {
      yield {
        ...line,
        projects: at === 0 ? line.projects : [],
        sessions: sessions.slice(at, at + LINE_SESSIONS).map(keptSession),
      };
    }
  }
}

function keptServer({
  endpoint,
  projects,
}: ServerState): Omit<KeptServer, "version" | "asOfMs" | "sessions"> {
  const { serverID, url, name, username, origin } = endpoint;
  return {
    serverID,
    url,
    name,
    username,
    origin: origin === "kubernetes" || origin === "demo" ? "settings" : origin,
    projects: [...projects.values()],
  };
}

function keptSession(session: Session): KeptSession {
  const { id, parentID, projectID, directory, agent, model, totals } = session;
  const { createdMs, updatedMs, archivedMs, changes, forkOfID } = session;
  return {
    ...{ id, parentID, projectID, directory, agent, model, totals },
    ...{ createdMs, updatedMs, archivedMs, changes, forkOfID },
    title: bounded(session.title, LONGEST_TITLE),
  };
}

function sessionOf(kept: KeptSession): Session {
  return {
    ...{ parentID: undefined, agent: undefined, totals: undefined, archivedMs: undefined },
    ...{ changes: undefined, forkOfID: undefined, ...kept },
    model: kept.model === undefined ? undefined : { variant: undefined, ...kept.model },
    shareURL: undefined,
    revertMessageID: undefined,
    isUnread: false,
  };
}

/** The actions that add kept servers to a state that doesn't know their sessions yet. */
function actionsOf(kept: readonly KeptServer[], state: State): readonly Action[] {
  return kept.flatMap((server): readonly Action[] => {
    const { serverID, url, name, origin, username, projects, asOfMs } = server;
    const known = state.servers.get(serverID);
    if (known?.snapshotMs !== undefined) return [];
    const endpoint = known?.endpoint ?? {
      ...{ serverID, url, name, origin, username },
      directory: undefined,
      pid: undefined,
    };
    return [
      { type: "server.found", endpoint },
      {
        type: "projects.loaded",
        serverID,
        projects: projects.map((project) => ({ name: undefined, ...project })),
      },
      {
        type: "snapshot.loaded",
        serverID,
        sessions: server.sessions.map(sessionOf),
        atMs: asOfMs,
      },
    ];
  });
}

/** Keeps the tree in a file while the window lives, and restores it when the next one opens. */
export class KeptTreeFile {
  readonly #file: string;
  readonly #store: Store;
  readonly #log: Log;
  readonly #stopListening: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The last write. The next one starts after it. */
  #written: Promise<void> = Promise.resolve();
  #restored: readonly string[] = [];

  /** @param folder a folder of ours; made when the first tree is kept. */
  constructor(folder: string, store: Store, log: Log) {
    this.#file = path.join(folder, "lastTree.json");
    this.#store = store;
    this.#log = log;
    this.#stopListening = store.onDidChange(() => {
      this.#timer ??= setTimeout(() => {
        this.#writeNext();
      }, INTERVAL_MS);
    });
  }

  /** Draws what was kept of servers that haven't answered yet. An unreadable file counts as none. */
  async restore(): Promise<void> {
    const kept = await this.#read();
    if (kept === undefined) return;
    // Whatever arrived from servers meanwhile is newer, including actions that haven't been reduced yet.
    this.#store.flush();
    const actions = actionsOf(kept, this.#store.state);
    for (const action of actions) this.#store.dispatch(action);
    this.#store.flush();
    this.#restored = actions.flatMap((action) =>
      action.type === "server.found" ? [action.endpoint.serverID] : [],
    );
  }

  /** Removes restored servers that weren't found. Must be called once all places have been searched. */
  forgetAllBut(serverIDs: ReadonlySet<string>): void {
    for (const serverID of this.#restored) {
      if (!serverIDs.has(serverID)) this.#store.dispatch({ type: "server.removed", serverID });
    }
    this.#restored = [];
  }

  /** Writes any pending changes. */
  async dispose(): Promise<void> {
    this.#stopListening();
    if (this.#timer !== undefined) this.#writeNext();
    await this.#written;
  }

  async #read(): Promise<readonly KeptServer[] | undefined> {
    const servers = new Map<string, KeptServer>();
    try {
      const { size } = await stat(this.#file);
      if (size > MOST_BYTES) return undefined;
      await inSlices((await readFile(this.#file, "utf8")).split("\n"), (line) => {
        const server = z.parse(lineSchema, JSON.parse(line));
        const first = servers.get(server.serverID);
        if (first === undefined) servers.set(server.serverID, server);
        else first.sessions.push(...server.sessions);
      });
      return [...servers.values()];
    } catch (error) {
      // Nothing was kept, or only half of it: the servers will report it anyway.
      if (error instanceof z.core.$ZodError) {
        this.#log.debug("kept tree", "the file has a different format and is ignored");
      }
      return undefined;
    }
  }

  #writeNext(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#written = this.#written.then(() => this.#write());
  }

  async #write(): Promise<void> {
    try {
      const lines: string[] = [];
      await inSlices(treeToKeep(this.#store.state, Date.now()), (line) => {
        lines.push(JSON.stringify(line));
      });
      if (lines.length === 0) return;
      await makePrivateFolder(path.dirname(this.#file));
      await writePrivateFile(this.#file, lines.join("\n"));
    } catch (error) {
      this.#log.warn("kept tree", `could not be written: ${loggable(error)}`);
    }
  }
}

/** Draws the tree as an earlier window knew it, and keeps this window's for the next one. */
export async function restoreTree(folder: string, store: Store, log: Log): Promise<KeptTreeFile> {
  const file = new KeptTreeFile(folder, store, log);
  await file.restore();
  return file;
}
