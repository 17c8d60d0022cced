import { type ChunkView, indexOfKey, peekString, utf8Of } from "../lines.ts";
import { isObject, type JSONObject, objectOf, stringOf } from "../narrow.ts";

/** What can be told of an event line without parsing it. */
export interface PeekedEvent {
  readonly type: string;
  /** Where to look on for the event's properties. */
  readonly at: number;
  /** Where the JSON begins. */
  readonly jsonStart: number;
}

const DATA = "data:";
const PAYLOAD = 'payload":{';
const TYPE = 'type":"';
/** A sync twin names its type first. */
const SYNC = '"type":"sync"';

/**
 * Finds an event's type. A quote inside a JSON string is always escaped, so `payload":{` and
 * `type":"` behind one are keys wherever they stand; the payload's own type comes before its properties (observed).
 * Gives undefined for lines that carry no event, as comments do, and for sync twins, which repeat one.
 */
export function peekEvent(text: string, start: number, end: number): PeekedEvent | undefined {
  if (!text.startsWith(DATA, start)) return undefined;
  const jsonStart = text.charCodeAt(start + 5) === 32 ? start + 6 : start + 5;
  const payloadAt = indexOfKey(text, PAYLOAD, jsonStart, end);
  if (payloadAt < 0) return undefined;
  if (text.startsWith(SYNC, payloadAt + PAYLOAD.length)) return undefined;
  const typeAt = indexOfKey(text, TYPE, payloadAt + PAYLOAD.length, end);
  if (typeAt < 0) return undefined;
  const valueAt = typeAt + TYPE.length;
  const valueEnd = text.indexOf('"', valueAt);
  if (valueEnd < 0 || valueEnd >= end) return undefined;
  return { type: text.slice(valueAt, valueEnd), at: valueEnd + 1, jsonStart };
}

/** The tool call a part says has ended, without parsing its output, which may be large. */
export function peekEndedTool(
  text: string,
  at: number,
  partAt: number,
  end: number,
): { readonly sessionID: string; readonly callID: string } | undefined {
  const status = peekString(text, 'state":{"status":"', partAt, end);
  if (status !== "completed" && status !== "error") return undefined;
  const sessionID = peekString(text, 'sessionID":"', at, end);
  const callID = peekString(text, 'callID":"', partAt, end);
  return sessionID === undefined || callID === undefined ? undefined : { sessionID, callID };
}

const PROPERTIES = 'properties":';

/**
 * Parses an event's properties alone: they are the last thing in the payload, and the payload the last in
 * the line (observed), and what stands around them is as long as they are. Another order costs a second look.
 */
export function propertiesOf(
  view: ChunkView,
  jsonStart: number,
  at: number,
  end: number,
): JSONObject | undefined {
  const keyAt = indexOfKey(view.text, PROPERTIES, at, end);
  if (keyAt >= 0 && view.text.startsWith("}}", end - 2)) {
    const properties = parseJSON(utf8Of(view, keyAt + PROPERTIES.length, end - 2));
    if (isObject(properties)) return properties;
  }
  const payload = objectOf(parseJSON(utf8Of(view, jsonStart, end)))["payload"];
  return isObject(payload) ? objectOf(payload["properties"]) : undefined;
}

/** The directory an event is about; a path may hold escapes. */
export function directoryOf(view: ChunkView, jsonStart: number, end: number): string | undefined {
  const key = '"directory":';
  if (!view.text.startsWith(key, jsonStart + 1)) return undefined;
  const valueAt = jsonStart + 1 + key.length;
  const valueEnd = view.text.indexOf('","', valueAt);
  if (valueEnd < 0 || valueEnd > end) return undefined;
  return stringOf(parseJSON(utf8Of(view, valueAt, valueEnd + 1)));
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
