import * as vscode from "vscode";

import { SESSIONS_VIEW_ID } from "../../platform/ids.ts";
import type { CommandContext } from "../commandContext.ts";

/** Looks for servers again and fetches fresh lists from all of them. */
export async function refresh(context: CommandContext): Promise<void> {
  await vscode.window.withProgress({ location: { viewId: SESSIONS_VIEW_ID } }, () =>
    context.servers.refresh(),
  );
}
