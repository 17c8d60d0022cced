import type { Endpoint } from "../core/state/endpoint.ts";
import type { ExtensionFolders } from "./openCodeSetup.ts";
import type { WindowSources } from "./windowAnswers.ts";

/** What the registrations in VS Code need in addition. */
export interface AgentsOptions extends WindowSources {
  readonly extension: ExtensionFolders;
  /** The settings for programs outside VS Code. */
  readonly settings: () => object;
  readonly passwordOf: (endpoint: Endpoint) => Promise<string | undefined>;
}
