import { trimEndOf } from "../trim.ts";

/** Where an endpoint was found. It decides how the server is named and who may stop it. */
export type EndpointOrigin = "settings" | "local" | "managed" | "demo" | "kubernetes";

/** Identity of the demo's server. What it costs is play money and is in no ledger. */
export const DEMO_SERVER_ID = "demo";

/**
 * An address where an OpenCode server is believed to answer. Sources produce endpoints, the server room
 * connects to them. Holds no password: those are asked of the `Credentials` at connect time.
 */
export interface Endpoint {
  /** Stable identity of the server in this window: its normalised URL, or a name a source guarantees to be unique. */
  readonly serverID: string;
  /** Base URL without a trailing slash, e.g. `http://127.0.0.1:4096`. */
  readonly url: string;
  /** What a person calls it; unique names are not required. */
  readonly name: string;
  readonly origin: EndpointOrigin;
  /** Basic-auth user; servers default to `opencode`. */
  readonly username: string;
  /** Default directory for new sessions and location-scoped calls, where the user gave one. */
  readonly directory: string | undefined;
  /** Process id of a server on this machine, where known. */
  readonly pid: number | undefined;
  /** The URL is a name that only a tunnel of this process answers to, and sure to end at the agent. */
  readonly isTunnel?: boolean;
}

/**
 * Normalises what a person typed into a base URL: scheme added (`http`), trailing slashes, query and
 * fragment removed. Gives `undefined` when it is no http(s) URL or carries credentials.
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

/** Whether a base URL stays on this machine, so that plain HTTP is harmless. */
export function isLoopbackURL(url: string): boolean {
  let hostname: string;
  try {
    hostname = new URL(url).hostname;
  } catch {
    return false;
  }
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
