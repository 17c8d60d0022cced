/**
 * Decides where sessions and passwords may be sent. This file is the only authority: the pool, the sources,
 * clusters, the command line and the MCP program check here before they connect. `server/http.ts` follows no
 * redirects, so an allowed request cannot end up elsewhere.
 */
import { t } from "./language.ts";
import { type Endpoint, isLoopbackURL } from "./state/endpoint.ts";
import { ServerError } from "./errors.ts";

/** Scheme, host and port of a base URL: the unit the user allows. Undefined if it isn't a valid URL. */
export function originOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).origin : undefined;
}

/** An address as far as its traffic is concerned. */
type Address = Pick<Endpoint, "url" | "isTunnel">;

/**
 * Whether others on the network could read traffic to an address: plain HTTP to another machine. A tunnel is
 * encrypted by its cluster.
 */
export function isReadableInTransit({ url, isTunnel }: Address): boolean {
  return isTunnel !== true && !url.startsWith("https:") && !isLoopbackURL(url);
}

/**
 * Why nothing may be sent to an address; undefined if sending is allowed. `allowed` holds the origins for which
 * the user accepted that others can read the traffic.
 */
export function refusalToSend(
  address: Address,
  allowed: ReadonlySet<string>,
): ServerError | undefined {
  if (!isReadableInTransit(address)) return undefined;
  const origin = originOf(address.url);
  if (origin !== undefined && allowed.has(origin)) return undefined;
  return new ServerError(
    "unencrypted",
    t(
      "it uses plain HTTP to another machine, so others on the network could read the password and the sessions; nothing is sent until you allow it",
    ),
  );
}

/**
 * The key a password is stored under: the address it was entered for, so that a server that moves doesn't get
 * the old one. A tunnel uses the server's ID instead: whatever its local address, it ends at that agent.
 */
export function passwordKey({ serverID, url, isTunnel }: Endpoint): string {
  return isTunnel === true ? serverID : url;
}

/** Whether a password known for one address and username may be sent to the other. */
export function isPasswordFor(
  known: Pick<Endpoint, "url" | "username">,
  asked: Pick<Endpoint, "url" | "username">,
): boolean {
  // `localhost` doesn't match 127.0.0.1: another user's program may be listening on ::1.
  return known.url === asked.url && known.username === asked.username;
}
