import { normaliseServerURL } from "../../core/state/endpoint.ts";

/** An entry of the setting `servers`, as entered by the user. */
export interface ServerSetting {
  readonly url: string;
  readonly name?: string;
  readonly username?: string;
  readonly directory?: string;
}

type RawList = readonly unknown[];

/** The list with one more entry. */
export function withServer(list: RawList, setting: ServerSetting): RawList {
  return [...list, withoutEmpty(setting)];
}

/** The list with the entry for a URL replaced; unreadable entries are preserved. */
export function withServerReplaced(list: RawList, url: string, setting: ServerSetting): RawList {
  return list.map((entry) => (urlOf(entry) === url ? withoutEmpty(setting) : entry));
}

/** The list without the entries for a URL. */
export function withoutServer(list: RawList, url: string): RawList {
  return list.filter((entry) => urlOf(entry) !== url);
}

/** The entry for a normalised URL; undefined if there is none. */
export function findServer(list: RawList, url: string): ServerSetting | undefined {
  const entry = list.find((each) => urlOf(each) === url);
  if (typeof entry !== "object" || entry === null) return undefined;
  const text = (key: string): string => {
    const value: unknown = Reflect.get(entry, key);
    return typeof value === "string" ? value.trim() : "";
  };
  return {
    url,
    name: text("name"),
    username: text("username"),
    directory: text("directory"),
  };
}

function urlOf(entry: unknown): string | undefined {
  if (typeof entry !== "object" || entry === null || !("url" in entry)) return undefined;
  return typeof entry.url === "string" ? normaliseServerURL(entry.url) : undefined;
}

function withoutEmpty(setting: ServerSetting): ServerSetting {
  const { url, name = "", username = "", directory = "" } = setting;
  return {
    url,
    ...(name === "" ? {} : { name }),
    ...(username === "" ? {} : { username }),
    ...(directory === "" ? {} : { directory }),
  };
}
