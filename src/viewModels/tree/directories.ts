import { t } from "../../core/language.ts";
import type { ServerState } from "../../core/state/state.ts";
import { normalisePath } from "../text/paths.ts";
import { recencyMs } from "./sortSessions.ts";

/** A directory to create a session in, and why it is offered. */
export interface DirectoryItem {
  readonly directory: string;
  readonly description: string;
}

const RECENT = 20;

/**
 * Directories of a server to create a session in: `first`, the window's folders, the one in the server's
 * setting, those of its newest sessions, and its projects. Each once.
 */
export function directoriesOf(
  server: ServerState,
  options: { readonly folders: readonly string[]; readonly first: string | undefined },
): readonly DirectoryItem[] {
  const found = new Map<string, DirectoryItem>();
  const add = (directory: string | undefined, description: string): void => {
    if (directory === undefined || directory === "" || directory === "/") return;
    const key = normalisePath(directory);
    if (!found.has(key)) found.set(key, { directory, description });
  };
  add(options.first, t("directory of the session"));
  for (const folder of options.folders) add(folder, t("folder of this window"));
  add(server.endpoint.directory, t("directory of the server's setting"));
  const newest = [...server.sessions.values()].sort(
    (a, b) => recencyMs(server, b) - recencyMs(server, a),
  );
  const before = found.size;
  for (const { directory } of newest) {
    if (found.size - before >= RECENT) break;
    add(directory, "recent");
  }
  for (const { worktree } of server.projects.values()) add(worktree, "project");
  return [...found.values()];
}
