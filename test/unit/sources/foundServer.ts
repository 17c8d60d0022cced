import type { Endpoint, EndpointOrigin } from "../../../src/core/state/endpoint.ts";
import type { FoundServer } from "../../../src/sources/source.ts";

/** What a source would report for a server, with the test's own values. */
export function found(
  url: string,
  origin: EndpointOrigin,
  more: Partial<Endpoint> & { password?: string } = {},
): FoundServer {
  const { password, ...endpoint } = more;
  return {
    endpoint: {
      serverID: url,
      url,
      name: origin,
      origin,
      username: "opencode",
      directory: undefined,
      pid: undefined,
      ...endpoint,
    },
    password,
  };
}
