import type { LedgerModel, LedgerPlace, LedgerSession } from "../core/ledger/table.ts";
import { recordOf, textOf } from "./messageFacts.ts";

/** The names that the rows of a frame refer to by number, and how many rows there are. */
export interface FrameNames {
  readonly rows: number;
  /** Rows there is room for; the columns have as many entries. */
  readonly capacity: number;
  readonly places: readonly LedgerPlace[];
  readonly models: readonly LedgerModel[];
  readonly agents: readonly string[];
  readonly sessions: readonly LedgerSession[];
}

/** Names as JSON. Sessions go by field, and what many of them share stands once. */
export function encodeNames(names: FrameNames): Uint8Array {
  const { sessions } = names;
  const words = new Map<string, number>();
  const word = (text: string): number => {
    const known = words.get(text);
    if (known !== undefined) return known;
    words.set(text, words.size);
    return words.size - 1;
  };
  const numbers = new Map(sessions.map(({ id }, index) => [id, index]));
  return new TextEncoder().encode(
    JSON.stringify({
      rows: names.rows,
      capacity: names.capacity,
      places: names.places.map(({ id, name }) => [id, name]),
      models: names.models.map(({ providerID, modelID }) => [providerID, modelID]),
      agents: names.agents,
      id: sessions.map(({ id }) => id),
      place: sessions.map(({ placeID }) => word(placeID)),
      // By number where it is among these, -1 without one.
      parent: sessions.map(({ parentID }) =>
        parentID === undefined ? -1 : (numbers.get(parentID) ?? parentID),
      ),
      project: sessions.map(({ projectID }) => word(projectID)),
      directory: sessions.map(({ directory }) => word(directory)),
      title: sessions.map(({ title }) => title),
      command: sessions.map(({ command }) => (command === undefined ? -1 : word(command))),
      created: sessions.map(({ createdMs }) => createdMs),
      fork: sessions.map(({ forkOfID }) => forkOfID ?? 0),
      gone: sessions.map(({ isGone }) => (isGone ? 1 : 0)),
      stamp: sessions.map(({ stamp }) => stamp ?? 0),
      seen: sessions.map(({ seenS }) => seenS),
      words: [...words.keys()],
    }),
  );
}

/** Reads names back; undefined when they are none. */
export function decodeNames(bytes: Uint8Array): FrameNames | undefined {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return undefined;
  }
  const record = recordOf(value);
  const { rows, capacity } = record;
  if (!isCount(rows) || !isCount(capacity) || rows > capacity) return undefined;
  const pairs = (name: string): [string, string][] =>
    listOf(record[name]).map((pair) => {
      const [a, b] = listOf(pair);
      return [textOf(a), textOf(b)];
    });
  const sessions = decodeSessions(record);
  return (
    sessions && {
      rows,
      capacity,
      sessions,
      places: pairs("places").map(([id, name]) => ({ id, name })),
      models: pairs("models").map(([providerID, modelID]) => ({ providerID, modelID })),
      agents: listOf(record["agents"]).map(textOf),
    }
  );
}

function decodeSessions(
  record: Readonly<Record<string, unknown>>,
): readonly LedgerSession[] | undefined {
  const words = listOf(record["words"]).map(textOf);
  const ids = listOf(record["id"]);
  const place = listOf(record["place"]);
  const parent = listOf(record["parent"]);
  const project = listOf(record["project"]);
  const directory = listOf(record["directory"]);
  const title = listOf(record["title"]);
  const command = listOf(record["command"]);
  const created = listOf(record["created"]);
  const fork = listOf(record["fork"]);
  const gone = listOf(record["gone"]);
  const stamp = listOf(record["stamp"]);
  const seen = listOf(record["seen"]);
  const sessions: LedgerSession[] = [];
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index];
    if (typeof id !== "string") return undefined;
    const above = parent[index];
    const from = fork[index];
    const said = stamp[index];
    sessions.push({
      id,
      placeID: words[numberOf(place[index])] ?? "",
      parentID: textOrNone(typeof above === "number" ? ids[above] : above),
      projectID: words[numberOf(project[index])] ?? "",
      directory: words[numberOf(directory[index])] ?? "",
      title: textOf(title[index]),
      command: words[numberOf(command[index])],
      createdMs: numberOf(created[index]),
      forkOfID: textOrNone(from),
      isGone: gone[index] === 1,
      stamp: textOrNone(said),
      seenS: numberOf(seen[index]),
    });
  }
  return sessions;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function numberOf(value: unknown): number {
  return typeof value === "number" ? value : -1;
}

function textOrNone(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
