/** What can be told of an event line without parsing it. */
export interface PeekedEvent {
  readonly type: string;
  /** Where to look on for the event's properties. */
  readonly at: number;
  /** Where the JSON begins. */
  readonly jsonStart: number;
}

const DATA = "data:";
const PAYLOAD = '"payload":{';
const TYPE = '"type":"';

/**
 * Finds an event's type. A quote inside a JSON string is always escaped, so `"payload":{` and
 * `"type":"` are keys wherever they stand; the payload's own type comes before its properties (observed).
 * Gives undefined for lines that carry no event, as comments do.
 */
export function peekEvent(text: string, start: number, end: number): PeekedEvent | undefined {
  if (!text.startsWith(DATA, start)) return undefined;
  const jsonStart = text.charCodeAt(start + 5) === 32 ? start + 6 : start + 5;
  const payloadAt = text.indexOf(PAYLOAD, jsonStart);
  if (payloadAt < 0 || payloadAt >= end) return undefined;
  const typeAt = text.indexOf(TYPE, payloadAt + PAYLOAD.length);
  if (typeAt < 0 || typeAt >= end) return undefined;
  const valueAt = typeAt + TYPE.length;
  const valueEnd = text.indexOf('"', valueAt);
  if (valueEnd < 0 || valueEnd >= end) return undefined;
  return { type: text.slice(valueAt, valueEnd), at: valueEnd + 1, jsonStart };
}

/** The value of the first such key after a place in a line; ids hold no escapes. */
export function peekString(
  text: string,
  key: string,
  from: number,
  end: number,
): string | undefined {
  const keyAt = text.indexOf(key, from);
  if (keyAt < 0 || keyAt >= end) return undefined;
  const valueAt = keyAt + key.length;
  const valueEnd = text.indexOf('"', valueAt);
  return valueEnd < 0 || valueEnd > end ? undefined : text.slice(valueAt, valueEnd);
}
