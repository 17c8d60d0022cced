import { trimEndOf } from "../trim.ts";

/** Where an endpoint was found. Determines how the server is named and who may stop it. */
export type EndpointOrigin = "settings" | "local" | "managed" | "demo" | "kubernetes";

/** Server ID of the demo. Its costs are fictitious and not recorded in any ledger. */
export const DEMO_SERVER_ID = "demo";

/**
 * An address where an OpenCode server is expected to answer. Sources produce endpoints; the server room connects
 * to them. Holds no password: `Credentials` provides it at connect time.
 */
export interface Endpoint {
  /** Stable identity of the server in this window: its normalised URL, or a name its source guarantees is unique. */
  readonly serverID: string;
  /** Base URL without a trailing slash, e.g. `http://127.0.0.1:4096`. */
  readonly url: string;
  /** Display name; not necessarily unique. */
  readonly name: string;
  readonly origin: EndpointOrigin;
  /** Basic-auth user; servers default to `opencode`. */
  readonly username: string;
  /** Default directory for new sessions and location-scoped calls, if the user set one. */
  readonly directory: string | undefined;
  /** Process ID of a server on this machine, if known. */
  readonly pid: number | undefined;
  /** The URL is a name that only a tunnel of this process answers to, so it is certain to end at the agent. */
  readonly isTunnel?: boolean;
}

/**
 * Normalises what the user typed to a base URL: adds the scheme (`http`) and removes trailing slashes, query and
 * fragment. Returns `undefined` if it isn't an http(s) URL or contains credentials.
 */
export function normaliseServerURL(text: string): string | undefined {
  const trimmed = text.trim();
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) ? trimmed : `http://${trimmed}`;
  let url: URL;
  try {
    url = new URL(withScheme);
  } catch {
    return undefined;
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") return undefined;
  if (url.username !== "" || url.password !== "" || url.hostname === "") return undefined;
  return `${url.origin}${trimEndOf(url.pathname, "/")}`;
}

/** Whether a base URL stays on this machine, so that plain HTTP is safe. */
export function isLoopbackURL(url: string): boolean {
  let hostname: string;
  try {
    hostname = new URL(url).hostname;
  } catch {
    return false;
  }
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
