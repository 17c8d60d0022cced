import type { OpenCodeClient } from "../support/opencode/client.ts";
import { poll } from "../support/opencode/client.ts";
import { pickOf, type Random } from "../support/random.ts";

/** Simulates the work of users and agents on a server, chosen by a seed and bypassing any proxy. */
export interface ServerWork {
  /** Does one more action. Failures are counted, never thrown: the server may be down. */
  step(): Promise<void>;
  /** Keeps working, with `pauseMs` between actions, until `stop` of the returned object resolves. */
  keepOn(pauseMs?: number): { stop(): Promise<void> };
  /** Waits until nothing is running except what waits for the user. */
  quiet(): Promise<void>;
  /** Deletes sessions until `count` are left. */
  removeDownTo(count: number): Promise<void>;
  /** Sessions of this work that still exist. */
  readonly sessionIDs: readonly string[];
  readonly failures: () => number;
}

/** What users and agents do on a server. Each rejects if the server refuses or can't be reached. */
export interface ServerActions {
  /** Resolves with the new session's id. */
  create(title: string, directory: string): Promise<string>;
  /** Sends a prompt and doesn't wait for the answer. */
  prompt(sessionID: string, text: string): Promise<void>;
  rename(sessionID: string, title: string): Promise<void>;
  /** Archives a session, or marks it as seen, whichever the server offers. */
  setAside(sessionID: string): Promise<void>;
  remove(sessionID: string): Promise<void>;
  abort(sessionID: string): Promise<void>;
  /** Answers one permission request or question, if there is one. */
  answer(): Promise<void>;
  /** Whether nothing is running except what waits for the user. */
  isQuiet(): Promise<boolean>;
}

/** Titles with characters that are awkward for wire formats. */
const TITLES = [
  "Rename the cache",
  "Größe prüfen — ü€🙂",
  "日本語のタイトル",
  'quotes " and \\ and </script>',
  "tab\tand line",
];

/** Mostly short turns; some with children, some that keep waiting for an answer. */
const SCRIPTS = [
  "DO say 10",
  "DO think 5 ;; say 12",
  "DO say 5 ;; todo 1/3 a, b, c ;; say 5",
  "DO task general Look { say 12 } ;; say 4",
  "DO task general Outer { task general Inner { say 6 } ;; say 3 } ;; say 4",
  "DO ask Which one? | A | B",
  "DO bash echo waits",
  "DO slow 20 ;; say 60",
];

/** A request to a killed server may hang forever; after this time the work continues without its answer. */
const ANSWER_MS = 5_000;

async function inTime<T>(work: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error("timed out"));
    }, ANSWER_MS);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether each of the running sessions waits for the user: itself, or for a child that does. */
export function isEachWaiting(
  running: readonly string[],
  requests: readonly { readonly sessionID: string }[],
  parentOf: (sessionID: string) => string | undefined,
): boolean {
  const waiting = new Set<string>();
  for (const { sessionID } of requests) {
    for (let at: string | undefined = sessionID; at !== undefined; at = parentOf(at)) {
      waiting.add(at);
    }
  }
  return running.every((id) => waiting.has(id));
}

function actionsOn(client: OpenCodeClient, directories: readonly string[]): ServerActions {
  return {
    create: async (title, directory) => (await client.createSession({ title, directory })).id,
    prompt: (sessionID, text) => client.promptAsync(sessionID, text),
    rename: (sessionID, title) => client.rename(sessionID, title),
    setAside: async (sessionID) => {
      const body = { time: { archived: Date.now() } };
      await client.request("PATCH", `/session/${sessionID}`, { body });
    },
    remove: (sessionID) => client.remove(sessionID),
    abort: (sessionID) => client.abort(sessionID),
    answer: async () => {
      for (const directory of directories) {
        const [permission] = await client.permissions(directory);
        if (permission !== undefined) {
          await client.replyPermission(permission.id, "once", { directory });
          return;
        }
        const [question] = await client.questions(directory);
        if (question !== undefined) {
          await client.replyQuestion(question.id, [["A"]], directory);
          return;
        }
      }
    },
    isQuiet: async () => {
      const sessions = await client.sessions();
      const parents = new Map(sessions.map(({ id, parentID }) => [id, parentID]));
      for (const directory of directories) {
        const [busy, permissions, questions] = await Promise.all([
          client.status(directory),
          client.permissions(directory),
          client.questions(directory),
        ]);
        const requests = [...permissions, ...questions];
        if (!isEachWaiting(Object.keys(busy), requests, (id) => parents.get(id))) return false;
      }
      return true;
    },
  };
}

/**
 * Generates work on a server. `directories` are folders it knows; it must ask for `bash` permissions. Keeps
 * the list of sessions small enough to inspect.
 */
export function workOn(
  client: OpenCodeClient,
  directories: readonly string[],
  random: Random,
): ServerWork {
  return workWith(actionsOn(client, directories), directories, random);
}

/** The same work, on any kind of server. */
export function workWith(
  actions: ServerActions,
  directories: readonly string[],
  random: Random,
): ServerWork {
  const sessionIDs: string[] = [];
  let failures = 0;

  const create = async (): Promise<void> => {
    const sessionID = await actions.create(pickOf(TITLES, random), pickOf(directories, random));
    sessionIDs.push(sessionID);
    await actions.prompt(sessionID, `Go\n${pickOf(SCRIPTS, random)}`);
  };
  const remove = async (): Promise<void> => {
    const sessionID = pickOf(sessionIDs, random);
    sessionIDs.splice(sessionIDs.indexOf(sessionID), 1);
    await actions.remove(sessionID);
  };
  const rename = (): Promise<void> =>
    actions.rename(pickOf(sessionIDs, random), `${pickOf(TITLES, random)} ${String(random())}`);
  const prompt = (): Promise<void> =>
    actions.prompt(pickOf(sessionIDs, random), `More\n${pickOf(SCRIPTS.slice(0, 5), random)}`);

  const next = (): Promise<void> => {
    const choice = random();
    if (sessionIDs.length < 4 || choice < 0.3) return create();
    if (choice < 0.45) return rename();
    if (choice < 0.6) return prompt();
    if (choice < 0.7) return actions.answer();
    if (choice < 0.78) return actions.setAside(pickOf(sessionIDs, random));
    if (choice < 0.86) return actions.abort(pickOf(sessionIDs, random));
    return remove();
  };
  const step = async (): Promise<void> => {
    try {
      await inTime(next());
    } catch {
      failures++;
    }
  };

  return {
    sessionIDs,
    failures: () => failures,
    step,
    removeDownTo: async (count) => {
      while (sessionIDs.length > count) await inTime(remove()).catch(() => undefined);
    },
    keepOn: (pauseMs = 30) => {
      let isOver = false;
      const run = async (): Promise<void> => {
        while (!isOver) {
          await step();
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
        }
      };
      const running = run();
      return {
        stop: async () => {
          isOver = true;
          await running;
        },
      };
    },
    quiet: async () => {
      await poll(
        "a quiet server",
        async () => {
          try {
            return (await inTime(actions.isQuiet())) ? true : undefined;
          } catch {
            // The server may still be starting.
            return undefined;
          }
        },
        { everyMs: 150 },
      );
    },
  };
}
