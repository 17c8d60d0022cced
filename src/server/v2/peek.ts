/** What can be told of an event line without parsing it. */
export interface PeekedEvent {
  readonly type: string;
  /** Where the event's data begin; where the JSON begins if they come first. */
  readonly at: number;
  readonly jsonStart: number;
}

const PREFIX = "data:";
const DATA = '"data":{';
const TYPE = '"type":"';

/**
 * Finds an event's type. A quote inside a JSON string is always escaped, so what looks like a key is one;
 * the envelope's own type comes before its data. Undefined for lines that carry no event, as comments do.
 */
export function peekEvent(text: string, start: number, end: number): PeekedEvent | undefined {
  if (!text.startsWith(PREFIX, start)) return undefined;
  const jsonStart = text.charCodeAt(start + PREFIX.length) === 32 ? start + 6 : start + 5;
  const typeAt = text.indexOf(TYPE, jsonStart);
  if (typeAt < 0 || typeAt >= end) return undefined;
  const valueAt = typeAt + TYPE.length;
  const valueEnd = text.indexOf('"', valueAt);
  if (valueEnd < 0 || valueEnd >= end) return undefined;
  const dataAt = text.indexOf(DATA, jsonStart);
  const isAfter = dataAt >= 0 && dataAt < end;
  // Data before the type: then the first type may be one of theirs, and only parsing tells.
  if (isAfter && dataAt < typeAt) return { type: "", at: dataAt, jsonStart };
  return { type: text.slice(valueAt, valueEnd), at: isAfter ? dataAt : jsonStart, jsonStart };
}

/** Where the JSON string that begins at a place (after its quote) ends: its closing quote. */
export function endOfString(text: string, from: number, end: number): number | undefined {
  for (let at = text.indexOf('"', from); at >= 0 && at < end; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === 92) backslashes++;
    if (backslashes % 2 === 0) return at;
  }
  return undefined;
}
