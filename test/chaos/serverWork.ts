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

/**
 * Generates work on a server. `directories` are folders it knows; it must ask for `bash` permissions. Keeps
 * the list of sessions small enough to inspect.
 */
export function workOn(
  client: OpenCodeClient,
  directories: readonly string[],
  random: Random,
): ServerWork {
  const sessionIDs: string[] = [];
  let failures = 0;

  const create = async (): Promise<void> => {
    const session = await client.createSession({
      title: pickOf(TITLES, random),
      directory: pickOf(directories, random),
    });
    sessionIDs.push(session.id);
    await client.promptAsync(session.id, `Go\n${pickOf(SCRIPTS, random)}`);
  };
  const remove = async (): Promise<void> => {
    const sessionID = pickOf(sessionIDs, random);
    sessionIDs.splice(sessionIDs.indexOf(sessionID), 1);
    await client.remove(sessionID);
  };
  const rename = (): Promise<void> =>
    client.rename(pickOf(sessionIDs, random), `${pickOf(TITLES, random)} ${String(random())}`);
  const prompt = (): Promise<void> =>
    client.promptAsync(pickOf(sessionIDs, random), `More\n${pickOf(SCRIPTS.slice(0, 5), random)}`);
  const archive = async (): Promise<void> => {
    const body = { time: { archived: Date.now() } };
    await client.request("PATCH", `/session/${pickOf(sessionIDs, random)}`, { body });
  };
  const answer = async (): Promise<void> => {
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
  };
  const abort = (): Promise<void> => client.abort(pickOf(sessionIDs, random));

  const isQuiet = async (): Promise<boolean> => {
    const parents = new Map<string, string | undefined>();
    for (const { id, parentID } of await client.sessions()) parents.set(id, parentID);
    for (const directory of directories) {
      const [busy, permissions, questions] = await Promise.all([
        client.status(directory),
        client.permissions(directory),
        client.questions(directory),
      ]);
      const waiting = new Set<string>();
      for (const { sessionID } of [...permissions, ...questions]) {
        // A parent waits together with the child that asks.
        for (let at: string | undefined = sessionID; at !== undefined; at = parents.get(at)) {
          waiting.add(at);
        }
      }
      if (Object.keys(busy).some((id) => !waiting.has(id))) return false;
    }
    return true;
  };

  const next = (): Promise<void> => {
    const choice = random();
    if (sessionIDs.length < 4 || choice < 0.3) return create();
    if (choice < 0.45) return rename();
    if (choice < 0.6) return prompt();
    if (choice < 0.7) return answer();
    if (choice < 0.78) return archive();
    if (choice < 0.86) return abort();
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
            return (await inTime(isQuiet())) ? true : undefined;
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
