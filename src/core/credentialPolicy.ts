/**
 * Where sessions and passwords may be sent. This file alone decides it: the pool, the sources, clusters, the
 * command line and the MCP program ask here before they connect. `server/http.ts` keeps what was allowed from
 * going elsewhere by following no redirect.
 */
import { t } from "./language.ts";
import { type Endpoint, isLoopbackURL } from "./state/endpoint.ts";
import { ServerError } from "./errors.ts";

/** Scheme, host and port of a base URL, as a person allows it; undefined when it is no URL. */
export function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** Whether others on the network could read what is sent to a base URL: plain HTTP to another machine. */
export function isReadableOnTheWay(url: string): boolean {
  return !url.startsWith("https:") && !isLoopbackURL(url);
}

/**
 * Why nothing may be sent to an address; undefined when it may. `allowed`: origins for which a person accepted
 * that others can read along. A tunnel has its cluster's encryption.
 */
export function refusalToSend(
  { url, isTunnel }: Pick<Endpoint, "url" | "isTunnel">,
  allowed: ReadonlySet<string>,
): ServerError | undefined {
  if (isTunnel === true || !isReadableOnTheWay(url)) return undefined;
  const origin = originOf(url);
  if (origin !== undefined && allowed.has(origin)) return undefined;
  return new ServerError(
    "unencrypted",
    t(
      "it uses plain HTTP to another machine, so others on the network could read the password and the sessions; nothing is sent until you allow it",
    ),
  );
}

/**
 * What a password is stored under: the address it was entered for, so that a server that moves does not get the
 * old one. Only the way through a cluster goes by the server's name: whatever its near end, it ends at that agent.
 */
export function passwordKey({ serverID, url, isTunnel }: Endpoint): string {
  return isTunnel === true ? serverID : url;
}

/** Whether a password that is valid at one address, for one user, may be sent to another address. */
export function isPasswordFor(
  known: Pick<Endpoint, "url" | "username">,
  asked: Pick<Endpoint, "url" | "username">,
): boolean {
  // Not `localhost` for 127.0.0.1: another user's program may listen at ::1.
  return known.url === asked.url && known.username === asked.username;
}
