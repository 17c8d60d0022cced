import type { LedgerModel, LedgerPlace, LedgerSession } from "../core/ledger/table.ts";
import { recordOf } from "./messageFacts.ts";

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

/** Stands for a stamp that is not there. */
const NO_STAMP = "?";

/** Names as JSON. Sessions go by field, and what many of them share stands once, in `words`. */
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
      places: names.places.flatMap(({ id, name }) => [id, name]),
      models: names.models.flatMap(({ providerID, modelID }) => [providerID, modelID]),
      agents: names.agents,
      id: sessions.map(({ id }) => id),
      place: sessions.map(({ placeID }) => word(placeID)),
      // Its number where it is among these, -1 without one, else -2 and below for a word.
      parent: sessions.map(({ parentID }) =>
        parentID === undefined ? -1 : (numbers.get(parentID) ?? -2 - word(parentID)),
      ),
      project: sessions.map(({ projectID }) => word(projectID)),
      directory: sessions.map(({ directory }) => word(directory)),
      title: sessions.map(({ title }) => title),
      command: sessions.map(({ command }) => (command === undefined ? -1 : word(command))),
      created: sessions.map(({ createdMs }) => createdMs),
      fork: sessions.map(({ forkOfID }) => (forkOfID === undefined ? -1 : word(forkOfID))),
      gone: sessions.map(({ isGone }) => (isGone ? 1 : 0)),
      stamp: sessions.map(({ stamp }) => stamp ?? NO_STAMP),
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
  const places = textsOf(record["places"]);
  const models = textsOf(record["models"]);
  const agents = textsOf(record["agents"]);
  const sessions = decodeSessions(record);
  if (!isCount(rows) || !isCount(capacity) || rows > capacity) return undefined;
  if (!places || !models || !agents || !sessions) return undefined;
  return {
    rows,
    capacity,
    sessions,
    agents,
    places: pairsOf(places).map(([id, name]) => ({ id, name })),
    models: pairsOf(models).map(([providerID, modelID]) => ({ providerID, modelID })),
  };
}

/** Whole columns are checked, not each value where it is used: this is most of what opening a ledger takes. */
function decodeSessions(
  record: Readonly<Record<string, unknown>>,
): readonly LedgerSession[] | undefined {
  const words = textsOf(record["words"]);
  const ids = textsOf(record["id"]);
  const titles = textsOf(record["title"]);
  const stamps = textsOf(record["stamp"]);
  const places = numbersOf(record["place"]);
  const parents = numbersOf(record["parent"]);
  const projects = numbersOf(record["project"]);
  const directories = numbersOf(record["directory"]);
  const commands = numbersOf(record["command"]);
  const created = numbersOf(record["created"]);
  const forks = numbersOf(record["fork"]);
  const gone = numbersOf(record["gone"]);
  const seen = numbersOf(record["seen"]);
  if (!words || !ids || !titles || !stamps || !places || !parents || !projects) return undefined;
  if (!directories || !commands || !created || !forks || !gone || !seen) return undefined;
  // A negative index would be looked up as a name, which is slow.
  const word = (at: number | undefined): string | undefined =>
    at === undefined || at < 0 ? undefined : words[at];
  const sessions: LedgerSession[] = [];
  for (let index = 0; index < ids.length; index++) {
    const parent = parents[index] ?? -1;
    const stamp = stamps[index];
    sessions.push({
      id: ids[index] ?? "",
      placeID: word(places[index]) ?? "",
      parentID: parent >= 0 ? ids[parent] : word(-2 - parent),
      projectID: word(projects[index]) ?? "",
      directory: word(directories[index]) ?? "",
      title: titles[index] ?? "",
      command: word(commands[index]),
      createdMs: created[index] ?? 0,
      forkOfID: word(forks[index]),
      isGone: gone[index] === 1,
      stamp: stamp === NO_STAMP ? undefined : stamp,
      seenS: seen[index] ?? 0,
    });
  }
  return sessions;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function textsOf(value: unknown): readonly string[] | undefined {
  return isListOf(value, isText) ? value : undefined;
}

function numbersOf(value: unknown): readonly number[] | undefined {
  return isListOf(value, isNumber) ? value : undefined;
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isNumber(value: unknown): value is number {
  return typeof value === "number";
}

function isListOf<T>(value: unknown, isOne: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isOne);
}

function pairsOf(texts: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < texts.length; at += 2)
    pairs.push([texts[at] ?? "", texts[at + 1] ?? ""]);
  return pairs;
}
