import type { Endpoint } from "../core/endpoint.ts";
import type { ExtensionFolders } from "./loadSetup.ts";
import type { WindowSources } from "./windowAnswers.ts";
import type * as windowTools from "./windowTools.ts";

type WindowTools = typeof windowTools;

/** What is registered in VS Code needs besides. */
export interface AgentsOptions extends WindowSources {
  readonly extension: ExtensionFolders;
  /** What answers; loaded with the first question, in the bundle of usage, which it shares most with. */
  readonly loadTools: () => Promise<WindowTools>;
  /** The settings for programs outside VS Code. */
  readonly settings: () => object;
  readonly passwordOf: (endpoint: Endpoint) => Promise<string | undefined>;
}
